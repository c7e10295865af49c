// Several pictures: two at a time are worked on, each row says how far it is and opens its look.

import { element } from "./controls.js";
import { saved, totals } from "./sentences.js";
import { reason } from "./service.js";
import { size } from "./words.js";

const AT_ONCE = 2; // requests in flight; how many are worked on the server decides
const STEPS = { waiting: "waits", sending: "is being sent", working: "is being encoded" };

export class Queue {
  photos = [];
  #lines = new Map(); // photo -> its row and cells
  #running = new Map(); // photo -> AbortController
  #work;
  #open;
  #ended;
  #removed;
  #frame = 0;

  /**
   * work: (photo, signal) -> promise, one picture done.  open: shows a picture.  ended: told of one that failed or was
   * cancelled.
   * removed: told of one that is gone, and of its neighbour, or null.
   */
  constructor({ work, open, ended, removed }) {
    this.#removed = removed;
    this.#work = work;
    this.#ended = ended;
    this.#open = open;
  }

  /** Whether other pictures wait for the server. */
  get busy() {
    return this.photos.some((photo) => photo.state === "waiting" || photo.state === "sending");
  }

  add(photos) {
    this.photos.push(...photos);
    const rows = document.createDocumentFragment();
    for (const photo of photos) rows.append(this.#line(photo));
    document.getElementById("queue-rows").append(rows);
    this.#next();
  }

  /** Something else is wanted: all are done again, `first` before the others. */
  again(first) {
    for (const control of this.#running.values()) control.abort();
    this.#running.clear();
    for (const photo of this.photos) {
      if (photo.state !== "cancelled" || photo === first) Object.assign(photo, { state: "waiting", row: null, error: null });
    }
    this.#next(first);
  }

  remove(photo) {
    this.#running.get(photo)?.abort();
    this.#running.delete(photo);
    const at = this.photos.indexOf(photo);
    this.photos.splice(at, 1);
    this.#removed(photo, this.photos[Math.min(at, this.photos.length - 1)] ?? null);
    this.#lines.get(photo).row.remove();
    this.#lines.delete(photo);
    this.#next();
  }

  cancel(photo) {
    photo.state = "cancelled";
    this.#running.get(photo)?.abort();
    this.#running.delete(photo);
    this.#ended(photo);
    this.#next();
  }

  /** One that failed, was cancelled, or whose answer is kept no more is done again, before the others. */
  retry(photo) {
    this.#running.get(photo)?.abort();
    this.#running.delete(photo);
    Object.assign(photo, { state: "waiting", row: null, error: null });
    this.#next(photo);
  }

  /** The page is left: nobody waits for anything any more. */
  leave() {
    for (const control of this.#running.values()) control.abort();
    this.#running.clear();
  }

  /** Show how things stand, with the next frame. */
  changed() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      for (const photo of this.photos) this.#fill(photo);
      document.getElementById("queue").hidden = this.photos.length < 2;
      const said = this.photos.length ? totals(this.photos) : "";
      const place = document.getElementById("totals");
      if (place.textContent !== said) place.textContent = said;
    });
  }

  #next(first) {
    const waiting = this.photos.filter((photo) => photo.state === "waiting");
    if (first && waiting.includes(first)) waiting.unshift(...waiting.splice(waiting.indexOf(first), 1));
    for (const photo of waiting.slice(0, Math.max(0, AT_ONCE - this.#running.size))) this.#run(photo);
    this.changed();
  }

  async #run(photo) {
    const control = new AbortController();
    this.#running.set(photo, control);
    photo.state = "sending";
    try {
      await this.#work(photo, control.signal);
      if (control.signal.aborted) return;
      photo.state = "done";
    } catch (error) {
      if (control.signal.aborted) return;
      photo.state = "failed";
      photo.error = error;
      this.#ended(photo);
    }
    this.#running.delete(photo);
    this.#next();
  }

  #line(photo) {
    const open = element("button", { type: "button", textContent: "Look", ariaLabel: `Look at ${photo.name}` });
    open.addEventListener("click", () => this.#open(photo));
    const stop = element("button", { type: "button", textContent: "Cancel", ariaLabel: `Cancel ${photo.name}` });
    stop.addEventListener("click", () => (stop.textContent === "Cancel" ? this.cancel(photo) : this.remove(photo)));
    const cells = ["state", "before", "after", "saved", "viewers"].map((name) => [
      name,
      element("td", { className: name === "state" ? "" : "number" }),
    ]);
    const name = element("th", { scope: "row", dir: "auto", textContent: photo.name });
    const actions = element("td", { className: "actions" }, open, stop);
    const row = element("tr", {}, name, ...cells.map(([, cell]) => cell), actions);
    this.#lines.set(photo, { row, open, stop, ...Object.fromEntries(cells), filled: "" });
    return row;
  }

  #fill(photo) {
    const line = this.#lines.get(photo);
    const { row, state, error, position } = photo;
    const place = state === "working" && position ? `waits for its turn, number ${position}` : STEPS[state];
    const less = row ? saved(row) : null;
    const texts = {
      state: place ?? (state === "failed" ? reason(error) : row && row.status !== "written" ? row.status : state),
      before: size(row?.input_bytes ?? photo.file.size),
      after: row && row.status === "written" ? size(row.bytes) : "",
      saved: row && row.status === "written" && less !== null ? `${less.toFixed(1)} %` : "",
      viewers: typeof row?.viewers === "number" ? `${Math.round(row.viewers)} %` : "",
    };
    const filled = JSON.stringify(texts);
    if (line.filled === filled) return;
    line.filled = filled;
    for (const [name, text] of Object.entries(texts)) line[name].textContent = text;
    line.state.className = state === "failed" ? "bad" : "";
    line.stop.textContent = place ? "Cancel" : "Remove";
    line.stop.ariaLabel = `${line.stop.textContent} ${photo.name}`;
  }
}
