// How large a pixel is to the eye: a display by its name, or measured with a bank card and a distance.

import { element } from "./controls.js";

const CARD = [85.6, 53.98]; // millimetres, ISO/IEC 7810 ID-1
const LEAST = 5; // pixels per degree, as the service takes them
const MOST = 300;
const NARROW = 480; // CSS pixels of width below which the card is held upright
export const MEASURED = "measured";

/** Pixels per degree of visual angle. pixels: device pixels in `millimetres`; distance: of the eye, in millimetres. */
export function pixelsPerDegree(pixels, millimetres, distance) {
  const pitch = millimetres / pixels;
  return 1 / (2 * (180 / Math.PI) * Math.atan((0.5 * pitch) / distance));
}

/** A card, and a slider that makes it as large as a real one. */
export class Card {
  #shape = element("div", { className: "card", ariaHidden: "true" });
  #width = element("input", { type: "range", min: "120", max: "900", step: "1", value: "324" });
  #told;

  /** told: called when the card, or the size of the window, changes. */
  constructor(told) {
    this.#told = told;
    this.#width.addEventListener("input", () => this.#changed());
    window.addEventListener("resize", () => this.#changed()); // the browser's zoom changes it, too
    this.#drawn();
  }

  /** What is shown of it: a sentence, the card, the slider. */
  get parts() {
    const help = "Hold a bank card against the screen. Every such card has one size, so this tells how large a pixel is.";
    const size = element("label", {}, element("span", { textContent: "Make the card as large as a real one" }), this.#width);
    return [element("p", { textContent: help }), this.#shape, size];
  }

  /** Device pixels, as the card stands. */
  get pixelsPerMillimetre() {
    return (Number(this.#width.value) * window.devicePixelRatio) / (this.#upright() ? CARD[1] : CARD[0]);
  }

  /** Say to who hears the slider what its position means. */
  describe(text) {
    this.#width.ariaValueText = `${this.#width.value} pixels wide, ${text}`;
  }

  #upright() {
    return window.innerWidth < NARROW;
  }

  #changed() {
    this.#drawn();
    this.#told();
  }

  #drawn() {
    const width = Number(this.#width.value);
    const [long, short] = CARD;
    this.#shape.style.width = `${width}px`;
    this.#shape.style.height = `${width * (this.#upright() ? long / short : short / long)}px`;
  }
}

/** The card and the distance; tells pixels per degree as they change. */
export class Measurement {
  #card = new Card(() => this.#measure(true));
  #distance = element("input", { type: "number", min: "10", max: "500", step: "1", value: "60", inputMode: "numeric" });
  #said = element("output", { className: "measured" });
  #told;

  /** told: called with pixels per degree, or null where they make no sense. */
  constructor(root, told) {
    this.#told = told;
    const distance = element("label", {}, element("span", { textContent: "From eye to screen, in centimetres" }), this.#distance);
    root.replaceChildren(...this.#card.parts, distance, this.#said);
    this.#distance.addEventListener("input", () => this.#measure(true));
    this.#measure(false);
  }

  /** Pixels per degree as they stand, or null. */
  get ppd() {
    const found = pixelsPerDegree(this.#card.pixelsPerMillimetre, 1, 10 * Number(this.#distance.value));
    return found >= LEAST && found <= MOST ? Math.round(100 * found) / 100 : null;
  }

  #measure(tell) {
    const ppd = this.ppd;
    const outside = `That would be outside ${LEAST} to ${MOST} pixels per degree: check the distance.`;
    this.#said.textContent = ppd === null ? outside : `${ppd.toFixed(1)} pixels per degree`;
    this.#card.describe(this.#said.textContent);
    if (tell) this.#told(ppd);
  }
}
