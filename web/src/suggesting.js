// Names to choose from below a search field, from the server that shows the page. Without it the form searches as before.
import { element, fill, words } from "./language.js";

const least = 2;
const pause = 150;

/** Connect a form with data-suggest, the address of an interface that answers ?q=&lang= with {label, kind, page}. */
export function enhanceSuggesting(form) {
  const field = form.querySelector('input[type="search"]');
  if (!field) return;
  const list = element("div", { id: `${field.id}-names`, role: "listbox", class: "names", "aria-label": words.search.names, hidden: true });
  const said = element("span", { role: "status", class: "hide" });
  field.after(list, said);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    field.setAttribute(name, value);
  }
  const state = { turn: 0, timer: 0, chosen: -1 };
  const close = () => {
    state.turn += 1;
    clearTimeout(state.timer);
    show([]);
  };
  const show = (found) => {
    list.replaceChildren(...found.map((one, place) => optionOf(one, `${list.id}-${place}`)));
    list.hidden = !found.length;
    field.setAttribute("aria-expanded", String(Boolean(found.length)));
    choose(-1);
    said.textContent = found.length ? fill(words.search.offered, { count: found.length }) : "";
  };
  const choose = (place) => {
    state.chosen = place;
    [...list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === place)));
    if (place < 0) return field.removeAttribute("aria-activedescendant");
    list.children[place].scrollIntoView({ block: "nearest" });
    return field.setAttribute("aria-activedescendant", list.children[place].id);
  };
  const ask = async () => {
    const turn = ++state.turn;
    const found = await fetchNames(form.dataset.suggest, field.value.trim());
    if (turn === state.turn) show(found);
  };
  field.addEventListener("input", () => {
    clearTimeout(state.timer);
    if (field.value.trim().length < least) return close();
    state.timer = setTimeout(ask, pause);
    return undefined;
  });
  field.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (event.key === "Escape" && count) {
      event.preventDefault();
      return close();
    }
    if (event.key === "Enter" && state.chosen >= 0) {
      event.preventDefault();
      return list.children[state.chosen].click();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !count) return undefined;
    event.preventDefault();
    // One place beyond either end is the field itself.
    return choose(((state.chosen + 1 + step + count + 1) % (count + 1)) - 1);
  });
  field.addEventListener("blur", close);
  form.addEventListener("submit", close);
  // A press on a name must not take the focus from the field first, since that closes the list.
  list.addEventListener("mousedown", (event) => event.preventDefault());
}

function optionOf({ label, kind, page }, id) {
  const named = [element("bdi", {}, label), " ", element("span", { class: "small soft" }, kind ?? "")];
  return element("a", { href: page, id, role: "option", "aria-selected": "false", tabindex: "-1" }, ...named);
}

async function fetchNames(address, text) {
  try {
    const asked = new URLSearchParams({ q: text, lang: document.documentElement.lang, limit: "8" });
    const answer = await fetch(`${address}?${asked}`);
    return answer.ok ? await answer.json() : [];
  } catch {
    return [];
  }
}
