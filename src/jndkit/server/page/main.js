// The page of `jnd serve`: pictures come in, are answered, and are looked at.

import { card, download, probes } from "./answers.js";
import { Curve } from "./curve.js";
import { example, takeIn } from "./intake.js";
import { Looking } from "./looking.js";
import { Options } from "./options.js";
import { Photo, forget } from "./photo.js";
import { Queue } from "./queue.js";
import { headline } from "./sentences.js";
import { Problem, Unreachable, ask, askJson, posted, reason, returned } from "./service.js";

const WAITING = {};
const CANCELLED = { cancelled: true };
const AHEAD = [25, 50, 90, 97]; // per cent of viewers: settings whose files are made before they are asked for
const place = (id) => document.getElementById(id);

let shown = null; // the picture that is looked at
let looked = null; // the codec of it
let started = null; // name of the example it is, if it is one
let suffixes = new Map(); // codec -> how its files end
let cards = []; // what is shown of its answers
let away = false; // whether the server was not there when it was asked last
let bringing = new AbortController(); // for what belongs to the picture and is asked one by one

const looking = new Looking(complain);
const curve = new Curve(place("curve"), { chosen: follow });
const queue = new Queue({ work, open, ended, removed });
const options = new Options(() => {
  place("link").href = options.link(started);
  if (options.wanted === null) return;
  anew();
});

begin();

async function begin() {
  takeIn(given);
  for (const button of document.querySelectorAll("[data-example]")) {
    button.addEventListener("click", () => bring(button.dataset.example));
  }
  place("copy-link").addEventListener("click", async () => {
    await navigator.clipboard?.writeText(place("link").href).catch(() => undefined);
    history.replaceState(null, "", place("link").href);
    place("copied").textContent = "The link is copied, and stands in the address of this page.";
  });
  place("all-rows").addEventListener("click", () => {
    const rows = queue.photos.map((photo) => photo.row).filter(Boolean);
    download(rows.map((row) => `${JSON.stringify(row)}\n`).join(""), "rows.jsonl");
  });
  place("token").addEventListener("submit", admit);
  window.addEventListener("hashchange", () => {
    const named = options.revisit();
    if (named && queue.photos.length === 0) bring(named);
  });
  window.addEventListener("pagehide", () => {
    queue.leave();
    bringing.abort();
    forget(queue.photos);
  });
  window.addEventListener("pageshow", (event) => event.persisted && lost());
  await learn();
  const named = options.restore();
  options.settle();
  if (named) await bring(named);
}

/** All is asked for again. */
function anew() {
  for (const photo of queue.photos) photo.answers.clear();
  if (shown) answer();
  queue.again(shown);
}

/** The server has no picture of ours any more. */
function lost() {
  for (const photo of queue.photos) photo.lost();
  anew();
}

/** What there is here, and whether we may ask for it. */
async function learn() {
  try {
    const there = await askJson("v1/models");
    const codecs = there.codecs.filter(({ spec }) => spec !== null); // those that are installed
    options.offer([...codecs.map(({ name, summary }) => [name, summary]), ["auto", "whichever makes the smallest file"]]);
    suffixes = new Map(codecs.map(({ name, suffix }) => [name, suffix]));
    looking.offer(there.models.map(({ name, summary }) => [name, summary]));
    const { version } = await askJson("v1/health");
    place("version").textContent = `jndkit ${version}.`;
  } catch (error) {
    complain(error);
  }
}

async function admit(event) {
  event.preventDefault();
  try {
    await ask("v1/session", posted({ token: place("token-text").value }));
    place("token").hidden = true;
    complain(null);
    await learn();
  } catch (error) {
    complain(error);
  }
}

/** Say what went wrong; null when nothing is wrong any more. */
function complain(error) {
  if (error instanceof Problem && error.status === 401) place("token").hidden = false;
  if (error instanceof Unreachable) recover();
  if (error instanceof Problem && error.title === "NotFoundError" && shown?.row) return again(shown); // many came since
  place("trouble").textContent = reason(error);
  place("trouble").hidden = error === null;
}

/** Once the server is there again, so is what it was asked for; all of it, where it is another server. */
async function recover() {
  if (away) return;
  away = true;
  await returned();
  away = false;
  complain(null);
  await learn();
  const sent = queue.photos.find(({ about }) => about);
  const known = sent ? await askJson(`v1/pictures/${sent.about.id}`).catch(() => null) : null;
  if (sent && known === null) return lost();
  for (const photo of queue.photos.filter(({ error }) => error instanceof Unreachable)) queue.retry(photo);
}

async function bring(name) {
  try {
    given([await example(name)]);
    started = name;
    place("link").href = options.link(started);
  } catch (error) {
    complain(error);
  }
}

function given(files) {
  if (files.length === 0) return;
  started = null;
  if (queue.photos.length === 0) options.settle();
  const photos = files.map(([file, name]) => new Photo(file, name));
  queue.add(photos);
  open(photos[0]);
}

// --- one picture

/** All of a picture's answers, the first codec's first. */
async function work(photo, signal) {
  photo.state = "sending";
  await photo.sent(signal);
  photo.state = "working";
  queue.changed();
  const codecs = [options.codec, options.beside].filter(Boolean);
  for (const codec of codecs) {
    const told = (job) => {
      photo.position = job.state === "waiting" ? job.position : null;
      photo.answers.set(codec, { working: job });
      queue.changed();
      if (photo === shown) answer();
    };
    try {
      const { version, ...row } = await photo.encode(codec, options.wanted, { signal, told });
      photo.answers.set(codec, { row, version });
      if (version) photo.answered(row, version, options.wanted);
      if (codec === codecs[0]) photo.row = row;
    } catch (error) {
      if (signal.aborted) throw error;
      photo.answers.set(codec, { error });
      if (photo === shown) answer();
      if (codec === codecs[0]) photo.error = error;
      continue;
    }
    queue.changed();
    if (photo !== shown) continue;
    answer();
    if (looked === null || codec === looked) look(codec);
    else offer();
  }
  if (photo.error) throw photo.error;
}

