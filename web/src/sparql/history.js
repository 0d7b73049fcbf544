// The visitor's own last queries, kept in this browser only.

const place = "smartcity-kg:queries";
const most = 30;

/** The kept queries, latest first; none where the browser keeps nothing. */
export function readHistory() {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? "[]");
    return Array.isArray(kept) ? kept.filter((entry) => typeof entry?.query === "string") : [];
  } catch {
    return [];
  }
}

/** Put a query first. */
export function remember(query) {
  const others = readHistory().filter((entry) => entry.query !== query);
  write([{ query, asked: new Date().toISOString() }, ...others].slice(0, most));
}

/** Forget all. */
export function forget() {
  write([]);
}

function write(entries) {
  try {
    localStorage.setItem(place, JSON.stringify(entries));
  } catch {
    // Full or refused: the history is a convenience.
  }
}
