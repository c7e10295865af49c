// What all screens are made of. One is shown at a time; each resolves to what came of it.

import { element } from "./controls.js";

const place = document.getElementById("screen");
const said = document.getElementById("said");

/** Show a screen: its title takes the focus, so that who reads by ear hears where they are. */
export function show(title, ...parts) {
  const heading = element("h1", { textContent: title, tabIndex: -1 });
  document.body.classList.remove("trial");
  place.replaceChildren(heading, ...parts);
  window.scrollTo(0, 0);
  heading.focus({ preventScroll: true });
}

/** Show a trial, which fills the window. */
export function showTrial(...parts) {
  document.body.classList.add("trial");
  place.replaceChildren(...parts);
}

/** Say it to who reads by ear. */
export function say(text) {
  said.textContent = text;
}

export const paragraph = (text, className = "") => element("p", { textContent: text, className });

/** Text with `Key` written as a key: keyed("Press `Enter`."). */
export function keyed(text, className = "") {
  const parts = text.split("`").map((part, index) => (index % 2 ? element("kbd", { textContent: part }) : part));
  return element("p", { className }, ...parts);
}

export function button(text, press, { go = false, key = "" } = {}) {
  const made = element("button", { type: "button", className: go ? "go" : "" }, text);
  if (key) {
    made.append(" ", element("kbd", { textContent: key, ariaHidden: "true" }));
    made.setAttribute("aria-keyshortcuts", key);
  }
  made.addEventListener("click", press);
  return made;
}

export const actions = (...buttons) => element("div", { className: "actions" }, ...buttons);

/** Resolves when the button that says `text` is pressed. parts: what stands above it. ready: a promise, or nothing to wait for. */
export function onward(title, parts, text = "Go on") {
  return new Promise((resolve) => show(title, ...parts, actions(button(text, () => resolve(), { go: true }))));
}

/** A question with one button for each answer. options: [[value, text]]. Resolves to the value. */
export function ask(title, parts, options, className = "") {
  return new Promise((resolve) => {
    const buttons = actions(...options.map(([value, text]) => button(text, () => resolve(value))));
    if (className) buttons.classList.add(className);
    show(title, ...parts, buttons);
  });
}

/** Keys that press buttons while the promise is open. keys: key -> function; given keys do nothing else. */
export function keys(map, signal) {
  document.addEventListener(
    "keydown",
    (event) => {
      const press = map[event.key];
      if (!press || event.ctrlKey || event.metaKey || event.altKey) return;
      const slider = event.target.type === "range";
      const native = event.target.matches?.("button") && [" ", "Enter"].includes(event.key);
      if (native || (slider && event.key.startsWith("Arrow"))) return; // it does with them what they are for
      event.preventDefault();
      if (!event.repeat) press(event);
    },
    { signal },
  );
}

/** Lays a notice over everything until `until` resolves. */
export async function pausedWith(title, parts, until) {
  const dialog = document.getElementById("pause");
  document.getElementById("pause-title").textContent = title;
  document.getElementById("pause-text").replaceChildren(...parts);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  if (!dialog.open) dialog.showModal();
  try {
    return await until;
  } finally {
    dialog.close();
  }
}
