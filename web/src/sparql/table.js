// An answer as a table: labels beside IRIs, links to our pages, numbers set right.
import { element, fill, words } from "../language.js";
import { enhanceSorting } from "../sorting.js";
import { linkTo } from "./terms.js";

/** Rows that a page shows; the files hold all. */
export const mostRows = 1000;
const mostText = 400;
const numeric = /XMLSchema#(?:integer|decimal|double|float|int|long|short|byte|nonNegativeInteger|positiveInteger|unsignedInt)$/;

/** The region with the table; `names` maps IRIs to labels. */
export function tableOf({ variables, rows }, names, vocabulary, links) {
  const numbers = new Set(
    variables.filter((name) => rows.some((row) => row[name]) && rows.every((row) => !row[name] || numeric.test(row[name].datatype ?? ""))),
  );
  const head = variables.map((name) => element("th", { scope: "col", class: numbers.has(name) ? "num" : null }, name));
  const body = rows.slice(0, mostRows).map((row) =>
    element(
      "tr",
      {},
      ...variables.map((name) => {
        const term = row[name];
        const cell = element("td", numbers.has(name) ? { class: "num", "data-value": term?.value ?? "" } : {});
        if (term) cell.append(...shown(term, names, vocabulary, links));
        return cell;
      }),
    ),
  );
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
  if (rows.length > mostRows) {
    table.prepend(element("caption", {}, fill(words.answer.cut, { shown: mostRows, all: rows.length })));
  }
  enhanceSorting(table);
  return element("div", { class: "as-table scroll", role: "region", tabindex: "0", "aria-label": words.answer.table }, table);
}

/** A term as nodes; its text stands apart from its surroundings whatever direction it has. */
export function shown(term, names, vocabulary, links) {
  if (term.type !== "uri") {
    const text = term.type === "triple" ? JSON.stringify(term.value) : term.type === "bnode" ? `_:${term.value}` : term.value;
    const cut = text.length > mostText ? `${text.slice(0, mostText)} …` : text;
    const parts = [element("bdi", {}, cut)];
    if (term["xml:lang"]) parts[0].lang = term["xml:lang"];
    return parts;
  }
  const short = vocabulary.shorten(term.value) ?? term.value;
  const name = names.get(term.value);
  const address = linkTo(term.value, links);
  const text = element("bdi", {}, name || short);
  const parts = [address ? element("a", { href: address }, text) : text];
  if (name && name !== short) parts.push(" ", element("bdi", { class: "curie" }, short));
  return parts;
}
