// A thing that is pointed at or has the focus lights up wherever the page shows it: in the picture and in its list.

/** Follow pointer and focus below an element. */
export function enhanceLighting(root) {
  root.addEventListener("pointerover", (event) => light(root, event.target));
  root.addEventListener("focusin", (event) => light(root, event.target));
  root.addEventListener("pointerleave", () => light(root, null));
  root.addEventListener("focusout", () => light(root, null));
}

function light(root, target) {
  const item = target instanceof Element ? target.closest("[data-item]") : null;
  const keys = new Set(item ? item.dataset.item.split(" ") : []);
  if (root.lit === item) return;
  root.lit = item;
  root.querySelectorAll(".lit").forEach((shown) => shown.classList.remove("lit"));
  root.querySelectorAll(".has-lit").forEach((picture) => picture.classList.remove("has-lit"));
  if (!item) return;
  for (const other of root.querySelectorAll("[data-item]")) {
    if (other.dataset.item.split(" ").some((key) => keys.has(key))) other.classList.add("lit");
  }
  root.querySelectorAll('figure[data-picture="graph"] svg').forEach((graph) => lightNeighbours(graph, keys));
}

function lightNeighbours(graph, keys) {
  const near = new Set();
  for (const edge of graph.querySelectorAll("[data-from]")) {
    const { from, to } = edge.dataset;
    // A row that names two nodes means their one edge; a single node means all of its edges.
    const named = keys.size > 1 ? keys.has(from) && keys.has(to) : keys.has(from) || keys.has(to);
    if (named) {
      edge.classList.add("lit");
      near.add(from).add(to);
    }
  }
  if (!near.size) return;
  graph.classList.add("has-lit");
  for (const node of graph.querySelectorAll("[data-item]")) {
    if (near.has(node.dataset.item)) node.classList.add("lit");
  }
}
