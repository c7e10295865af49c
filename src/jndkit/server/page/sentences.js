// A row in plain words: what was decided, and how far to trust it.

import { size } from "./words.js";

const per = (share) => `${Math.round(share)}\u00a0%`;

const LOSSLESS = /^png\b|:(.*,)?(lossless|jpeg)(,|$)/; // codecs that have but one setting

/** "jpeg:420, quality 86". name: of the knob, where it is to be said. */
export function setting(codec, value, name = "") {
  if (value === null || value === undefined) return codec ?? "";
  return LOSSLESS.test(codec) ? codec : `${codec}, ${name ? `${name} ` : ""}${value}`;
}

/** How many per cent of the input are saved; null where nothing is known of it. */
export function saved(row) {
  return row.bytes && row.input_bytes ? 100 * (1 - row.bytes / row.input_bytes) : null;
}

/** The answer in one sentence. */
export function headline(row) {
  if (row.status === "failed" || row.error) return row.error?.message ?? "It could not be done.";
  const less = saved(row);
  if (row.status === "kept" || row.status === "skipped") return `Keep the file as it is: ${row.notes.at(-1) ?? row.status}.`;
  const change = less === null ? "" : less >= 0 ? `, ${less.toFixed(1)} % smaller` : `, ${(-less).toFixed(1)} % larger`;
  const before = row.input_bytes ? ` instead of ${size(row.input_bytes)}` : "";
  return `${size(row.bytes)}${before}${change}.`;
}

/** The evidence: [{text, tone}], tone "good", "bad" or nothing. */
export function evidence(row) {
  if (row.status === "failed" || row.error) return [];
  return [...viewers(row), ...readings(row), ...conditions(row)];
}

function viewers(row) {
  const said = [];
  if (LOSSLESS.test(row.codec) && row.jnd === 0) {
    said.push({ text: "Coded without loss: it decodes to the picture itself, in which nobody sees a difference." });
  } else if (typeof row.viewers === "number" && row.interval) {
    const [low, high] = row.interval;
    said.push({
      text: `${per(row.viewers)} of viewers are expected to see no difference. The observer errs, as people do: with `
        + `90 % certainty it is between ${per(low)} and ${per(high)}.`,
    });
  } else if (row.target) {
    said.push({ text: `Chosen so that ${per(row.target.viewers)} of viewers see no difference.` });
  }
  return said;
}

function readings(row) {
  const said = [];
  if (typeof row.jnd === "number") {
    const most = row.target ? `; up to ${row.target.jnd.toFixed(2)} was allowed for ${per(row.target.viewers)} of viewers` : "";
    said.push({ text: `The observer ${row.observer ?? ""} looked at this very file and reads ${row.jnd.toFixed(2)} JND${most}.` });
  }
  if (row.second) {
    const word = row.second.agrees ? "does not object, given how far it may err" : "objects: to it the difference is too visible";
    const text = `A second witness, ${row.second.observer}, reads ${row.second.jnd.toFixed(2)} JND and ${word}.`;
    said.push({ text, tone: row.second.agrees ? "good" : "bad" });
  }
  for (const member of row.panel ?? []) said.push({ text: `${member.observer} reads ${member.jnd.toFixed(2)} JND.` });
  return said;
}

function conditions(row) {
  const said = [];
  if (row.hdr_lost === true) {
    said.push({ text: "The original shows as HDR by a gain map, which this file lacks: it will look flatter there.", tone: "bad" });
  } else if (row.hdr_lost === false) {
    said.push({ text: "The gain map by which the original shows as HDR is in this file." });
  }
  if (row.prefilter) said.push({ text: `Smoothed within the map of ${row.prefilter.model} before it was coded.` });
  const ppd = row.ppd ? `${row.ppd.toFixed(1)} pixels per degree` : "";
  const display = /^[\d.]+(ppd)?$/.test(row.viewing ?? "") ? `at ${ppd}` : `for the display ${row.viewing} (${ppd})`;
  const tried = row.encodes ? `${row.encodes} encode${row.encodes === 1 ? "" : "s"}` : "nothing encoded";
  const took = typeof row.seconds === "number" ? ` in ${row.seconds.toFixed(1)} s` : "";
  if (row.viewing) said.push({ text: `Judged ${display}, protocol ${row.protocol}; ${tried}${took}.` });
  const last = row.status === "kept" || row.status === "skipped" ? row.notes.length - 1 : row.notes.length;
  for (const note of row.notes.slice(0, last)) said.push({ text: `Note: ${note}.` });
  return said;
}

/** "3 pictures: 2 done, 1 failed. 1.2 MB became 300 kB, 75.0 % less." */
export function totals(photos) {
  const states = {};
  for (const { state } of photos) states[state] = (states[state] ?? 0) + 1;
  const counted = Object.entries(states).map(([state, count]) => `${count} ${state}`).join(", ");
  const rows = photos.map((photo) => photo.row).filter((row) => row && row.status === "written" && row.bytes && row.input_bytes);
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const [before, after] = [sum("input_bytes"), sum("bytes")];
  const change = before ? ` ${size(before)} became ${size(after)}, ${(100 * (1 - after / before)).toFixed(1)} % less.` : "";
  return `${photos.length} picture${photos.length === 1 ? "" : "s"}: ${counted}.${change}`;
}
