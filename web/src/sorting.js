// Tables sorted by a column, by mouse or keyboard.
import { element, language, words } from "./language.js";

const inLanguage = new Intl.Collator(language, { numeric: true });

/** Make a button of each column head that has text. */
export function enhanceSorting(table) {
  const heads = [...table.querySelectorAll("thead tr:last-child > th")];
  heads.forEach((head, column) => {
    if (!head.textContent.trim()) return;
    const button = element("button", { type: "button", class: "sort" });
    button.append(...head.childNodes);
    button.title = `${words.list.sort}: ${button.textContent.trim()}`;
    button.addEventListener("click", () => {
      const ascending = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sort(table, column, ascending);
    });
    head.append(button);
  });
}

function sort(table, column, ascending) {
  for (const body of table.tBodies) {
    const rows = [...body.rows].map((row) => ({ row, value: valueOf(row.cells[column]) }));
    // Empty cells stay at the end in both directions.
    rows.sort((a, b) => {
      if (a.value === "" || b.value === "") return (a.value === "") - (b.value === "");
      return (ascending ? 1 : -1) * compare(a.value, b.value);
    });
    body.append(...rows.map(({ row }) => row));
  }
}

function compare(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b : inLanguage.compare(a, b);
}

function valueOf(cell) {
  if (!cell) return "";
  const text = (cell.dataset.value ?? cell.textContent).trim();
  if (!cell.classList.contains("num") || text === "") return text;
  const plain = cell.dataset.value ? text : language === "de" ? text.replace(/\./g, "").replace(",", ".") : text.replace(/,/g, "");
  const number = Number(plain);
  return Number.isNaN(number) ? text : number;
}
