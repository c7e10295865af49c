// The page of many rows: the table of all of them, and the worst places to flip and to look at.

import { HALF_PERIOD, Look } from "./look.js";
import { asIs, embeddedJson, embeddedPicture } from "./embedded.js";
import { size } from "./words.js";

const SHOWN = 50; // rows at a time

flipping();
looking();
table(embeddedJson("rows"));

// --- the worst places

function flipping() {
  const places = [...document.querySelectorAll(".worst-place")];
  if (places.length === 0) return;
  const show = (place, coded) => {
    place.classList.toggle("shows-coded", coded);
    const button = place.querySelector(".worst-flip");
    button.setAttribute("aria-pressed", String(coded));
    place.querySelector(".worst-shown").textContent = coded ? "Shown: coded" : "Shown: original";
    place.querySelectorAll("img").forEach((image, index) => (image.ariaHidden = String((index === 1) !== coded)));
  };
  for (const place of places) {
    place.classList.add("flips");
    show(place, false);
    const button = place.querySelector(".worst-flip");
    button.hidden = false;
    button.addEventListener("click", () => show(place, !place.classList.contains("shows-coded")));
    const fit = () => {
      for (const image of place.querySelectorAll("img")) {
        // Whole device pixels of a picture pixel, as many as make it neither tiny nor huge on a fine display.
        const zoom = Math.max(1, Math.round(window.devicePixelRatio)) / window.devicePixelRatio;
        image.style.width = `${image.naturalWidth * zoom}px`;
      }
    };
    fit();
    window.addEventListener("resize", fit);
  }
  const all = document.getElementById("flip-all");
  all.closest("label").hidden = false;
  let timer = null;
  all.addEventListener("change", () => {
    clearInterval(timer);
    const flip = () => {
      const coded = !places[0].classList.contains("shows-coded");
      for (const place of places) show(place, coded);
    };
    if (all.checked) timer = setInterval(flip, HALF_PERIOD);
  });
}

function looking() {
  const dialog = document.getElementById("closer");
  const close = document.getElementById("closer-close");
  let look = null;
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    look?.destroy();
    look = null;
  });
  for (const button of document.querySelectorAll(".worst-look")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const place = button.closest(".worst-place");
      document.getElementById("closer-title").textContent = place.querySelector("h3").textContent;
      dialog.showModal();
      const [original, coded] = await Promise.all([...place.querySelectorAll("img")].map(asIs));
      const overlay = JSON.parse(button.dataset.overlay);
      const overlays = overlay ? [{ ...overlay, image: await picture(overlay) }] : [];
      if (!dialog.open || look) return;
      const ratio = window.devicePixelRatio;
      const where = JSON.parse(button.dataset.where);
      const zoom = ratio < 1.5 ? 1 : ratio < 2.5 ? 2 : 4; // a crop would be tiny on a fine display
      look = new Look(document.getElementById("closer-look"), { original, coded, where, overlays, zoom, keys: dialog });
    });
  }
}

const pictures = new Map(); // what is embedded is read once

function picture({ id }) {
  if (!pictures.has(id)) pictures.set(id, embeddedPicture(id));
  return pictures.get(id);
}

// --- the table

