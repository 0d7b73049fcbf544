// A picture that can be enlarged and moved: buttons, keys, wheel with Ctrl, drag, two fingers.
// Marks keep their size; only the ground between them grows.
import { element, words } from "./language.js";

const LARGEST = 24;
const STEP = 1.6;

/** Add buttons and gestures to a figure; of several drawings for different screens, the one that is seen is moved. */
export function enhanceZoom(figure) {
  const views = [...figure.querySelectorAll("svg")].filter((svg) => svg.viewBox.baseVal.width).map((svg) => new View(svg));
  if (!views.length) return;
  const seen = () => views.find(({ svg }) => svg.getClientRects().length) ?? views[0];
  addButtons(views, seen);
  addKeys(figure, seen);
  for (const view of views) {
    view.svg.classList.add("zooms");
    addWheel(view.svg, view);
    addPointers(view.svg, view);
  }
  figure.addEventListener("focusin", (event) => seen().show(event.target.closest("[data-item]")));
}

/** The part of the picture that is seen, and the marks that keep their size in it. */
class View {
  constructor(svg) {
    const { x, y, width, height } = svg.viewBox.baseVal;
    this.svg = svg;
    this.whole = { x, y, width, height };
    this.listeners = [];
    this.set(x, y, 1);
  }

  /** Found when first needed: a drawing that is not shown has no measures yet. */
  get marks() {
    this.found ??= anchorsOf(this.svg);
    return this.found;
  }

  set(x, y, scale) {
    const { whole } = this;
    this.scale = Math.min(LARGEST, Math.max(1, scale));
    this.width = whole.width / this.scale;
    this.height = whole.height / this.scale;
    this.x = Math.min(whole.x + whole.width - this.width, Math.max(whole.x, x));
    this.y = Math.min(whole.y + whole.height - this.height, Math.max(whole.y, y));
    this.listeners.forEach((listener) => listener(this));
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = null;
      this.draw();
    });
  }

  draw() {
    const seen = [this.x, this.y, this.width, this.height].map((number) => Math.round((number + 1e-9) * 1000) / 1000);
    this.svg.setAttribute("viewBox", seen.join(" "));
    if ((this.drawn ?? 1) === this.scale) return;
    for (const { mark, x, y, own } of this.marks) {
      const shrink = 1 / this.scale;
      mark.setAttribute("transform", `${own}translate(${x * (1 - shrink)} ${y * (1 - shrink)}) scale(${shrink})`);
    }
    this.drawn = this.scale;
    this.svg.classList.toggle("zoomed", this.scale >= 2);
    this.svg.classList.toggle("pans", this.scale > 1);
  }

  /** Enlarge about a mark, or about the middle when there is none. */
  zoomAbout(mark, factor) {
    const found = this.marks.find((entry) => entry.mark === mark);
    this.zoom(factor, found?.x, found?.y);
  }

  /** Enlarge about the middle; about what a filter has left, when the whole picture is seen. */
  zoomIn() {
    if (this.scale > 1 || !this.svg.querySelector(".out")) return this.zoom(STEP);
    const left = [...this.svg.querySelectorAll("[data-item]:not(.out), [data-tags]:not(.out)")].map((mark) => mark.getBBox());
    if (!left.length) return this.zoom(STEP);
    const middle = (from, to) => (Math.min(...left.map(from)) + Math.max(...left.map(to))) / 2;
    return this.zoom(STEP, middle((box) => box.x, (box) => box.x + box.width), middle((box) => box.y, (box) => box.y + box.height));
  }

  /** Enlarge about a point of the picture, by default the middle. */
  zoom(factor, x = this.x + this.width / 2, y = this.y + this.height / 2) {
    const scale = Math.min(LARGEST, Math.max(1, this.scale * factor));
    const ratio = this.scale / scale;
    this.set(x - (x - this.x) * ratio, y - (y - this.y) * ratio, scale);
  }

  /** Move by a share of what is seen. */
  move(across, down) {
    this.set(this.x + across * this.width, this.y + down * this.height, this.scale);
  }

  reset() {
    this.set(this.whole.x, this.whole.y, 1);
  }

  /** Bring a mark into sight when it lies outside, so that the focus is never lost. */
  show(mark) {
    if (!mark || this.scale === 1) return;
    const found = this.marks.find((entry) => entry.mark === mark);
    if (!found) return;
    const inside =
      found.x > this.x && found.x < this.x + this.width && found.y > this.y && found.y < this.y + this.height;
    if (!inside) this.set(found.x - this.width / 2, found.y - this.height / 2, this.scale);
  }

  /** A point of the screen in the units of the picture. */
  at(clientX, clientY) {
    const matrix = this.svg.getScreenCTM();
    return matrix ? new DOMPoint(clientX, clientY).matrixTransform(matrix.inverse()) : { x: this.x, y: this.y };
  }
}