/** It is not being answered any more. */
function ended(photo) {
  if (photo.error instanceof Unreachable) complain(photo.error);
  if (photo === shown) answer();
}

/** Have a picture done again. changes: of it. */
function again(photo, changes = {}) {
  Object.assign(photo, changes);
  photo.lost();
  queue.retry(photo);
  answer();
}

/** It is gone from the queue: so are its look, and what the server keeps of it. */
function removed(photo, next) {
  forget([photo]);
  if (photo !== shown) return;
  bringing.abort();
  looking.close();
  if (next) return open(next);
  shown = null;
  for (const id of ["answers", "looking", "curving"]) place(id).hidden = true;
}

/** Show a picture; what of it is there is shown at once. */
function open(photo) {
  shown = photo;
  looked = null;
  place("link").href = options.link(started);
  answer();
  const codec = [...photo.answers.keys()].find((name) => photo.answers.get(name).row);
  if (codec) look(codec);
  for (const id of ["looking", "curving"]) place(id).hidden = !codec;
  place("answers-title").focus({ preventScroll: queue.photos.length < 2 });
}

function answer() {
  place("answers").hidden = false;
  place("answers-title").textContent = `The answer for ${shown.name}`;
  const codecs = [options.codec, options.beside].filter(Boolean);
  const made = codecs.map((codec) => {
    const said = failedBefore() ?? shown.answers.get(codec) ?? WAITING;
    const same = (other) => other === said || (said.error && other.error === said.error);
    const before = cards.find((each) => each.photo === shown && each.codec === codec && same(each.said));
    if (before) return before; // or its buttons would lose the focus
    if (said.row) place("said").textContent = `${codec}: ${headline(said.row)}`;
    const shows = said.row && codecs.length > 1 ? () => look(codec) : null;
    const photo = shown;
    const repeat = (changes) => again(photo, changes);
    return { photo, codec, said, element: card(photo, codec, said, { look: shows, again: repeat, suffixes }) };
  });
  if (made.length === cards.length && made.every((each, index) => each === cards[index])) return;
  cards = made;
  place("answer-cards").replaceChildren(...made.map((each) => each.element));
}

/** Where it could not even be sent, or was not to be. */
function failedBefore() {
  if (shown.state === "cancelled" && !shown.row) return CANCELLED;
  return shown.state === "failed" && shown.about === null ? { error: shown.error } : null;
}

/** The look, the curve and the table, of one codec's answer. */
async function look(codec) {
  const photo = shown;
  const { row, version } = photo.answers.get(codec);
  const value = row.knob?.value ?? null;
  looked = codec;
  bringing.abort();
  const { signal } = (bringing = new AbortController());
  place("looking").hidden = false;
  offer();
  place("curving").hidden = false;
  uncurved("The curve is on its way.");
  if (version || value !== null) await follow(value, row.codec);
  else looking.close("There is no other file to look at.");
  try {
    const found = await photo.curve(row.codec, options.wanted, signal);
    if (signal.aborted) return;
    draw(found, row);
    if (found.points && !queue.busy) await ahead(photo, found.points, row.codec, signal);
    if (!signal.aborted) place("curve").dataset.ahead = "made"; // for who waits until nothing more will change
  } catch (error) {
    if (!signal.aborted) complain(error);
  }
}

/** What there is to look at: the codecs that have answered, and every encode that was tried. */
function offer() {
  const there = [...shown.answers].filter(([, said]) => said.row);
  looking.open(shown, options.wanted, there.map(([name]) => [name, name]), looked, look);
  probes(there.map(([, said]) => said.row), (spec, value) => follow(value, spec));
}

/** No curve, least of all that of another picture. said: why. */
function uncurved(said) {
  place("curve").dataset.ahead = "";
  place("curve").hidden = place("curve-help").hidden = true;
  place("curve-note").textContent = said;
}

function draw(found, row) {
  if (found.points === null) return uncurved("There is no curve: this codec has but one setting.");
  place("curve").hidden = place("curve-help").hidden = false;
  place("curve-note").textContent = "";
  const made = found.points.filter(({ bytes }) => bytes !== null).map(({ value, bytes }) => [value, bytes]);
  const bytes = new Map([...made, ...row.probes.filter((probe) => probe.codec === row.codec).map((probe) => [probe.value, probe.bytes])]);
  const points = found.points.map(({ value, viewers, low, high }) => [value, viewers, low, high]);
  const name = found.knob?.name ?? row.knob.name;
  curve.show({ name, points, target: row.target?.viewers, today: row.knob.value, bytes });
}

/** The look of another setting. */
async function follow(value, spec = shown.answers.get(looked).row.codec) {
  const photo = shown;
  const version = await looking.show(spec, value);
  if (version && spec === photo.answers.get(looked)?.row?.codec) curve.made(version.value, version.bytes);
}

/** Make some settings along the curve, so that it has sizes and whoever drags need not wait. */
async function ahead(photo, points, codec, signal) {
  const values = AHEAD.map((share) => points.find(({ viewers }) => viewers >= share)?.value);
  for (const value of new Set(values)) {
    if (value === undefined) continue;
    const version = await photo.version(codec, value, options.wanted, signal);
    if (signal.aborted) return;
    curve.made(version.value, version.bytes);
    await photo.pixels(version);
  }
}
