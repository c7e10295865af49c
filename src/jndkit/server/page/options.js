// What is wanted: codec, viewers, display, how people look; and the link that restores it.

import { MEASURED, Measurement } from "./display.js";
import { element } from "./controls.js";

const NAMES = ["codec", "beside", "viewers", "viewing", "protocol"];

export class Options {
  #fields = Object.fromEntries(NAMES.map((name) => [name, document.getElementById(name)]));
  #measurement;
  #ppd = null; // of a link, until something is measured
  #changed;
  #timer = null;
  #asked = ""; // what was wanted when it was told last

  /** changed: called when something else is wanted, not with every step of a slider. */
  constructor(changed) {
    this.#changed = changed;
    this.#measurement = new Measurement(document.getElementById("measurement"), (ppd) => {
      this.#ppd = ppd;
      this.#soon();
    });
    this.#fields.viewers.addEventListener("input", () => this.#say());
    document.getElementById("options").addEventListener("submit", (event) => event.preventDefault());
    for (const input of Object.values(this.#fields)) {
      input.addEventListener("change", () => {
        if (input === this.#fields.viewing) this.#ppd = this.#measurement.ppd;
        this.#say();
        this.#soon();
      });
    }
    this.restore();
    this.settle();
  }

  /** What stands there now is what is asked for: nothing of before has to be done again. */
  settle() {
    clearTimeout(this.#timer);
    this.#asked = this.#now;
  }

  /** Another address of this page was gone to; the example that it names, or null. */
  revisit() {
    const named = this.restore();
    this.#soon();
    return named;
  }

  /** The codecs that can be used here: [[name, summary]]. */
  offer(codecs) {
    const { codec, beside } = this.#fields;
    const chosen = [codec.value, beside.value];
    const options = () => codecs.map(([name, title]) => element("option", { value: name, textContent: name, title }));
    codec.replaceChildren(...options());
    beside.replaceChildren(element("option", { value: "", textContent: "nothing" }), ...options());
    this.#set(codec, chosen[0]);
    this.#set(beside, chosen[1]);
  }

  get codec() {
    return this.#fields.codec.value;
  }

  /** The second codec, or null. */
  get beside() {
    const { value } = this.#fields.beside;
    return value === "" || value === this.codec ? null : value;
  }

  /** For whom and on what, as the service takes it; null where a display was measured that cannot be. */
  get wanted() {
    const { viewers, viewing, protocol } = this.#fields;
    const shown = viewing.value === MEASURED ? this.#ppd : viewing.value;
    return shown === null ? null : { viewers: viewers.value, viewing: String(shown), protocol: protocol.value };
  }

  /** The address that restores all of this. example: the name of one, to begin with. */
  link(example) {
    const { viewers, viewing, protocol } = this.wanted ?? { viewing: "desktop" };
    const said = new URLSearchParams({ codec: this.codec, viewers, viewing, protocol });
    if (this.beside) said.set("beside", this.beside);
    if (example) said.set("example", example);
    return `${document.baseURI.split("#")[0]}#${said}`;
  }

  /** What the address says; the example that it names, or null. */
  restore() {
    const said = new URLSearchParams(location.hash.slice(1));
    for (const name of NAMES) {
      if (!said.has(name)) continue;
      const value = said.get(name);
      const number = Number(value);
      if (name === "viewing" && value !== "4k" && number >= 5 && number <= 300) {
        this.#ppd = number;
        this.#fields.viewing.value = MEASURED;
      } else {
        this.#set(this.#fields[name], value);
      }
    }
    this.#say();
    return said.get("example");
  }

  /** A value that a select does not offer is kept until it is known what there is. */
  #set(field, value) {
    if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === value)) {
      if (field !== this.#fields.codec && field !== this.#fields.beside) return;
      if (!/^[\w:,.-]{1,60}$/.test(value)) return;
      field.append(element("option", { value, textContent: value }));
    }
    field.value = value;
  }

  #say() {
    const { viewers, viewing } = this.#fields;
    document.getElementById("viewers-said").textContent = `${viewers.value}\u00a0%`;
    viewers.ariaValueText = `${viewers.value} % of viewers`;
    document.getElementById("measure").hidden = viewing.value !== MEASURED;
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#now === this.#asked) return; // such as where the window alone has another size
      this.settle();
      this.#changed();
    }, 300);
  }

  get #now() {
    return JSON.stringify([this.codec, this.beside, this.wanted]);
  }
}
