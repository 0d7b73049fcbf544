// What the page knows of the vocabulary, and how a term is written, named and linked.
import { language } from "../language.js";

const usualLabels = [
  "http://www.w3.org/2004/02/skos/core#prefLabel",
  "http://www.w3.org/2000/01/rdf-schema#label",
  "http://purl.org/dc/terms/title",
];

/** Prefixes, terms and label properties of vocabulary.json; usable when the file is missing. */
export class Vocabulary {
  constructor(file = {}) {
    this.prefixes = file.prefixes ?? {};
    this.labelProperties = file.labels ?? usualLabels;
    this.points = file.points ?? null;
    this.terms = (file.terms ?? []).filter((term) => term.curie || term.iri);
    this.labels = new Map(this.terms.map((term) => [term.iri, inLanguage(term.label)]).filter(([, label]) => label));
    this.byLength = Object.entries(this.prefixes).sort((a, b) => b[1].length - a[1].length);
  }

  /** The short form of an IRI where it is a valid one, else none. */
  shorten(iri) {
    for (const [prefix, namespace] of this.byLength) {
      if (iri.startsWith(namespace)) {
        const local = iri.slice(namespace.length);
        if (/^[\p{L}\p{N}_]([\p{L}\p{N}_-]*[\p{L}\p{N}_-])?$/u.test(local)) return `${prefix}:${local}`;
      }
    }
    return null;
  }
}

/** A text given in several languages, in that of the page or the next best. */
export function inLanguage(texts) {
  if (!texts) return "";
  return texts[language] ?? texts.en ?? texts.de ?? Object.values(texts)[0] ?? "";
}

/** Where an IRI leads: to a page of ours, to itself if it is on the web, or nowhere. */
export function linkTo(iri, links) {
  const found = links.find(([start]) => iri.startsWith(start));
  if (found) return found[1] + iri.slice(found[0].length) + (found[2] ?? "");
  return /^https?:\/\//i.test(iri) ? iri : null;
}

/** A term as Turtle and N-Triples write it. */
export function written(term) {
  if (term.type === "uri") return `<${term.value}>`;
  if (term.type === "bnode") return `_:${term.value}`;
  if (term.type === "triple") {
    const { subject, predicate, object } = term.value;
    return `<<( ${written(subject)} ${written(predicate)} ${written(object)} )>>`;
  }
  const text = JSON.stringify(term.value).replace(/\\[bf]/g, (escape) => (escape === "\\b" ? "\\u0008" : "\\u000C"));
  if (term["xml:lang"]) return `${text}@${term["xml:lang"]}`;
  return term.datatype && !/XMLSchema#string$/.test(term.datatype) ? `${text}^^<${term.datatype}>` : text;
}

const statement = /^\s*(<[^>]*>|_:\S+)\s+<([^>]*)>\s+(<[^>]*>|_:\S+|"(?:[^"\\]|\\.)*"(?:@[\w-]+|\^\^<[^>]*>)?)\s*\.\s*$/;

/** The statements of an N-Triples text as [subject, predicate, object]. */
export function readTriples(text) {
  const triples = [];
  for (const line of text.split("\n")) {
    const found = statement.exec(line);
    if (found) triples.push([readTerm(found[1]), { type: "uri", value: unescaped(found[2]) }, readTerm(found[3])]);
    else if (line.trim() && !line.startsWith("#")) triples.push(null);
  }
  return triples;
}

function readTerm(text) {
  if (text.startsWith("<")) return { type: "uri", value: unescaped(text.slice(1, -1)) };
  if (text.startsWith("_:")) return { type: "bnode", value: text.slice(2) };
  const end = text.lastIndexOf('"');
  const term = { type: "literal", value: unescaped(text.slice(1, end)) };
  const rest = text.slice(end + 1);
  if (rest.startsWith("@")) term["xml:lang"] = rest.slice(1);
  if (rest.startsWith("^^")) term.datatype = rest.slice(3, -1);
  return term;
}

const escapes = { t: "\t", b: "\b", n: "\n", r: "\r", f: "\f" };

function unescaped(text) {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g, (_, short, long, sign) =>
    sign ? (escapes[sign] ?? sign) : String.fromCodePoint(parseInt(short ?? long, 16)),
  );
}
