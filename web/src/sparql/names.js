// Labels, and points, of the things in an answer, asked of the same engine.
import { language } from "../language.js";

const chunk = 100;

/** {names, points, complete}: label and WKT by IRI as far as known, and whether all were looked up. */
export async function lookUp(terms, engine, vocabulary) {
  const names = new Map();
  const points = new Map();
  const things = [...new Set(terms.filter((term) => term.type === "uri").map((term) => term.value))].filter(isPlain);
  for (const iri of things) if (vocabulary.labels.has(iri)) names.set(iri, vocabulary.labels.get(iri));
  const unknown = vocabulary.points ? things : things.filter((iri) => !names.has(iri));
  const asked = unknown.slice(0, engine.mostThings);
  for (let start = 0; start < asked.length; start += chunk) {
    try {
      const { json } = await engine.ask(question(asked.slice(start, start + chunk), vocabulary));
      read(JSON.parse(json).results.bindings, names, points);
    } catch (error) {
      if (error.kind === "stopped") throw error;
      break;
    }
  }
  return { names, points, complete: asked.length === unknown.length };
}

/** Nothing that could end the brackets of an IRI. */
function isPlain(iri) {
  return !/[\u0000-\u0020<>"{}|\\^`]/.test(iri);
}

function question(iris, vocabulary) {
  const parts = vocabulary.labelProperties.filter(isPlain).map((property, rank) => `{ ?thing <${property}> ?label BIND(${rank} AS ?rank) }`);
  if (vocabulary.points) parts.push(`{ ?thing ${vocabulary.points} ?point }`);
  return `SELECT DISTINCT ?thing ?rank ?label ?point WHERE { VALUES ?thing { ${iris.map((iri) => `<${iri}>`).join(" ")} } ${parts.join(" UNION ")} }`;
}

function read(bindings, names, points) {
  const best = new Map();
  for (const { thing, rank, label, point } of bindings) {
    if (point) points.set(thing.value, point.value);
    if (!label) continue;
    const spoken = label["xml:lang"] ?? "";
    const fits = spoken === language || spoken.startsWith(`${language}-`) ? 0 : spoken.startsWith("en") ? 1 : spoken === "" ? 2 : 3;
    const weight = Number(rank.value) * 10 + fits;
    if (!best.has(thing.value) || weight < best.get(thing.value)) {
      best.set(thing.value, weight);
      names.set(thing.value, label.value);
    }
  }
}
