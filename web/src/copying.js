// Buttons that copy the text of an element.
import { words } from "./language.js";

/** Show the button and let it copy; nothing where the browser offers no clipboard (a page not served safely). */
export function enhanceCopying(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    if (!source) return;
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    button.textContent = words.list.copied;
    setTimeout(() => (button.textContent = label), 2000);
  });
}