function table({ columns, rows, words }) {
  const place = document.getElementById("rows-table");
  if (!place) return;
  const at = Object.fromEntries(columns.map((name, index) => [name, index]));
  const state = { text: "", status: "", by: null, down: false, page: 0 };
  const body = place.querySelector("tbody");
  const said = document.getElementById("rows-said");
  const previous = document.getElementById("rows-previous");
  const next = document.getElementById("rows-next");

  const chosen = () => {
    const text = state.text.toLowerCase();
    const found = rows.filter((row) => {
      if (state.status && row[at.status] !== state.status) return false;
      const words = `${row[at.input]} ${row[at.output] ?? ""} ${row[at.codec] ?? ""}`;
      return text === "" || words.toLowerCase().includes(text);
    });
    return state.by === null ? found : found.toSorted(order(at[state.by], state.down));
  };
  const update = () => {
    const found = chosen();
    const pages = Math.max(1, Math.ceil(found.length / SHOWN));
    state.page = Math.min(state.page, pages - 1);
    const first = state.page * SHOWN;
    body.replaceChildren(...found.slice(first, first + SHOWN).map((row) => line(row, at, words)));
    const last = Math.min(first + SHOWN, found.length);
    said.textContent = found.length === 0 ? "No row is like that." : `Rows ${first + 1} to ${last} of ${found.length.toLocaleString("en-GB")}.`;
    previous.disabled = state.page === 0;
    next.disabled = state.page === pages - 1;
    for (const button of place.querySelectorAll("th button")) {
      const direction = state.down ? "descending" : "ascending";
      button.closest("th").ariaSort = button.dataset.by === state.by ? direction : "none";
    }
  };
  const turn = (pages) => () => {
    state.page += pages;
    update();
  };
  previous.addEventListener("click", turn(-1));
  next.addEventListener("click", turn(1));
  for (const [id, key, event] of [["rows-search", "text", "input"], ["rows-status", "status", "change"]]) {
    document.getElementById(id).addEventListener(event, ({ target }) => {
      state[key] = target.value;
      state.page = 0;
      update();
    });
  }
  for (const button of place.querySelectorAll("th button")) {
    button.addEventListener("click", () => {
      state.down = state.by === button.dataset.by && !state.down;
      state.by = button.dataset.by;
      update();
    });
  }
  document.getElementById("rows-controls").hidden = false;
  place.hidden = false;
  update();
}

/** Rows without the value stand last, either way. */
function order(index, down) {
  return (one, other) => {
    const [a, b] = [one[index], other[index]];
    if (a === null || b === null) return (a === null) - (b === null);
    const compared = typeof a === "number" ? a - b : String(a).localeCompare(String(b));
    return down ? -compared : compared;
  };
}

function line(row, at, words) {
  const value = (name) => row[at[name]];
  const cells = [pictured(row, at), text(value("status")), text(value("codec") ?? "")];
  const knob = value("knob") === null ? "" : `${value("knobName")} ${value("knob")}`;
  cells.push(text(knob), number(size(value("before"))), number(size(value("after"))));
  cells.push(number(value("saved") === null ? "" : `${value("saved").toFixed(1)} %`));
  cells.push(number(value("jnd") === null ? "" : value("jnd").toFixed(2)));
  const between = value("low") === null ? "" : ` (${Math.round(value("low"))} to ${Math.round(value("high"))} %)`;
  cells.push(number(value("viewers") === null ? "" : `${Math.round(value("viewers"))} %${between}`));
  const said = document.createElement("td");
  said.className = "said";
  for (const index of value("said")) {
    const note = document.createElement("p");
    note.textContent = words[index];
    said.append(note);
  }
  const made = document.createElement("tr");
  made.append(...cells, said);
  return made;
}

function pictured(row, at) {
  const cell = document.createElement("th");
  cell.scope = "row";
  if (row[at.thumbnail]) {
    const image = new Image();
    image.src = row[at.thumbnail];
    image.alt = "";
    cell.append(image);
  }
  cell.append(linked(row[at.input], row[at.inputLink]));
  if (row[at.output]) cell.append(" → ", linked(row[at.output], row[at.outputLink]));
  return cell;
}

function linked(name, address) {
  const made = document.createElement(address ? "a" : "span");
  made.textContent = name;
  made.dir = "auto"; // or a name written from right to left would turn its neighbours round
  if (address) made.href = address;
  return made;
}

function text(words) {
  const cell = document.createElement("td");
  cell.textContent = words;
  return cell;
}

function number(words) {
  const cell = text(words);
  cell.className = "number";
  return cell;
}
