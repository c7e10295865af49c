// The satisfied-user curve over the knob with its interval, bytes on a second axis, and a handle to drag along it.
//
//   const curve = new Curve(element, {chosen: (value) => ...});
//   curve.show({name: "quality", points: [[value, viewers, low, high]], target, today, bytes: Map(value -> bytes)});

import { element } from "./controls.js";
import { size } from "./words.js";

const HEIGHT = 300;
const NEAREST = 50; // CSS pixels between two values below the curve
const EDGE = { left: 44, right: 58, top: 14, bottom: 42 };

function drawn(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Indices of round values, the roundest first, none nearer to another than `apart`. */
function rounded(values, apart) {
  const found = [];
  for (const step of [100, 20, 10, 5, 1, 0.5, 0.1]) { // each a divisor of the one before, so that even knobs have even marks
    const round = values.flatMap((value, index) => (Math.abs(value / step - Math.round(value / step)) < 1e-6 ? [index] : []));
    for (const index of round) if (found.every((other) => Math.abs(other - index) >= apart)) found.push(index);
  }
  return found;
}

export class Curve {
  #svg = drawn("svg", { role: "img" });
  #slider = element("input", { type: "range", min: "0", step: "1" });
  #said = element("p", { className: "curve-said" });
  #shown = null;
  #at = 0; // index into the points
  #width = 640;
  #chosen;

  constructor(root, { chosen }) {
    this.#chosen = chosen;
    this.#slider.ariaLabel = "Setting to look at";
    const key = element("p", { className: "curve-key" },
      element("span", { className: "key-viewers", textContent: "viewers who see no difference, with its 90 % interval" }),
      element("span", { className: "key-bytes", textContent: "size of the files made so far" }),
      element("span", { className: "key-target", textContent: "what was asked for" }),
      element("span", { className: "key-today", textContent: "what was chosen" }));
    root.replaceChildren(key, this.#svg, this.#slider, this.#said);
    this.#slider.addEventListener("input", () => this.#move(Number(this.#slider.value)));
    this.#svg.addEventListener("pointerdown", (event) => this.#press(event));
    new ResizeObserver(([entry]) => {
      const width = Math.max(280, Math.round(entry.contentRect.width));
      if (width === this.#width) return;
      this.#width = width;
      this.#draw();
    }).observe(root);
  }

  show(shown) {
    this.#shown = shown;
    this.#at = this.#nearest(shown.at ?? shown.today);
    this.#slider.max = String(shown.points.length - 1);
    this.#draw();
  }

  /** The size of one more setting is known. */
  made(value, bytes) {
    if (!this.#shown) return;
    this.#shown.bytes.set(value, bytes);
    this.#draw();
  }

  #nearest(value) {
    const distances = this.#shown.points.map(([other]) => Math.abs(other - value));
    return Math.max(0, distances.indexOf(Math.min(...distances)));
  }

  #move(index) {
    const held = Math.min(this.#shown.points.length - 1, Math.max(0, index));
    if (held === this.#at) return;
    this.#at = held;
    this.#draw();
    this.#chosen(this.#shown.points[held][0]);
  }

  #press(event) {
    if (event.button !== 0 || !this.#shown) return;
    const drag = (moved) => {
      const box = this.#svg.getBoundingClientRect();
      const along = (moved.clientX - box.left - EDGE.left) / (box.width - EDGE.left - EDGE.right);
      this.#move(Math.round(along * (this.#shown.points.length - 1)));
    };
    const end = new AbortController();
    this.#svg.setPointerCapture(event.pointerId);
    this.#svg.addEventListener("pointermove", drag, { signal: end.signal });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      this.#svg.addEventListener(name, () => end.abort(), { signal: end.signal });
    }
    drag(event);
  }

  // --- drawing

  #x(index) {
    const steps = Math.max(1, this.#shown.points.length - 1);
    return EDGE.left + (index / steps) * (this.#width - EDGE.left - EDGE.right);
  }

  #y(part) {
    return HEIGHT - EDGE.bottom - part * (HEIGHT - EDGE.top - EDGE.bottom);
  }

  #draw() {
    if (!this.#shown) return;
    this.#svg.setAttribute("viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    this.#svg.replaceChildren(...this.#axes(), ...this.#viewers(), ...this.#bytes(), ...this.#marks());
    const { name, points, bytes } = this.#shown;
    const [value, viewers, low, high] = points[this.#at];
    const heavy = bytes.has(value) ? `, ${size(bytes.get(value))}` : "";
    const said = `${name} ${value}: ${Math.round(viewers)} % see no difference (${Math.round(low)} to ${Math.round(high)} %)${heavy}`;
    this.#slider.value = String(this.#at);
    this.#slider.ariaValueText = said;
    this.#said.textContent = `${said}.`;
    this.#svg.setAttribute("aria-label", `Viewers who see no difference, over ${name} from ${points[0][0]} to ${points.at(-1)[0]}`);
  }

  #axes() {
    const { points, name } = this.#shown;
    const right = this.#width - EDGE.right;
    const parts = [0, 25, 50, 75, 100].flatMap((share) => [
      drawn("line", { class: "grid", x1: EDGE.left, x2: right, y1: this.#y(share / 100), y2: this.#y(share / 100) }),
      drawn("text", { x: EDGE.left - 6, y: this.#y(share / 100) + 4, "text-anchor": "end" }, `${share} %`),
    ]);
    const apart = (NEAREST * (points.length - 1)) / (right - EDGE.left);
    for (const index of rounded(points.map(([value]) => value), apart)) {
      const anchor = { x: this.#x(index), y: HEIGHT - EDGE.bottom + 17, "text-anchor": "middle" };
      parts.push(drawn("text", anchor, String(points[index][0])));
    }
    const middle = { x: (EDGE.left + right) / 2, y: HEIGHT - 6, "text-anchor": "middle" };
    parts.push(drawn("text", middle, `${name}, small files on the left`));
    return parts;
  }

  #viewers() {
    const { points, target } = this.#shown;
    const along = (column) => points.map((point, index) => `${this.#x(index)},${this.#y(point[column] / 100)}`);
    const parts = [
      drawn("polygon", { class: "interval", points: [...along(2), ...along(3).reverse()].join(" ") }),
      drawn("polyline", { class: "viewers", points: along(1).join(" ") }),
    ];
    if (target) {
      const y = this.#y(target / 100);
      parts.push(drawn("line", { class: "target", x1: EDGE.left, x2: this.#width - EDGE.right, y1: y, y2: y }));
    }
    return parts;
  }

  #bytes() {
    const { points, bytes } = this.#shown;
    const made = points.map(([value], index) => [index, bytes.get(value)]).filter(([, count]) => count !== undefined);
    if (made.length === 0) return [];
    const top = Math.max(...made.map(([, count]) => count)) * 1.1;
    const at = ([index, count]) => [this.#x(index), this.#y(count / top)];
    const right = this.#width - EDGE.right + 6;
    const parts = [0.5, 1].map((part) => drawn("text", { class: "bytes-text", x: right, y: this.#y(part) + 4 }, size(Math.round(part * top))));
    parts.push(drawn("polyline", { class: "bytes", points: made.map((each) => at(each).join(",")).join(" ") }));
    for (const each of made) {
      const [cx, cy] = at(each);
      parts.push(drawn("circle", { class: "bytes-dot", cx, cy, r: 3.5 }));
    }
    return parts;
  }

  #marks() {
    const { points, today } = this.#shown;
    const upright = { y1: EDGE.top, y2: HEIGHT - EDGE.bottom };
    const index = points.findIndex(([value]) => value === today);
    const x = this.#x(this.#at);
    const marks = [
      drawn("line", { class: "handle", x1: x, x2: x, ...upright }),
      drawn("circle", { class: "handle-grip", cx: x, cy: this.#y(points[this.#at][1] / 100), r: 8 }),
    ];
    if (index >= 0) marks.unshift(drawn("line", { class: "today", x1: this.#x(index), x2: this.#x(index), ...upright }));
    return marks;
  }
}
