// A graph as a picture: things as points, statements between them as lines. The same input is laid out the same way.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "d3-force";
import { element, fill, words } from "../language.js";
import { enhanceLighting } from "../lighting.js";
import { enhanceZoom } from "../zoom.js";
import { linkTo } from "./terms.js";

/** Things that a picture can hold and still be read. */
export const mostNodes = 150;
const namedEdges = 24;
const [width, height] = [760, 560];

/** The things and links of triples; literals and types are left to the table. */
export function networkOf(triples) {
  const nodes = new Map();
  const edges = [];
  const node = (term) => {
    const key = term.type === "bnode" ? `_:${term.value}` : term.value;
    if (!nodes.has(key)) nodes.set(key, { key, degree: 0 });
    return nodes.get(key);
  };
  for (const [subject, predicate, object] of triples) {
    if (object.type === "literal" || predicate.value.endsWith("22-rdf-syntax-ns#type")) continue;
    const [source, target] = [node(subject), node(object)];
    if (source === target) continue;
    source.degree += 1;
    target.degree += 1;
    edges.push({ source, target, predicate: predicate.value });
  }
  return { nodes: [...nodes.values()], edges };
}

/** The figure with the graph. */
export function graphOf({ nodes, edges }, names, vocabulary, links) {
  lay(nodes, edges);
  const nameOf = (iri) => names.get(iri) || vocabulary.shorten(iri) || iri;
  const lines = edges.map((edge) => {
    const { source, target } = edge;
    const place = { x1: one(source.x), y1: one(source.y), x2: one(target.x), y2: one(target.y) };
    const title = `${nameOf(source.key)} – ${nameOf(edge.predicate)} – ${nameOf(target.key)}`;
    return element("svg:line", { class: "edge", ...place, "data-from": source.key, "data-to": target.key }, element("svg:title", {}, title));
  });
  const predicates = [...new Set(edges.map((edge) => edge.predicate))];
  const notes = edges.length > namedEdges || predicates.length === 1 ? [] : edges.map(({ source, target, predicate }) =>
    element("svg:g", { class: "keeps-size" },
      element("svg:text", { class: "lab dim", "text-anchor": "middle", x: one((source.x + target.x) / 2), y: one((source.y + target.y) / 2) }, nameOf(predicate)),
    ),
  );
  const marks = nodes.map((node) => {
    const name = nameOf(node.key);
    const parts = [
      element("svg:circle", { class: "dot", cx: one(node.x), cy: one(node.y), r: one(4 + Math.sqrt(node.degree)) }, element("svg:title", {}, name)),
      element("svg:text", { class: "lab minor", "text-anchor": anchorAt(node.x), x: one(node.x), y: one(node.y - 9 - Math.sqrt(node.degree)) }, shortened(name)),
    ];
    const address = linkTo(node.key, links);
    return address
      ? element("svg:a", { href: address, "data-item": node.key, "aria-label": name }, ...parts)
      : element("svg:g", { "data-item": node.key }, ...parts);
  });
  const only = predicates.length === 1 ? fill(words.answer.everyLine, { name: nameOf(predicates[0]) }) : "";
  const caption = `${fill(words.answer.graphOf, { nodes: nodes.length, edges: edges.length })} ${only}`.trim();
  const svg = element("svg:svg", { class: "pic graph", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": caption }, ...lines, ...notes, ...marks);
  const figure = element("figure", { class: "twin as-graph", "data-picture": "graph" }, svg, element("figcaption", {}, caption));
  enhanceZoom(figure);
  enhanceLighting(figure);
  return figure;
}

function lay(nodes, edges) {
  const distance = Math.max(40, 260 / Math.sqrt(nodes.length));
  forceSimulation(nodes)
    .force("link", forceLink(edges).distance(distance))
    .force("charge", forceManyBody().strength(-distance * 4))
    .force("x", forceX(0).strength(0.06))
    .force("y", forceY(0).strength(0.09))
    .force("apart", forceCollide(14))
    .stop()
    .tick(300);
  const across = fit(nodes.map((node) => node.x), width - 120);
  const down = fit(nodes.map((node) => node.y), height - 70);
  for (const node of nodes) {
    node.x = 60 + across(node.x);
    node.y = 40 + down(node.y);
  }
}

/** Stretches numbers over a length; a single one lies in the middle. */
function fit(values, length) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return (value) => (most === least ? length / 2 : ((value - least) / (most - least)) * length);
}

/** Labels near a side grow away from it. */
function anchorAt(x) {
  return x < width * 0.2 ? "start" : x > width * 0.8 ? "end" : "middle";
}

function shortened(name) {
  return name.length > 36 ? `${name.slice(0, 35)}…` : name;
}

function one(number) {
  return Math.round(number * 10) / 10;
}
