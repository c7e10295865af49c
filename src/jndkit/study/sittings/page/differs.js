// Which of two differs from the original: a forced choice.

import { button } from "./screens.js";
import { Showing } from "./trial.js";

/** The pictures of a trial, in the order that `run` takes them. */
export const paths = (trial) => [trial.places[0], trial.original, trial.places[1]];

export function run(trial, bitmaps, study) {
  return study.arrangement === "single" ? inTurn(trial, bitmaps, study) : atOnce(trial, bitmaps, study);
}

/** All at once: the original in the middle, or above the two. */
function atOnce(trial, bitmaps, study) {
  const where = study.arrangement === "row" ? "in the middle" : "above";
  const showing = new Showing(trial, study, `Which one differs from the original ${where}? If you cannot tell, guess.`);
  ["Left", "Original", "Right"].forEach((name, place) => showing.stage.layers(place, [bitmaps[place]], name).show(0));
  const [left, right] = [0, 1].map((place) => (event) => showing.answer(place, event));
  const row = [button("Left", left, { key: "←" }), button("Right", right, { key: "→" })];
  showing.begin([row], { ArrowLeft: left, ArrowRight: right, 1: left, 2: right });
  return showing.answered;
}

/** One after another in one place, as often as the viewer likes. */
function inTurn(trial, bitmaps, study) {
  const text = "Go back and forth between all three. Which one differs from the original, A or B? If you cannot tell, guess.";
  const showing = new Showing(trial, study, text);
  const { show } = showing.stage.layers(0, bitmaps, "The picture");
  const seen = new Set();
  let shown = null;
  const turn = (index) => {
    if (shown !== null && shown !== index) showing.revisions += 1;
    shown = index;
    seen.add(index);
    show(index);
    looks.forEach((look, other) => (look.ariaPressed = String(other === index)));
    answers.forEach((answer) => (answer.disabled = seen.size < 3));
  };
  const look = (index) => () => turn(index);
  const looks = [
    button("Look at A", look(0), { key: "←" }),
    button("Original", look(1), { key: "↑" }),
    button("Look at B", look(2), { key: "→" }),
  ];
  const choose = (place) => (event) => {
    if (seen.size === 3) showing.answer(place, event);
  };
  const answers = [
    button("A differs", choose(0), { go: true, key: "1" }),
    button("B differs", choose(1), { go: true, key: "2" }),
  ];
  turn(1);
  const map = { ArrowLeft: look(0), ArrowUp: look(1), ArrowDown: look(1), ArrowRight: look(2), 1: choose(0), 2: choose(1) };
  showing.begin([looks, answers], { ...map, a: look(0), o: look(1), b: look(2) });
  return showing.answered;
}
