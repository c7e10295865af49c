// The answer for one picture, of one codec or two beside each other, with its evidence and what can be taken along.

import { element } from "./controls.js";
import { evidence, headline, setting } from "./sentences.js";
import { passes, reason } from "./service.js";
import { size } from "./words.js";

const ADVICE = /; --damaged keep.*$/; // for who types commands

/**
 * The card of one codec. said: {row} or {error} or {working}, a job, or {cancelled}.  look: shows this one.
 * again: has it done again, with whatever of the photo is to be another.  suffixes: of codecs.
 */
export function card(photo, codec, said, { look, again, suffixes }) {
  const title = element("h3", { textContent: said.row ? setting(said.row.codec, said.row.knob?.value, said.row.knob?.name) : codec });
  if (said.cancelled || said.error) return element("article", {}, title, ...unanswered(said, again));
  if (!said.row) return element("article", { ariaBusy: "true" }, title, element("p", { textContent: progress(said.working) }));
  const { row } = said;
  const points = evidence(row).map(({ text, tone }) => element("li", { textContent: text, className: tone ?? "" }));
  const actions = element("p", { className: "actions" });
  if (said.version) {
    const name = `${photo.name.replace(/\.[^.]*$/, "")}${suffixes.get(row.codec.split(":")[0]) ?? ""}`;
    const href = photo.address(said.version, "file");
    actions.append(element("a", { href, download: name, textContent: `Download ${name}`, className: "button" }));
  }
  const json = element("button", { type: "button", textContent: "Download the row (JSON)" });
  json.addEventListener("click", () => download(`${JSON.stringify(row)}\n`, `${photo.name}.${codec.split(":")[0]}.json`));
  actions.append(json);
  if (look) {
    const shown = element("button", { type: "button", textContent: "Look at this one" });
    shown.addEventListener("click", look);
    actions.append(shown);
  }
  return element("article", {}, title, element("p", { className: "headline", textContent: headline(row) }), element("ul", {}, ...points), actions);
}

function unanswered({ error }, again) {
  const text = error ? reason(error).replace(ADVICE, "") : "Cancelled.";
  const parts = [element("p", { className: error ? "bad" : "", textContent: text })];
  const offer = (name, changes) => {
    const button = element("button", { type: "button", textContent: name });
    button.addEventListener("click", () => again(changes));
    parts.push(element("p", { className: "actions" }, button));
  };
  if (error?.title === "DamagedError") offer("Take what there is of it", { damaged: "keep" });
  else if (!error || passes(error)) offer("Try again", {});
  return parts;
}

function progress(job) {
  if (!job) return "The picture is being sent.";
  if (job.state === "waiting") return `Waits for its turn${job.position ? `, number ${job.position}` : ""}.`;
  const seconds = `${Math.round(job.seconds ?? 0)} s so far`;
  const probes = job.probes ?? [];
  const last = probes.at(-1);
  if (!last) return `Encoding and reading, ${seconds}.`;
  const made = `${probes.length} encode${probes.length === 1 ? "" : "s"}`;
  return `${made}, ${seconds}. The last: ${last.codec}, ${last.value}, ${size(last.bytes)}, reads ${last.jnd.toFixed(2)} JND.`;
}

/** Text as a file of the reader's own. */
export function download(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The table of all encodes. look: (codec, value) shows one. */
export function probes(rows, look) {
  const lines = rows.flatMap((row) => row.probes.map((probe) => {
    const chosen = row.codec === probe.codec && row.knob?.value === probe.value;
    const named = setting(probe.codec, probe.value);
    const button = element("button", { type: "button", textContent: "Look", ariaLabel: `Look at ${named}` });
    button.addEventListener("click", () => look(probe.codec, probe.value));
    const cells = [named === probe.codec ? "" : String(probe.value), probe.bytes.toLocaleString("en-GB"), probe.jnd.toFixed(3)];
    return element("tr", {},
      element("th", { scope: "row", textContent: probe.codec + (chosen ? " (chosen)" : "") }),
      ...cells.map((text) => element("td", { className: "number", textContent: text })),
      element("td", {}, button));
  }));
  document.getElementById("probes").replaceChildren(...lines);
}
