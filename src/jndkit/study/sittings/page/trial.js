// What trials of all methods share: the stage, the controls below it, the time that is kept, and what breaks a trial off.

import { element } from "./controls.js";
import { Frames } from "./clock.js";
import { Stage } from "./pictures.js";
import { keyed, keys, showTrial } from "./screens.js";

/** Why a trial was broken off: it is shown again, from its beginning. */
export class Interrupted extends Error {}

const LEAST = 50; // milliseconds between the first frame and an answer: what comes earlier was pressed before

/** One trial on the screen. Methods put pictures on `stage` and controls below, and call `answer`. */
export class Showing {
  #ending = new AbortController();
  #frames = null;
  #resolve;
  #reject;
  revisions = 0;

  #id;

  /** study: as of `Stage`.  question: what is asked; `Keys` are written so. */
  constructor(trial, study, question) {
    this.#id = trial.id;
    this.stage = new Stage(study, trial.width, trial.height);
    this.question = keyed(question, "question");
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const gone = () => document.hidden && this.#break("you were looking at another page");
    const moved = () => this.stage.holds || this.#break("the page was zoomed");
    document.addEventListener("visibilitychange", gone, { signal: this.signal });
    window.addEventListener("resize", moved, { signal: this.signal });
    window.visualViewport?.addEventListener("resize", moved, { signal: this.signal });
  }

  get signal() {
    return this.#ending.signal;
  }

  /** Show it. rows: of controls, each a list of elements.  map: of keys.  draw: called at each frame. */
  begin(rows, map, draw) {
    const lines = rows.map((row) => element("div", { className: "answers" }, ...row));
    const controls = element("div", { className: "controls" }, this.question, ...lines);
    controls.dataset.trial = this.#id;
    showTrial(this.stage.root, controls);
    keys(map, this.signal);
    this.#frames = new Frames((elapsed) => {
      if (elapsed === 0) controls.dataset.shown = "";
      draw?.(elapsed);
    });
  }

  /** response: a place, or null for not sure.  event: that told it. */
  answer(response, event) {
    const began = this.#frames?.began ?? null;
    const time = event?.timeStamp || performance.now();
    if (began === null || time - began < LEAST) return;
    this.#end();
    const seconds = Math.round(time - began) / 1000;
    this.#resolve({ response, seconds, revisions: this.revisions, frames: this.#frames.kept });
  }

  #break(why) {
    this.#end();
    this.#reject(new Interrupted(why));
  }

  #end() {
    this.#ending.abort();
    this.#frames?.stop();
  }
}

/**
 * Which of two pictures is to be seen, 0 or 1, asked at every frame with its milliseconds. rate: pictures a second.
 * Where frames come more slowly than that, each shows the other picture: by the clock alone, all of them might fall to
 * one of the two, and nothing would be seen to flicker.
 */
export function alternating(rate) {
  let [turns, shown] = [0, 0];
  return (elapsed) => {
    const now = Math.floor((elapsed * rate) / 1000);
    if (now > turns) shown = 1 - shown;
    turns = now;
    return shown;
  };
}
