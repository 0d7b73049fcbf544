// Answers as files: what was answered, not asked again.
import { written } from "./terms.js";

/** CSV as SPARQL 1.1 defines it: plain values, lines end with CR LF. */
export function toCsv({ variables, rows }) {
  const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  const plain = (term) => (!term ? "" : term.type === "bnode" ? `_:${term.value}` : term.type === "triple" ? written(term) : term.value);
  const lines = rows.map((row) => variables.map((name) => cell(plain(row[name]))).join(","));
  return [variables.join(","), ...lines, ""].join("\r\n");
}

/** TSV as SPARQL 1.1 defines it: terms as Turtle writes them. */
export function toTsv({ variables, rows }) {
  const lines = rows.map((row) => variables.map((name) => (row[name] ? written(row[name]) : "")).join("\t"));
  return [variables.map((name) => `?${name}`).join("\t"), ...lines, ""].join("\n");
}

/** Hand a text to the visitor as a file. */
export function save(text, name, mediaType) {
  const address = URL.createObjectURL(new Blob([text], { type: `${mediaType};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
