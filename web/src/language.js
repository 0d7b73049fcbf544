// The words of the scripts in the language of the page.
import de from "../strings/de.json";
import en from "../strings/en.json";

export const language = document.documentElement.lang.startsWith("de") ? "de" : "en";
export const words = language === "de" ? de : en;

/** A text with {name} replaced by values; numbers are written as the language does. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? value.toLocaleString(language) : value;
  });
}

/** Lower case without accents, ß as ss: what people type finds what is written. */
export function folded(text) {
  return text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/ß/g, "ss");
}

/** The same, and where there are umlauts the spelling with ae, oe and ue too. */
export function spellingsOf(text) {
  const spelled = text.normalize("NFC").replace(/[äöü]/gi, (sign) => `${sign.normalize("NFD")[0]}e`);
  return [...new Set([folded(text), folded(spelled)])];
}

/** An element with attributes and children; a text child is always text, never markup. */
export function element(name, attributes = {}, ...children) {
  const made = name.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
