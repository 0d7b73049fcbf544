// Search over the names of everything, in the visitor's browser: what is typed goes nowhere.
import { element, fill, folded, language, spellingsOf, words } from "./language.js";

const most = 60;
const alike = 0.45;

/** Connect a form with data-index (a list of [path, a name for each language, a kind for each language]) to #found. */
export function enhanceSearch(form) {
  const place = document.getElementById("found");
  const field = form.querySelector('input[type="search"]');
  if (!place || !field) return;
  let entries;
  let turn = 0;
  const search = async () => {
    const mine = ++turn;
    const wanted = folded(field.value).trim();
    if (wanted.length < 2) return place.replaceChildren();
    try {
      entries ??= fetchEntries(form);
      const found = find(await entries, wanted);
      if (mine === turn) show(place, found, form.dataset.none ?? "");
    } catch {
      entries = undefined;
      if (mine === turn) place.replaceChildren(element("p", {}, words.search.failed));
    }
    return undefined;
  };
  field.value = new URLSearchParams(location.search).get("q") ?? field.value;
  field.addEventListener("input", () => {
    const address = new URL(location.href);
    if (field.value) address.searchParams.set("q", field.value);
    else address.searchParams.delete("q");
    history.replaceState(history.state, "", address);
    search();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  if (field.value) search();
}

async function fetchEntries(form) {
  const answer = await fetch(form.dataset.index);
  if (!answer.ok) throw new Error(String(answer.status));
  const order = (form.dataset.languages ?? "de en").split(" ");
  const mine = Math.max(0, order.indexOf(language));
  return (await answer.json()).map(([path, ...texts]) => {
    const count = texts.length / 2;
    const names = texts.slice(0, count);
    return {
      path,
      name: names[mine] || names.find(Boolean),
      kind: texts[count + mine],
      names: [...new Set(names.filter(Boolean).flatMap(spellingsOf))],
    };
  });
}

/** {entries, near}: best first; names that are only alike when nothing fits. */
function find(entries, wanted) {
  const parts = wanted.split(/\s+/);
  const found = [];
  for (const entry of entries) {
    const rank = Math.min(...entry.names.map((name) => rankOf(name, wanted, parts)));
    if (rank < 9) found.push({ entry, rank });
  }
  if (found.length) return { entries: inOrder(found), near: false };
  const pieces = piecesOf(wanted);
  for (const entry of entries) {
    const likeness = Math.max(...entry.names.map((name) => likenessOf(pieces, piecesOf(name))));
    if (likeness >= alike) found.push({ entry, rank: -likeness });
  }
  return { entries: inOrder(found).slice(0, 8), near: true };
}

/** 0 the whole name, 1 its start, 2 the start of each word that is asked for, 3 somewhere, 9 not at all. */
function rankOf(name, wanted, parts) {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  const own = name.split(/[^\p{L}\p{N}]+/u);
  if (parts.every((part) => own.some((word) => word.startsWith(part)))) return 2;
  return parts.every((part) => name.includes(part)) ? 3 : 9;
}

function inOrder(found) {
  const compare = new Intl.Collator(language).compare;
  const depth = ({ path }) => path.split("/").length;
  found.sort((a, b) => a.rank - b.rank || depth(a.entry) - depth(b.entry) || compare(a.entry.name, b.entry.name));
  return found.map(({ entry }) => entry);
}

function piecesOf(text) {
  const pieces = new Set();
  for (let i = -1; i < text.length; i += 1) pieces.add((text[i] ?? " ") + (text[i + 1] ?? " "));
  return pieces;
}

function likenessOf(a, b) {
  let shared = 0;
  for (const piece of a) shared += b.has(piece);
  return (2 * shared) / (a.size + b.size);
}

function show(place, { entries, near }, none) {
  if (!entries.length) return place.replaceChildren(element("p", {}, none));
  const items = entries.slice(0, most).map(({ path, name, kind }) =>
    element("li", {}, element("a", { href: `${path}.html` }, element("bdi", {}, name)), " ", element("span", { class: "small soft" }, kind ?? "")),
  );
  const count = entries.length === 1 ? words.search.one : fill(words.search.many, { count: entries.length });
  const said = near ? words.search.near : entries.length > most ? `${count} ${fill(words.search.first, { shown: most })}` : count;
  return place.replaceChildren(element("p", { class: "soft" }, said), element("ul", { class: "plain" }, ...items));
}
