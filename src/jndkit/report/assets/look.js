// The look: two versions of one picture, told apart by eye. Split, flip in place, side by side, difference; whole
// device pixels at every zoom; overlays. It needs no library, and knows of no page around it.
//
//   const look = new Look(element, {original, coded});
//   look.setCoded(otherBitmap, "AVIF");
//   look.setWhere([x, y, width, height]);
//   look.setOverlay({label, image, top, unit, colours});
//   look.wait("Being encoded");
//   look.destroy();
//
// original, coded: what a canvas can draw, with `width` and `height` (ImageBitmap, canvas), of one size.
// labels: what the two are called.  where: [x, y, width, height] of the worst place, in picture pixels, or null.
// overlays: [{label, image, top, unit, colours}], drawn over the picture, with a legend from 0 to `top`.
// zoom: to begin with, 1, 2 or 4.  transparent: whether a background can be chosen.  keys: the element whose space bar flips, the root by default.

import { checkbox, choice, element, legendOf, select } from "./controls.js";
import { paint, panesOf, whyResampled } from "./painting.js";

const MODES = { split: "Split", flip: "Flip", side: "Side by side", difference: "Difference" };
const ZOOMS = [1, 2, 4]; // device pixels of a picture pixel
const GAINS = [1, 4, 16]; // of the difference; powers of two
const BACKGROUNDS = { black: "#000000", grey: "#808080", white: "#ffffff" };
export const HALF_PERIOD = 250; // milliseconds, of 2 Hz; below the three flashes a second that may harm
const STEP = 32; // picture pixels of an arrow key
const GRASP = 24; // CSS pixels around the dividing line that take hold of it
const STACKED = 600; // CSS pixels of width below which the sides stand one above the other
const USES_SPACE = "a[href], button, input, select, summary, textarea";

let looks = 0; // so that every look's controls have names of their own

export class Look {
  #root;
  #keys;
  #labels;
  #overlays;
  #parts = {};
  #view; // what is shown, as painting.js takes it
  #name = `look-${++looks}`;
  #timer = null;
  #frame = 0;
  #exact = false; // whether the browser tells the canvas's size in device pixels
  #scratch = document.createElement("canvas");
  #ending = new AbortController();
  #resizer;

