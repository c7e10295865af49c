// A slider over coded versions, each alternating with the original: where the flicker begins to be seen.

import { element } from "./controls.js";
import { paint } from "./pictures.js";
import { button } from "./screens.js";
import { alternating, Showing } from "./trial.js";

export const paths = (trial) => [trial.original, ...new Set(trial.places)];

export function run(trial, bitmaps, study) {
  const [original, ...rest] = bitmaps;
  const versions = new Map([...new Set(trial.places)].map((path, index) => [path, rest[index]]));
  const text = "Move the slider to where you just begin to see the picture flicker, anywhere in it.";
  const showing = new Showing(trial, study, text);
  const { canvases, show } = showing.stage.layers(0, [original, original], "The picture");
  const last = trial.places.length - 1;
  const slider = element("input", { type: "range", min: "0", max: String(last), step: "1", value: String(trial.start), id: "slider" });
  const label = element("label", {}, element("span", { className: "unseen", textContent: "Version" }), slider);
  let [position, direction] = [trial.start, 0];
  const put = () => paint(canvases[1], versions.get(trial.places[position]));
  const move = (next) => {
    if (next === position) return;
    const way = Math.sign(next - position);
    if (direction !== 0 && way !== direction) showing.revisions += 1;
    [position, direction] = [next, way];
    put();
    here.disabled = false;
  };
  slider.addEventListener("input", () => move(Number(slider.value)));
  const step = (by) => () => {
    slider.value = String(Math.min(last, Math.max(0, position + by)));
    move(Number(slider.value));
  };
  const choose = (event) => direction !== 0 && showing.answer(position, event);
  const none = (event) => showing.answer(null, event);
  const here = button("It begins here", choose, { go: true, key: "Enter" });
  here.disabled = true; // until the slider was moved: where it starts says nothing
  const nowhere = button("It flickers nowhere", none, { key: "N" });
  const steps = [button("−", step(-1)), button("+", step(1))];
  steps[0].ariaLabel = "One to the left";
  steps[1].ariaLabel = "One to the right";
  put();
  const turn = alternating(study.flicker);
  const draw = (elapsed) => show(turn(elapsed));
  const map = { Enter: choose, n: none, N: none, ArrowLeft: step(-1), ArrowRight: step(1) };
  showing.begin([[steps[0], label, steps[1]], [here, nowhere]], map, draw);
  slider.focus({ preventScroll: true });
  return showing.answered;
}
