// A sitting, from the first page to the last: information and consent, the display, training, trials, thanks.

import * as adjust from "./adjust.js";
import { checked, fingerprint, standing } from "./check.js";
import { element } from "./controls.js";
import * as differs from "./differs.js";
import { Album } from "./pictures.js";
import { actions, button, onward, paragraph, pausedWith, say, show } from "./screens.js";
import { asked, Problem } from "./service.js";
import { Interrupted } from "./trial.js";
import * as triplet from "./triplet.js";

const METHODS = { "2afc": differs, flicker: adjust, triplet };
const BLANK = 500; // milliseconds of grey before the pictures
const SLOW = 400; // milliseconds of loading that need no word

let study;
let kept; // name of what is kept in this browser
const album = new Album();

async function main() {
  await admitted();
  study = await asked("v1/study");
  kept = `jnd-study-${study.id}`;
  document.title = study.name;
  document.documentElement.style.setProperty("--top", `${study.layout.top}px`);
  let sitting = (await resumed()) ?? (await begun());
  while (!sitting.finished) {
    if (!sitting.checked || memory().screen !== fingerprint()) sitting = await display(sitting);
    else sitting = await trials(sitting);
  }
  finished(sitting);
}

// --- beginning and coming back

/** Where the server asks for a token: the one in the link that the viewer was sent, or one that is typed. */
async function admitted() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null) history.replaceState(null, "", location.pathname);
  for (let token = given ?? ""; ; ) {
    try {
      if (token) await asked("v1/session", { method: "POST", body: { token } });
      await asked("v1/study");
      return;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      token = await typed("This study asks for its token", "Token", token ? "That is not the token." : "");
    }
  }
}

function typed(title, text, trouble) {
  return new Promise((resolve) => {
    const input = element("input", { type: "text", autocomplete: "off", spellcheck: false, id: "typed" });
    const label = element("label", { htmlFor: "typed", textContent: `${text}: ` });
    const form = element("form", {}, element("p", {}, label, input), actions(element("button", { className: "go", textContent: "Go on" })));
    form.addEventListener("submit", (event) => (event.preventDefault(), resolve(input.value.trim())));
    show(title, ...(trouble ? [element("p", { className: "trouble", role: "alert", textContent: trouble })] : []), form);
  });
}

/** The sitting whose code the address has, or else this browser; null where there is none. */
async function resumed() {
  const code = location.hash.slice(1) || memory().code;
  if (!code) return null;
  try {
    const sitting = await asked(`v1/sittings/${encodeURIComponent(code)}`);
    remember({ code: sitting.code, ...(memory().code === sitting.code ? {} : { screen: null }) });
    history.replaceState(null, "", `#${sitting.code}`);
    if (!sitting.finished) {
      const text = `You have answered ${sitting.answered} of ${sitting.total} questions. Your code is ${sitting.code}.`;
      await onward("Welcome back", [paragraph(text)]);
    }
    return sitting;
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
    localStorage.removeItem(kept);
    history.replaceState(null, "", location.pathname);
    return null;
  }
}

async function begun() {
  await agreed();
  const sitting = await asked("v1/sittings", { method: "POST", body: { consent: true } });
  remember({ code: sitting.code });
  history.replaceState(null, "", `#${sitting.code}`);
  return sitting;
}

/** Resolves when the viewer agrees. */
function agreed() {
  return new Promise((resolve) => {
    const box = element("input", { type: "checkbox", id: "agree" });
    const label = element("label", { className: "check" }, box, element("span", { textContent: study.texts.consent }));
    const begin = button("I take part", () => resolve(), { go: true });
    begin.disabled = true;
    box.addEventListener("change", () => (begin.disabled = !box.checked));
    const facts = [
      ["Takes", `about ${study.minutes} minutes, with breaks`],
      ["Kept", "a random code, your answers with their times, and what the check of your display finds; no name, no address"],
    ];
    if (study.texts.contact) facts.push(["Questions to", study.texts.contact]);
    const list = element("dl", { className: "facts" });
    for (const [name, text] of facts) list.append(element("dt", { textContent: name }), element("dd", { textContent: text }));
    const parts = [element("div", { className: "texts" }, ...study.texts.information.split(/\n{2,}/).map((text) => paragraph(text))), list];
    if (study.flicker > 0) {
      const text = `Pictures flicker in this study, ${study.flicker} times a second. Do not take part if flickering light has ever made you unwell, or if you have epilepsy.`;
      parts.push(paragraph(text, "trouble"));
    }
    show(study.name, ...parts, label, actions(begin));
  });
}