/** Marks with the point they stand for; a mark inside another moves with it. */
function anchorsOf(svg) {
  const marks = [...svg.querySelectorAll("[data-item], .keeps-size")];
  return marks
    .filter((mark) => !mark.parentElement.closest("[data-item], .keeps-size"))
    .map((mark) => {
      const circle = mark.matches("circle") ? mark : mark.querySelector("circle");
      const own = mark.hasAttribute("transform") ? `${mark.getAttribute("transform")} ` : "";
      if (circle?.hasAttribute("cx")) {
        return { mark, own, x: circle.cx.baseVal.value, y: circle.cy.baseVal.value };
      }
      const box = mark.getBBox();
      return { mark, own, x: box.x + box.width / 2, y: box.y + box.height / 2 };
    });
}

function addButtons(views, seen) {
  const button = (sign, label, action) =>
    element("button", { type: "button", class: "btn", "aria-label": label, title: label, click: action }, sign);
  const inward = button("+", words.picture.in, () => seen().zoomIn());
  const outward = button("−", words.picture.out, () => seen().zoom(1 / STEP));
  const whole = button("⤢", words.picture.whole, () => seen().reset());
  const bar = element("div", { class: "controls no-print", role: "group", "aria-label": words.picture.controls });
  bar.append(inward, outward, whole);
  // Before the picture, so that who comes by keyboard meets the buttons before the many marks.
  views[0].svg.before(bar);
  const update = () => {
    // A button that loses its use must not lose the focus: it is marked, not disabled.
    const { scale } = seen();
    outward.setAttribute("aria-disabled", String(scale <= 1));
    whole.setAttribute("aria-disabled", String(scale <= 1));
    inward.setAttribute("aria-disabled", String(scale >= LARGEST));
  };
  views.forEach((view) => view.listeners.push(update));
  update();
}

function addKeys(figure, seen) {
  const actions = {
    "+": (view, mark) => view.zoomAbout(mark, STEP),
    "=": (view, mark) => view.zoomAbout(mark, STEP),
    "-": (view, mark) => view.zoomAbout(mark, 1 / STEP),
    0: (view) => view.reset(),
  };
  const moves = { ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, -0.2], ArrowDown: [0, 0.2] };
  figure.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    const view = seen();
    const move = view.scale > 1 ? moves[event.key] : undefined;
    if (move) view.move(...move);
    else if (actions[event.key]) actions[event.key](view, event.target.closest("[data-item]"));
    else return;
    event.preventDefault();
  });
}

function addWheel(svg, view) {
  // Without Ctrl the wheel scrolls the page, as everywhere else.
  const turned = (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const { x, y } = view.at(event.clientX, event.clientY);
    view.zoom(Math.exp(-event.deltaY / 200), x, y);
  };
  svg.addEventListener("wheel", turned, { passive: false });
}

function addPointers(svg, view) {
  const pointers = new Map();
  let dragged = false;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event);
    dragged = false;
  });
  svg.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const other = [...pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
    if (other) pinch(view, before, event, other);
    else if (view.scale > 1) {
      if (!dragged && Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) < 4) return;
      const from = view.at(before.clientX, before.clientY);
      const to = view.at(event.clientX, event.clientY);
      view.set(view.x + from.x - to.x, view.y + from.y - to.y, view.scale);
    } else return;
    if (!dragged) svg.setPointerCapture(event.pointerId);
    dragged = true;
    pointers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
  // The end of a drag is no click on the link under it.
  const clicked = (event) => {
    if (dragged) event.preventDefault();
    dragged = false;
  };
  svg.addEventListener("click", clicked, true);
  svg.addEventListener("dragstart", (event) => event.preventDefault());
}

function pinch(view, before, after, other) {
  const distance = (pointer) => Math.hypot(pointer.clientX - other.clientX, pointer.clientY - other.clientY);
  if (!distance(before)) return;
  const { x, y } = view.at((after.clientX + other.clientX) / 2, (after.clientY + other.clientY) / 2);
  view.zoom(distance(after) / distance(before), x, y);
}
