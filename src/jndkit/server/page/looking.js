// The look of one picture and of whichever version of it was asked for last, with its overlays.

import { choice, select } from "./controls.js";
import { Look } from "./look.js";
import { setting } from "./sentences.js";

const REST = 60; // milliseconds at one setting before it is made: whoever drags on wants another
const MOST = 0.25; // of the picture, that a frame goes around
const SEEN = "seen"; // the observer's map of where the difference is seen

const seenOf = (version) => `versions/${encodeURIComponent(version.name)}/where`;

export class Looking {
  #place = document.getElementById("look");
  #choices = document.getElementById("look-choices");
  #models = [];
  #photo = null;
  #look = null;
  #version = null;
  #wanted = null;
  #overlay = "";
  #asking = new AbortController(); // for the version
  #laying = new AbortController(); // for the overlay
  #trouble;

  /** trouble: told what went wrong, or null. */
  constructor(trouble) {
    this.#trouble = trouble;
  }

  /** The JND models there are: [[name, title]]. */
  offer(models) {
    this.#models = models;
  }

  get version() {
    return this.#version;
  }

  /** Another picture, or the same for another display. codecs: [[codec, text]] to choose among; pick: is told which. */
  open(photo, wanted, codecs, chosen, pick) {
    if (photo !== this.#photo) this.close();
    this.#photo = photo;
    this.#wanted = wanted;
    const parts = [];
    if (codecs.length > 1) parts.push(choice("looked-at", "Codec looked at", codecs, chosen, pick).set);
    const over = select("Over the picture", [["", "nothing"], [SEEN, "where the difference is seen"],
      ...this.#models.map(([name]) => [name, `JND map of ${name}`])], this.#overlay);
    over.input.id = "overlay";
    over.input.addEventListener("change", () => {
      this.#overlay = over.input.value;
      this.#lay();
    });
    this.#choices.replaceChildren(...parts, over.label);
  }

  /** Show no picture, but say why. */
  close(said = "The pictures are on their way.") {
    this.#asking.abort();
    this.#laying.abort();
    this.#look?.destroy();
    this.#look = null;
    this.#version = null;
    this.#place.textContent = said;
  }

  /** Show the version at one setting; one that was asked for before is forgotten. Resolves to it, or to null. */
  async show(codec, value) {
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    const photo = this.#photo;
    if (!photo.has(codec, value, this.#wanted)) {
      this.#look?.wait(`${setting(codec, value)} is being made.`);
      await new Promise((resolve) => setTimeout(resolve, REST));
      if (signal.aborted) return null;
    }
    try {
      const version = await photo.version(codec, value, this.#wanted, signal);
      const [original, coded] = await Promise.all([photo.pixels(null), photo.pixels(version)]);
      if (signal.aborted) return null;
      this.#version = version;
      this.#put(original, coded, version);
      this.#trouble(null);
      this.#lay();
      this.#frame(version, signal);
      return version;
    } catch (error) {
      if (!signal.aborted) this.#trouble(error);
      return null;
    } finally {
      if (!signal.aborted) this.#look?.wait(null);
    }
  }

  #put(original, coded, version) {
    const { codec, value, where = null, jnd } = version;
    const name = setting(codec, value);
    const read = typeof jnd === "number" ? ` (${jnd.toFixed(2)} JND)` : "";
    if (this.#look === null) {
      this.#look = new Look(this.#place, {
        ...{ original, coded, labels: ["Original", `${name}${read}`], where, keys: document },
        transparent: this.#photo.about.transparent,
      });
      return;
    }
    this.#look.setCoded(coded, `${name}${read}`);
    this.#look.setWhere(where);
  }

  /** A frame around most of the picture would show nothing: then it goes around the spot where the most is seen. */
  async #frame(version, signal) {
    const { width, height } = this.#photo.about;
    const { viewers, ...looked } = this.#wanted;
    if (version.where && version.where[2] * version.where[3] <= MOST * width * height) return;
    try {
      const { worst } = await this.#photo.overlay(seenOf(version), looked, signal);
      if (!signal.aborted) this.#look.setWhere(worst ?? version.where);
    } catch {
      // An observer may draw no map; the window that decided stays framed.
    }
  }

  /** The overlay that is chosen, of this version or of the original. */
  async #lay() {
    this.#laying.abort();
    const { signal } = (this.#laying = new AbortController());
    if (this.#overlay === "" || this.#look === null) return this.#look?.setOverlay(null);
    const look = this.#look;
    const path = this.#overlay === SEEN ? seenOf(this.#version) : `map/${encodeURIComponent(this.#overlay)}`;
    const { viewers, ...looked } = this.#wanted;
    try {
      const overlay = await this.#photo.overlay(path, this.#overlay === SEEN ? looked : {}, signal);
      if (!signal.aborted) look.setOverlay(overlay);
    } catch (error) {
      if (signal.aborted) return;
      look.setOverlay(null);
      this.#trouble(error);
    }
  }
}
