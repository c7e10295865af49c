// Whether a display shows what a study is about, and what it is like. Nothing here is told of the viewer's device
// but what the answers need.

import { element } from "./controls.js";
import { refreshRate } from "./clock.js";
import { Card, pixelsPerDegree } from "./display.js";
import { windowFor } from "./pictures.js";
import { actions, ask, button, keyed, keys, onward, paragraph, show } from "./screens.js";

const ZOOMED = 1.08; // between the window with and without its frame: more is the browser's zoom, or a panel at its side
const DARK = [4, 8, 12, 16, 24]; // code values above black, and below white
const TONES = 5;
const NEAREST = 180; // millimetres: no eye rests on what is nearer
const PLATE_DIGITS = ["2", "3", "4", "5", "6", "8", "9"];

/** What there is of the display, once all of it will do. needs: of the study. */
export async function checked(needs) {
  const found = await deviceOf(needs);
  do {
    found.pixels_per_millimetre = await cardOf();
    found.distance = await distanceOf(found.pixels_per_millimetre, needs);
  } while (found.distance === null);
  found.ppd = pixelsPerDegree(found.pixels_per_millimetre, 1, found.distance);
  found.dark = await tonesOf("dark");
  found.light = await tonesOf("light");
  found.gamma = await gammaOf();
  found.plates = await platesOf(needs.plates);
  return found;
}

/** What a check was made for: another screen, zoom or ratio needs another check. */
export function fingerprint() {
  return [window.screen.width, window.screen.height, window.devicePixelRatio].join("x");
}

/** What is wrong with pixels and window right now: [[fine, text]]. */
export function standing(needs) {
  const ratio = window.devicePixelRatio;
  const pinched = (window.visualViewport?.scale ?? 1) !== 1;
  const zoom = window.outerWidth && !touched() ? window.outerWidth / window.innerWidth : 1;
  const even = Number.isInteger(ratio) && !pinched && zoom < ZOOMED && zoom > 1 / ZOOMED;
  const wanted = windowFor(needs);
  const [width, height] = [window.innerWidth, window.innerHeight].map((side) => Math.floor(side * ratio));
  const large = width >= wanted.width && height >= wanted.height;
  const cure = touched() ? "Turn the device, and undo any zoom." : "Press F11, or make the window as large as it can be.";
  const undo = pinched
    ? "Pinch the page back to its normal size."
    : "Set the browser's zoom to 100 % (Ctrl and 0, or ⌘ and 0), close panels at its side, and set the system's scaling to a whole number: 100 % or 200 %.";
  return [
    [even, even ? "The page is not zoomed: a pixel of a picture is one of the display." : `The page is zoomed. ${undo}`],
    [large, large ? "The window is large enough." : `The window is too small: it has ${width} × ${height} pixels, and ${wanted.width} × ${wanted.height} are needed. ${cure}`],
  ];
}

const touched = () => window.matchMedia("(hover: none) and (pointer: coarse)").matches;

function deviceOf(needs) {
  return new Promise((resolve) => {
    const list = element("ul", {});
    const ending = new AbortController();
    let screen = null;
    const go = button("Go on", () => {
      ending.abort();
      const ratio = window.devicePixelRatio;
      const size = [window.innerWidth * ratio, window.innerHeight * ratio].map(Math.round);
      resolve({ ratio, window: size, touch: touched(), refresh: screen.rate, late: screen.late });
    }, { go: true });
    const look = () => {
      const states = standing(needs);
      const fast = screen !== null && screen.rate >= needs.refresh;
      if (screen === null) states.push([false, "The display's rate is being measured."]);
      else if (!needs.refresh) states.push([true, `The display draws ${screen.rate} pictures a second.`]);
      else states.push([fast, `The display draws ${screen.rate} pictures a second${fast ? "" : `, and ${needs.refresh} are needed: close other programs, or use another display`}.`]);
      list.replaceChildren(...states.map(([fine, text]) => element("li", { className: fine ? "check-ok" : "check-bad", textContent: text })));
      go.disabled = states.some(([fine]) => !fine);
    };
    const measure = async () => {
      screen = await refreshRate();
      look();
    };
    const full = button("Fill the screen", () => document.documentElement.requestFullscreen?.().catch(() => {}));
    full.hidden = !document.fullscreenEnabled;
    const again = button("Measure again", () => ((screen = null), look(), measure()));
    show("Your display", paragraph("Use the display that you see best on, away from windows and lamps that it mirrors. Turn off night mode and whatever else changes its colours."), list, actions(go, full, again));
    window.addEventListener("resize", look, { signal: ending.signal });
    window.visualViewport?.addEventListener("resize", look, { signal: ending.signal });
    look();
    measure();
  });
}

async function cardOf() {
  const said = element("p", { className: "measured" });
  const told = () => {
    said.textContent = `${card.pixelsPerMillimetre.toFixed(2)} pixels in a millimetre`;
    card.describe(said.textContent);
  };
  const card = new Card(told);
  told();
  const box = element("div", { className: "measurement" }, ...card.parts);
  await onward("How large is a pixel?", [box, said, keyed("The slider also takes the keys `←` and `→`.")], "It is as large as my card");
  return Math.round(1000 * card.pixelsPerMillimetre) / 1000;
}