  constructor(root, options) {
    const { original, coded, labels = ["Original", "Coded"], where = null, overlays = [], zoom = 1 } = options;
    this.#root = root;
    this.#keys = options.keys ?? root;
    this.#labels = labels;
    this.#overlays = overlays;
    this.#view = {
      ...{ images: [original, coded], mode: "split", zoom, gain: 4, background: BACKGROUNDS.grey, second: false },
      ...{ divided: 0.5, overlay: null, framed: false, where, centre: [original.width / 2, original.height / 2] },
    };
    this.#build(options.transparent ?? false);
    this.#listen();
    this.#arrange();
  }

  /** Put another version in the coded one's place; zoom, place and mode stay. */
  setCoded(image, label = this.#labels[1]) {
    this.#view.images[1] = image;
    this.#labels = [this.#labels[0], label];
    this.#arrange();
  }

  /** Another worst place: [x, y, width, height] in picture pixels, or null. */
  setWhere(where) {
    this.#view.where = where;
    this.#parts.worst.hidden = where === null;
    this.#arrange();
  }

  /** Lay this over the picture, one of its own or any other; null for nothing. */
  setOverlay(overlay) {
    this.#view.overlay = overlay;
    this.#overlays.forEach((other, index) => (this.#parts.over[index].input.checked = other === overlay));
    const { legend } = this.#parts;
    legend.hidden = overlay === null;
    if (overlay !== null) legend.replaceChildren(...legendOf(overlay));
    this.#arrange();
  }

  /** Say over the pictures that another version is being made; null when it is there. */
  wait(text) {
    this.#parts.waiting.hidden = text === null;
    this.#parts.waiting.textContent = text ?? "";
  }

  destroy() {
    this.#automatic(false);
    this.#ending.abort();
    this.#resizer.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#root.replaceChildren();
    this.#root.classList.remove("look");
  }

  // --- controls

  #build(transparent) {
    const parts = this.#parts;
    const changed = (set) => (event) => {
      set(event.target);
      this.#arrange();
    };
    parts.modes = choice(`${this.#name}-mode`, "How", Object.entries(MODES), this.#view.mode, (value) => this.#setMode(value));
    parts.zooms = choice(
      `${this.#name}-zoom`,
      "Zoom",
      ZOOMS.map((zoom) => [String(zoom), `${100 * zoom} %`]),
      String(this.#view.zoom),
      (value) => this.#setZoom(Number(value)),
    );
    parts.flip = element("button", { type: "button", className: "look-flip", textContent: "Flip (space bar)" });
    parts.flip.addEventListener("click", () => this.#flip());
    parts.auto = checkbox("Automatic, 2 Hz", (on) => this.#automatic(on));
    parts.gain = select("Amplified", GAINS.map((gain) => [String(gain), `${gain} ×`]), String(this.#view.gain));
    parts.gain.input.addEventListener("change", changed((input) => (this.#view.gain = Number(input.value))));
    const over = this.#overlays.map((overlay) =>
      checkbox(overlay.label, (on) => this.setOverlay(on ? overlay : null)),
    );
    parts.over = over;
    const extra = [...over.map((box) => box.label)];
    const framed = checkbox("Frame the worst place", (on) => {
      this.#view.framed = on;
      this.#arrange();
    });
    const go = element("button", { type: "button", className: "look-go", textContent: "Go to the worst place" });
    go.addEventListener("click", () => this.#toWorst());
    parts.worst = element("div", { className: "look-group", hidden: !this.#view.where }, framed.label, go);
    extra.push(parts.worst);
    if (transparent) {
      const names = Object.keys(BACKGROUNDS).map((name) => [name, name]);
      const background = select("Background", names, "grey");
      background.input.addEventListener("change", changed((input) => (this.#view.background = BACKGROUNDS[input.value])));
      extra.push(background.label);
    }
    const flipping = element("div", { className: "look-group" }, parts.flip, parts.auto.label, parts.gain.label);
    const seen = element("div", { className: "look-group" }, ...extra);
    const controls = element("div", { className: "look-controls" }, parts.modes.set, parts.zooms.set, flipping, seen);
    this.#buildView();
    this.#root.classList.add("look");
    this.#root.replaceChildren(controls, parts.state, parts.view, parts.split.label, parts.legend, parts.note, parts.help);
  }

  #buildView() {
    const parts = this.#parts;
    parts.state = element("p", { className: "look-state", role: "status" });
    parts.canvas = element("canvas", { className: "look-canvas" });
    parts.canvas.setAttribute("role", "img");
    parts.line = element("div", { className: "look-line", ariaHidden: "true" });
    parts.waiting = element("p", { className: "look-waiting", hidden: true });
    const inside = [parts.canvas, parts.line, parts.waiting];
    parts.view = element("div", { className: "look-view", tabIndex: 0, role: "application" }, ...inside);
    parts.view.ariaLabel = "The pictures. Arrow keys move, the space bar flips, 1, 2 and 4 zoom.";
    const range = element("input", { type: "range", min: "0", max: "100", step: "0.5", value: "50" });
    range.addEventListener("input", () => {
      this.#view.divided = Number(range.value) / 100;
      this.#arrange();
    });
    const text = element("span", { textContent: "Dividing line" });
    parts.split = { input: range, label: element("label", { className: "look-split" }, text, range) };
    parts.legend = element("figure", { className: "look-legend", hidden: true });
    parts.note = element("p", { className: "look-note", hidden: true });
    const help = "Drag to move both pictures. With the view in focus: arrow keys move (with Shift farther), the space "
      + "bar flips, 1, 2 and 4 zoom, W goes to the worst place where there is one.";
    parts.help = element("p", { className: "look-help", textContent: help });
  }

  #listen() {
    const { view, canvas } = this.#parts;
    const signal = this.#ending.signal;
    this.#keys.addEventListener("keydown", (event) => this.#key(event), { signal });
    view.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    window.addEventListener("resize", () => this.#arrange(), { signal });
    window.visualViewport?.addEventListener("resize", () => this.#arrange(), { signal });
    this.#resizer = new ResizeObserver((entries) => this.#measure(entries.at(-1)));
    try {
      this.#resizer.observe(canvas, { box: "device-pixel-content-box" });
    } catch {
      this.#resizer.observe(canvas); // Safari does not tell device pixels
    }
  }

  #setMode(mode) {
    this.#view.mode = mode;
    this.#parts.modes.check(mode);
    if (mode !== "flip") this.#automatic(false);
    this.#arrange();
  }

  #setZoom(zoom) {
    this.#view.zoom = zoom;
    this.#parts.zooms.check(String(zoom));
    this.#arrange();
  }

  #flip() {
    if (this.#view.mode !== "flip") this.#setMode("flip");
    this.#view.second = !this.#view.second;
    this.#arrange();
  }

  #automatic(on) {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#parts.auto.input.checked = on;
    // Read aloud twice a second it would drown everything else.
    this.#parts.state.ariaLive = on ? "off" : "polite";
    if (!on) return;
    if (this.#view.mode !== "flip") this.#setMode("flip");
    this.#parts.auto.input.checked = true;
    this.#timer = setInterval(() => this.#flip(), HALF_PERIOD);
  }

  #toWorst() {
    const [x, y, width, height] = this.#view.where;
    this.#view.centre = [x + width / 2, y + height / 2];
    this.#arrange();
  }

  // --- keys and pointers

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === " ") {
      if (event.target.closest?.(USES_SPACE)) return;
      this.#flip();
    } else if (event.target !== this.#parts.view) {
      return;
    } else if (ZOOMS.includes(Number(event.key))) {
      this.#setZoom(Number(event.key));
    } else if (event.key.toLowerCase() === "w" && this.#view.where) {
      this.#toWorst();
    } else {
      const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      const along = arrows[event.key];
      if (!along) return;
      const step = (event.shiftKey ? 8 : 1) * STEP / this.#view.zoom;
      this.#move(along[0] * step, along[1] * step);
    }
    event.preventDefault();
  }

  #press(event) {
    if (event.button !== 0) return;
    const { view, canvas } = this.#parts;
    const box = canvas.getBoundingClientRect();
    const line = box.left + this.#view.divided * box.width;
    const dividing = this.#view.mode === "split" && Math.abs(event.clientX - line) < GRASP;
    let last = [event.clientX, event.clientY];
    const drag = (moved) => {
      if (dividing) {
        this.#view.divided = Math.min(1, Math.max(0, (moved.clientX - box.left) / box.width));
        this.#arrange();
        return;
      }
      const scale = window.devicePixelRatio / this.#view.zoom;
      this.#move((last[0] - moved.clientX) * scale, (last[1] - moved.clientY) * scale);
      last = [moved.clientX, moved.clientY];
    };
    const end = new AbortController();
    view.setPointerCapture(event.pointerId);
    view.addEventListener("pointermove", drag, { signal: end.signal });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      view.addEventListener(name, () => end.abort(), { signal: end.signal });
    }
  }

  #move(right, down) {
    const [pane] = panesOf(this.#parts.canvas, this.#view);
    const { width, height } = this.#view.images[0];
    const held = (at, size, shown) => {
      const half = shown / this.#view.zoom / 2;
      return size <= 2 * half ? size / 2 : Math.min(size - half, Math.max(half, at));
    };
    // From where it is seen now, or a place held at an edge would seem stuck.
    const at = [held(this.#view.centre[0], width, pane.width), held(this.#view.centre[1], height, pane.height)];
    this.#view.centre = [held(at[0] + right, width, pane.width), held(at[1] + down, height, pane.height)];
    this.#arrange();
  }

  // --- drawing

  #measure(entry) {
    const box = entry.devicePixelContentBoxSize?.[0];
    const { canvas } = this.#parts;
    const expected = entry.contentRect.width * window.devicePixelRatio;
    // Where a browser only pretends to have another screen, the box is still that of its own.
    this.#exact = box !== undefined && Math.abs(box.inlineSize - expected) < 2;
    canvas.width = this.#exact ? box.inlineSize : Math.round(expected);
    const height = entry.contentRect.height * window.devicePixelRatio;
    canvas.height = this.#exact ? box.blockSize : Math.round(height);
    this.#arrange();
    this.#paint(); // at once, since a canvas of a new size is empty
  }

  /** Say and show what is chosen, and paint with the next frame. */
  #arrange() {
    const parts = this.#parts;
    const ratio = window.devicePixelRatio;
    const { width, height } = this.#view.images[0];
    this.#view.stacked = parts.view.clientWidth < STACKED;
    const sides = this.#view.mode === "side" && this.#view.stacked ? 2 : 1;
    parts.view.style.setProperty("--look-height", `${Math.ceil((sides * height * this.#view.zoom) / ratio)}px`);
    parts.line.hidden = this.#view.mode !== "split";
    parts.line.style.left = `${100 * this.#view.divided}%`;
    parts.split.label.hidden = this.#view.mode !== "split";
    parts.split.input.value = String(100 * this.#view.divided);
    parts.gain.label.hidden = this.#view.mode !== "difference";
    const said = this.#said();
    if (parts.state.textContent !== said) parts.state.textContent = said;
    parts.canvas.ariaLabel = `${said} ${width} × ${height} pixels.`;
    const note = whyResampled(this.#exact);
    parts.note.hidden = note === "";
    parts.note.textContent = note;
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#paint();
      });
    }
  }

  #said() {
    const [original, coded] = this.#labels;
    if (this.#view.mode === "flip") return `Shown: ${this.#view.second ? coded : original}.`;
    if (this.#view.mode === "difference") {
      const often = this.#view.gain === 1 ? "as it is" : `amplified ${this.#view.gain} times`;
      return `Difference, ${often}. Black is none.`;
    }
    const stacked = this.#view.mode === "side" && this.#view.stacked;
    return stacked ? `Above: ${original}. Below: ${coded}.` : `Left: ${original}. Right: ${coded}.`;
  }

  #paint() {
    paint(this.#parts.canvas, this.#scratch, this.#view);
  }
}
