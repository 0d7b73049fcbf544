// An answer on the map: every row that holds a point, over the outline of the states.
import { element, fill, words } from "../language.js";
import { linkTo } from "./terms.js";
import { enhanceZoom } from "../zoom.js";

const point = /^(?:<[^>]*>\s*)?POINT\s*\(\s*(-?[\d.]+)\s+(-?[\d.]+)\s*\)$/i;
const width = 560;
const labelled = 25;

/** The places of an answer: {lon, lat, iri, name}; `points` maps IRIs to WKT where the rows hold none themselves. */
export function placesOf({ variables, rows }, names, points) {
  const places = new Map();
  for (const row of rows) {
    const terms = variables.map((name) => row[name]).filter(Boolean);
    const wkt = terms.map((term) => (term.type === "literal" ? point.exec(term.value) : null)).find(Boolean);
    const thing = terms.find((term) => term.type === "uri" && (wkt || points.has(term.value)));
    const found = wkt ?? (thing ? point.exec(points.get(thing.value)) : null);
    if (!found) continue;
    const text = terms.find((term) => term.type === "literal" && !point.test(term.value))?.value;
    const place = { lon: Number(found[1]), lat: Number(found[2]), iri: thing?.value, name: names.get(thing?.value) || text || thing?.value || "" };
    if (Math.abs(place.lon) <= 180 && Math.abs(place.lat) < 85) places.set(`${place.iri ?? place.name} ${found[1]} ${found[2]}`, place);
  }
  return [...places.values()].sort((a, b) => b.lat - a.lat);
}

/** The figure with the map. */
export function mapOf(places, complete, outline, links) {
  const lines = outline ? outline.features.flatMap((state) => ringsOf(state.geometry)) : [];
  const all = [...lines.flat(), ...places.map(({ lon, lat }) => [lon, lat])].map(projected);
  const bounds = boundsOf(all);
  const scale = (width - 20) / Math.max(bounds.right - bounds.left, 0.02);
  const at = (lonLat) => {
    const [x, y] = projected(lonLat);
    return [Math.round(((x - bounds.left) * scale + 10) * 10) / 10, Math.round(((y - bounds.top) * scale + 10) * 10) / 10];
  };
  const height = Math.max(120, Math.round((bounds.bottom - bounds.top) * scale + 20));
  const path = (rings) => rings.map((ring) => `M${ring.map((lonLat) => at(lonLat).join(",")).join("L")}Z`).join("");
  const states = (outline?.features ?? []).map((state) =>
    element("svg:path", { class: "state", d: path(ringsOf(state.geometry)) }, element("svg:title", {}, state.properties.name)),
  );
  const marks = places.map((place) => markOf(place, at([place.lon, place.lat]), places.length <= labelled, links));
  const count = places.length === 1 ? words.answer.place : fill(words.answer.places, { count: places.length });
  const caption = `${count} ${complete ? words.answer.twin : words.answer.part}`;
  const svg = element("svg:svg", { class: "pic", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": caption }, ...states, ...marks);
  const figure = element("figure", { class: "twin as-map", "data-picture": "map" }, svg, element("figcaption", {}, caption));
  enhanceZoom(figure);
  return figure;
}

function markOf({ iri, name }, [x, y], withLabel, links) {
  const address = iri ? linkTo(iri, links) : null;
  const dot = element("svg:circle", { class: "dot", cx: x, cy: y, r: 5 }, element("svg:title", {}, name));
  const right = x < width * 0.75;
  const label = element("svg:text", { class: "lab minor", x: right ? x + 9 : x - 9, y: y + 4.5, "text-anchor": right ? "start" : "end" }, name);
  const parts = withLabel ? [dot, label] : [dot];
  return address
    ? element("svg:a", { href: address, "data-item": iri, "aria-label": name }, ...parts)
    : element("svg:g", { class: "keeps-size" }, ...parts);
}

function ringsOf({ type, coordinates }) {
  return type === "Polygon" ? coordinates : coordinates.flat();
}

/** Mercator: angles as on the ground. */
function projected([lon, lat]) {
  const radians = Math.PI / 180;
  return [lon * radians, -Math.log(Math.tan(Math.PI / 4 + (lat * radians) / 2))];
}

function boundsOf(points) {
  const bounds = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const [x, y] of points) {
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.bottom = Math.max(bounds.bottom, y);
  }
  return bounds;
}