/** Millimetres from eye to screen; null where no distance would do. */
function distanceOf(pixels, { ppd, tolerance }) {
  const right = 0.5 / pixels / Math.tan(((0.5 / ppd) * Math.PI) / 180);
  const [near, far] = [Math.max(NEAREST, right / tolerance), right * tolerance].map((value) => Math.round(value / 10));
  if (near > far) {
    const text = `The pixels of this display are so fine that you would have to sit ${Math.round(right / 10)} cm from it. Please take another display: a desktop one, if you have one.`;
    return onward("This display will not do", [paragraph(text)], "Measure it again").then(() => null);
  }
  return new Promise((resolve) => {
    const input = element("input", { type: "number", min: "10", max: "500", step: "1", inputMode: "numeric", id: "distance" });
    const trouble = element("p", { className: "trouble", role: "alert", hidden: true });
    const label = element("label", { htmlFor: "distance", textContent: "From your eyes to the screen, in centimetres: " });
    const done = () => {
      const value = Number(input.value);
      if (value >= near && value <= far) return resolve(10 * value);
      trouble.hidden = false;
      trouble.textContent = value > 0 ? `This study needs between ${near} and ${far} cm. Move, and measure again.` : "Write the distance as a number.";
    };
    const form = element("form", {}, element("p", {}, label, input), trouble, actions(element("button", { className: "go", textContent: "I sit so" })));
    form.addEventListener("submit", (event) => (event.preventDefault(), done()));
    form.noValidate = true;
    const wanted = `Sit so that your eyes are about ${Math.max(near, Math.round(right / 10))} cm from the screen; anything between ${near} and ${far} cm will do. Measure it with a tape, or in sheets of paper: the long side of A4 is 30 cm, that of US Letter 28 cm. Stay there until the end.`;
    show("How far do you sit?", paragraph(wanted), form);
  });
}

/** How many of the squares are seen on black, or on white. */
function tonesOf(end) {
  const base = end === "dark" ? 0 : 255;
  const row = element("div", { className: "tones", role: "img", ariaLabel: `Squares on ${end === "dark" ? "black" : "white"}` });
  for (const step of DARK) {
    const value = end === "dark" ? step : 255 - step;
    const square = element("i", {});
    square.style.background = grey(value);
    const cell = element("div", {}, square);
    cell.style.background = grey(base);
    row.append(cell);
  }
  const options = Array.from({ length: TONES + 1 }, (_, count) => [count, String(count)]);
  const title = end === "dark" ? "Squares on black" : "Squares on white";
  return ask(title, [row, paragraph("How many squares do you see? If there are fewer than three, change the brightness or contrast of the display until there are more.")], options);
}

const grey = (value) => `rgb(${value} ${value} ${value})`;

/** The exponent of the display: lines of black and white look as grey as a grey of half their light. */
function gammaOf() {
  const ratio = window.devicePixelRatio;
  const side = 200;
  const canvas = element("canvas", { width: 2 * side, height: side, className: "gamma" });
  Object.assign(canvas.style, { width: `${(2 * side) / ratio}px`, height: `${side / ratio}px` });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Lines on the left, grey on the right");
  const context = canvas.getContext("2d", { alpha: false });
  const input = element("input", { type: "range", min: "100", max: "245", step: "1", value: "150" });
  const draw = () => {
    for (let y = 0; y < side; y++) {
      context.fillStyle = y % 2 ? "#fff" : "#000";
      context.fillRect(0, y, side, 1);
    }
    context.fillStyle = grey(Number(input.value));
    context.fillRect(side, 0, side, side);
  };
  input.addEventListener("input", draw);
  draw();
  const label = element("label", {}, element("span", { textContent: "How light the right half is" }), input);
  const text = "Lean back or half close your eyes, and move the slider until both halves are equally light.";
  return onward("Light and dark", [paragraph(text), canvas, label], "Both are equal").then(() => {
    const share = Number(input.value) / 255;
    return Math.round((1000 * Math.log(0.5)) / Math.log(share)) / 1000;
  });
}

/** What is read in each plate: a digit, or "" for none. */
async function platesOf(addresses) {
  const read = [];
  for (const [index, address] of addresses.entries()) {
    const image = element("img", { className: "plate", src: address, alt: "A disc of dots" });
    await image.decode().catch(() => undefined);
    const ending = new AbortController();
    const options = [...PLATE_DIGITS.map((digit) => [digit, digit]), ["", "None"]];
    const asked = ask("Which digit do you see?", [paragraph(`Plate ${index + 1} of ${addresses.length}. Do not think long.`, "step"), image], options, "digits");
    const typed = new Promise((resolve) => {
      const entries = PLATE_DIGITS.map((digit) => [digit, () => resolve(digit)]);
      keys(Object.fromEntries([...entries, ["n", () => resolve("")]]), ending.signal);
    });
    read.push(await Promise.race([asked, typed]));
    ending.abort();
  }
  return read;
}
