// Which of two differs more from the original, or neither: plain, with the original to switch to; or boosted, each
// alternating with the original for some seconds.

import { button } from "./screens.js";
import { alternating, Showing } from "./trial.js";

export const paths = (trial) => [trial.places[0], trial.original, trial.places[1]];

export function run(trial, bitmaps, study) {
  return trial.boosted ? boosted(trial, bitmaps, study) : plain(trial, bitmaps, study);
}

function plain(trial, [left, original, right], study) {
  const text = "Which one differs more from the original? `Space`, or the button below, shows the original in both places.";
  const showing = new Showing(trial, study, text);
  const places = [showing.stage.layers(0, [left, original], "Left"), showing.stage.layers(1, [right, original], "Right")];
  let shown = 0;
  const flip = () => {
    shown = 1 - shown;
    showing.revisions += 1;
    places.forEach(({ show }) => show(shown));
    toggle.ariaPressed = String(shown === 1);
  };
  const toggle = button("Show the original", flip, { key: "Space" });
  toggle.ariaPressed = "false";
  places.forEach(({ show }) => show(0));
  choices(showing, [[toggle]], { " ": flip, ArrowUp: flip });
  return showing.answered;
}

function boosted(trial, [left, original, right], study) {
  const text = "Each alternates with the original. Which one flickers more?";
  const showing = new Showing(trial, study, text);
  const places = [showing.stage.layers(0, [original, left], "Left"), showing.stage.layers(1, [original, right], "Right")];
  const turn = alternating(study.flicker);
  const draw = (elapsed) => {
    const over = study.seconds > 0 && elapsed >= 1000 * study.seconds;
    const layer = over ? null : turn(elapsed);
    places.forEach(({ show }) => show(layer));
  };
  choices(showing, [], {}, draw);
  return showing.answered;
}

function choices(showing, rows, map, draw) {
  const choose = (response) => (event) => showing.answer(response, event);
  const row = [
    button("Left", choose(0), { go: true, key: "←" }),
    button("Not sure", choose(null), { key: "↓" }),
    button("Right", choose(1), { go: true, key: "→" }),
  ];
  showing.begin([...rows, row], { ...map, ArrowLeft: choose(0), ArrowDown: choose(null), ArrowRight: choose(1) }, draw);
}
