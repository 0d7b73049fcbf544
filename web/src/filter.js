// Narrowing a list and the picture that shows the same things. The choice stands in the address, so that it can be shared.
import { fill, folded, spellingsOf } from "./language.js";

/** Connect a form to the set it names. */
export function enhanceFilter(form) {
  const name = form.dataset.filter;
  const twin = document.getElementById(name);
  if (!twin) return;
  const pictures = document.querySelectorAll(`figure[data-items="${CSS.escape(name)}"]`);
  const entries = readEntries([twin, ...pictures]);
  const crowds = readCrowds(pictures);
  const groups = [...twin.querySelectorAll("[data-group]")];
  const apply = () => {
    const tests = readTests(form);
    let shown = 0;
    for (const entry of entries.values()) {
      const holds = tests.every((test) => test(entry));
      shown += holds;
      entry.parts.forEach((part) => part.classList.toggle("out", !holds));
    }
    pictures.forEach(hideLooseEdges);
    crowds.forEach((crowd) => crowd.part.classList.toggle("out", !tests.every((test) => test(crowd))));
    groups.forEach((group) => group.classList.toggle("out", !group.querySelector("[data-item]:not(.out)")));
    for (const count of form.querySelectorAll("[data-count]")) {
      count.textContent = fill(count.dataset.count, { shown, all: entries.size });
    }
  };
  form.hidden = false;
  readAddress(form);
  form.addEventListener("input", () => {
    apply();
    writeAddress(form);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => form.dispatchEvent(new Event("input"))));
  apply();
}

/** One entry a key, whether it stands in the list, in the picture or in both. */
function readEntries(places) {
  const entries = new Map();
  for (const place of places) {
    for (const part of place.querySelectorAll("[data-item]")) {
      const key = part.dataset.item;
      const entry = entries.get(key) ?? { parts: [], tags: new Set(), text: "" };
      entry.parts.push(part);
      for (const tag of (part.dataset.tags ?? "").split(" ")) entry.tags.add(tag);
      entry.text += ` ${spellingsOf(part.dataset.label ?? part.textContent).join(" ")}`;
      entries.set(key, entry);
    }
  }
  return entries;
}

/** Many small marks drawn as one, with the tags that all of them have and no name to look for. */
function readCrowds(pictures) {
  const parts = [...pictures].flatMap((picture) => [...picture.querySelectorAll("[data-tags]:not([data-item])")]);
  return parts.map((part) => ({ part, tags: new Set(part.dataset.tags.split(" ")), text: "" }));
}

function hideLooseEdges(picture) {
  const gone = new Set([...picture.querySelectorAll("[data-item].out")].map((node) => node.dataset.item));
  for (const edge of picture.querySelectorAll("[data-from]")) {
    edge.classList.toggle("out", gone.has(edge.dataset.from) || gone.has(edge.dataset.to));
  }
}

function readTests(form) {
  const tests = [];
  for (const field of form.querySelectorAll("[data-filter-text]")) {
    const parts = folded(field.value).split(/\s+/).filter(Boolean);
    if (parts.length) tests.push((entry) => parts.every((part) => entry.text.includes(part)));
  }
  const chosen = new Map();
  for (const field of form.querySelectorAll("[data-filter-tag]")) {
    const on = field.type === "checkbox" || field.type === "radio" ? field.checked : true;
    if (on && field.value) chosen.set(field.name, [...(chosen.get(field.name) ?? []), field.value]);
  }
  for (const values of chosen.values()) tests.push((entry) => values.some((value) => entry.tags.has(value)));
  return tests;
}

function fieldsOf(form) {
  return [...form.querySelectorAll("[data-filter-text], [data-filter-tag]")].filter((field) => field.name);
}

function readAddress(form) {
  const given = new URLSearchParams(location.search);
  for (const field of fieldsOf(form)) {
    const values = given.getAll(field.name);
    if (!values.length) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
    else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === values[0])) {
      field.value = values[0];
    }
  }
}

function writeAddress(form) {
  const address = new URL(location.href);
  const fields = fieldsOf(form);
  for (const field of fields) address.searchParams.delete(field.name);
  for (const field of fields) {
    const on = field.type === "checkbox" || field.type === "radio" ? field.checked : true;
    if (on && field.value) address.searchParams.append(field.name, field.value);
  }
  history.replaceState(history.state, "", address);
}