const memory = () => JSON.parse(localStorage.getItem(kept) ?? "{}");
const remember = (more) => localStorage.setItem(kept, JSON.stringify({ ...memory(), ...more }));

// --- the display

async function display(sitting) {
  const found = await checked(study);
  const told = await asked(`v1/sittings/${sitting.code}/display`, { method: "PUT", body: found });
  if (told.refused.length === 0) {
    remember({ screen: fingerprint() });
    return told.sitting;
  }
  const list = element("ul", {}, ...told.refused.map((text) => element("li", { textContent: text })));
  await onward("This display will not do yet", [list, paragraph("Change what can be changed, or take another display, and go through the check once more. Thank you for the time you gave.")], "Check again");
  return sitting;
}

// --- trials

async function trials(sitting) {
  let trial = sitting.trial;
  if (trial !== null && (trial.training || sitting.answered === 0)) {
    await onward(trial.training ? "First, some practice" : "Ready?", study.instructions.map((text) => paragraph(text)), "Begin");
  }
  let training = trial?.training ?? false;
  while (trial !== null) {
    if (training && !trial.training) await onward("Practice is over", [paragraph(`From now on nobody tells you whether you are right. There are ${trial.total - trial.number + 1} questions, with breaks.`)], "Begin");
    else if (trial.rest) await rested(trial);
    training = trial.training;
    const answer = await answered(trial);
    const told = await asked(`v1/sittings/${sitting.code}/answers`, { method: "POST", body: { trial: trial.id, ...answer } });
    if (told.feedback) await onward(told.feedback.right ? "Correct" : "Not this time", [paragraph(told.feedback.text)], "Next");
    ({ trial } = told);
  }
  document.getElementById("progress").hidden = true;
  return asked(`v1/sittings/${sitting.code}`);
}

/** The viewer's answer to a trial, which begins again when it is broken off. */
async function answered(trial) {
  const method = METHODS[study.method];
  progress(trial);
  for (;;) {
    await fitting();
    const bitmaps = await opened(method.paths(trial));
    await new Promise((resolve) => setTimeout(resolve, BLANK));
    try {
      if (document.hidden) throw new Interrupted("you were looking at another page");
      return await method.run(trial, bitmaps, study);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      await onward("This question begins again", [paragraph(`It was broken off because ${error.message}.`)]);
    }
  }
}

async function opened(paths) {
  const text = paragraph("");
  const word = setTimeout(() => show("The pictures are loading", text), SLOW);
  try {
    return await album.open(paths, (ready) => (text.textContent = `${ready} of ${paths.length}`));
  } finally {
    clearTimeout(word);
    document.getElementById("screen").replaceChildren();
  }
}

/** Resolves once the window is as the pictures need it. */
async function fitting() {
  const wrong = () => standing(study).filter(([fine]) => !fine);
  if (wrong().length === 0) return;
  const list = element("ul", {});
  const look = () => list.replaceChildren(...wrong().map(([, text]) => element("li", { className: "check-bad", textContent: text })));
  look();
  const until = new Promise((resolve) => {
    const timer = setInterval(() => {
      look();
      if (wrong().length > 0) return;
      clearInterval(timer);
      resolve();
    }, 250);
  });
  await pausedWith("The pictures cannot be shown", [list], until);
}

function progress(trial) {
  const bar = element("progress", { max: trial.total, value: trial.number - 1 });
  bar.setAttribute("aria-label", "How much is done");
  const text = trial.training ? "Practice" : `${trial.number} of ${trial.total}`;
  const place = document.getElementById("progress");
  place.replaceChildren(element("span", { textContent: text }), bar);
  place.hidden = false;
  say(trial.training ? "Practice question" : `Question ${trial.number} of ${trial.total}`);
}

function rested(trial) {
  const left = trial.total - trial.number + 1;
  const text = `You have done ${trial.number - 1} of ${trial.total}; ${left} are left. Look out of the window, or get up for a minute. You can also close this page and come back later with the same address.`;
  return onward("A break", [paragraph(text)]);
}

function finished(sitting) {
  localStorage.removeItem(kept);
  const code = element("p", { className: "code", textContent: sitting.code });
  const text = "All your answers are kept. This is the code of your sitting; with it, whoever runs the study finds your answers, and takes them out if you ask for it.";
  show("Thank you", paragraph(text), code, paragraph("You can close this page."));
}

main().catch((error) => {
  const text = element("p", { className: "trouble", role: "alert", textContent: error.message });
  show("Something went wrong", text, paragraph("Your answers so far are kept."), actions(button("Load the page again", () => location.reload(), { go: true })));
  console.error(error);
});
