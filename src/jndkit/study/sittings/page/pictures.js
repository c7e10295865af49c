// Pictures on the screen: each of their pixels is one pixel of the display, and no frame shows half of one.

import { element } from "./controls.js";
import { file } from "./service.js";

/** Decoded pictures by their address, for one trial and the next. */
export class Album {
  #kept = new Map();

  /** The bitmaps of these addresses, in order, once all are decoded; others are let go. told: called with how many are there. */
  async open(paths, told = () => {}) {
    for (const path of [...this.#kept.keys()]) {
      if (!paths.includes(path)) {
        this.#kept.get(path).then((bitmap) => bitmap.close(), () => {});
        this.#kept.delete(path);
      }
    }
    let ready = 0;
    const counted = (bitmap) => (told(++ready), bitmap);
    return Promise.all(paths.map((path) => this.#decoded(path).then(counted)));
  }

  #decoded(path) {
    if (!this.#kept.has(path)) {
      // What is in a file is what is shown: no scaling, no second conversion of colours.
      const made = file(path).then((blob) => createImageBitmap(blob, { imageOrientation: "from-image", premultiplyAlpha: "none" }));
      made.catch(() => this.#kept.delete(path));
      this.#kept.set(path, made);
    }
    return this.#kept.get(path);
  }
}

/** Device pixels above and below pictures that are not for them. */
function taken({ top, controls, narrow, taller }) {
  const rows = top + controls + (window.innerWidth < narrow ? taller : 0);
  return Math.ceil(rows * window.devicePixelRatio);
}

/** Device pixels that a window must have for a study's largest pictures, and for what the plan asks for. */
export function windowFor({ layout, width, height, window: least }) {
  const pictures = needed(layout, width, height);
  return { width: Math.max(least[0], pictures.width), height: Math.max(least[1], pictures.height + taken(layout)) };
}

/** Device pixels that pictures of one size take. */
function needed({ grid: [columns, rows], gap }, width, height) {
  return { width: columns * width + (columns - 1) * gap, height: rows * height + (rows - 1) * gap };
}

/**
 * Where pictures stand. `layers` of one place lie on each other; which is seen is switched between two frames.
 * study: its arrangement is "single", "pair", "row" or "above" (one over two).  width, height: of every picture, device pixels.
 */
export class Stage {
  #root = element("div", { className: "stage" });
  #places = [];
  #ratio = window.devicePixelRatio;

  constructor({ arrangement, layout }, width, height) {
    const need = needed(layout, width, height);
    const free = Math.floor(window.innerWidth * this.#ratio);
    const tall = Math.floor(window.innerHeight * this.#ratio) - taken(layout);
    const left = Math.max(0, Math.floor((free - need.width) / 2));
    const top = Math.max(0, Math.floor((tall - need.height) / 2));
    const across = width + layout.gap;
    const spots = {
      single: [[0, 0]],
      pair: [[0, 0], [across, 0]],
      row: [[0, 0], [across, 0], [2 * across, 0]],
      above: [[0, height + layout.gap], [Math.floor(across / 2), 0], [across, height + layout.gap]],
    }[arrangement];
    this.#places = spots.map(([x, y]) => ({ x: left + x, y: top + y, width, height, layers: [] }));
  }

  get root() {
    return this.#root;
  }

  /** Whether the window still is as the pictures were laid out for. */
  get holds() {
    return this.#ratio === window.devicePixelRatio && (window.visualViewport?.scale ?? 1) === 1;
  }

  /** Put bitmaps on top of each other in a place; returns a function that shows one of them, or none for null. */
  layers(place, bitmaps, name) {
    const { x, y, width, height } = this.#places[place];
    const canvases = bitmaps.map((bitmap) => {
      const canvas = element("canvas", { width, height });
      Object.assign(canvas.style, { left: this.#css(x), top: this.#css(y), width: this.#css(width), height: this.#css(height), visibility: "hidden" });
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", name);
      paint(canvas, bitmap);
      return canvas;
    });
    this.#root.append(...canvases);
    return {
      canvases,
      show: (index) => canvases.forEach((canvas, i) => (canvas.style.visibility = i === index ? "visible" : "hidden")),
    };
  }

  #css(pixels) {
    return `${pixels / this.#ratio}px`;
  }
}

/** Put a bitmap on a canvas, pixel for pixel. */
export function paint(canvas, bitmap) {
  const context = canvas.getContext("2d", { alpha: false });
  context.imageSmoothingEnabled = false;
  context.drawImage(bitmap, 0, 0);
}
