// What is asked of the server. An answer is sent until the server says that it has it: a server that is started again
// finds the viewer where they were.

import { paragraph, pausedWith } from "./screens.js";

const AGAIN = 1500; // milliseconds until a server that does not answer is asked again
const QUIET = 2; // times that it is asked again before the viewer hears of it

/** The server's own word for what went wrong. */
export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail || title || `The server answers ${status}.`);
    this.status = status;
    this.title = title;
  }
}

/** The JSON, or null where there is none, of a request that is repeated until the server answers. Raises Problem. */
export async function asked(path, { method = "GET", body } = {}) {
  const options = { method, cache: "no-store" };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  const response = await answered(() => fetch(new URL(path, document.baseURI), options));
  if (response.status === 204) return null;
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, told.title, told.detail);
  return told;
}

/** A file, as a blob; asked for until it is there. Raises Problem. */
export async function file(path) {
  return answered(async () => {
    const response = await fetch(new URL(path, document.baseURI));
    if (!response.ok && response.status < 500) throw new Problem(response.status, "", `A picture is missing (${response.status}).`);
    return response.ok ? { status: 200, blob: await response.blob() } : response;
  }).then((response) => response.blob);
}

/** What `ask` resolves to, asked again while there is no server, or one that is ending. */
async function answered(ask) {
  let heard;
  const found = (async () => {
    for (let time = 0; ; time++) {
      try {
        const response = await ask();
        if (response.status !== 503 && response.status !== 429) return response;
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
      if (time === QUIET) {
        const text = "Nothing is lost: your answers so far are kept, and this page goes on by itself once the server is back.";
        heard = pausedWith("The server cannot be reached", [paragraph(text)], found);
        heard.catch(() => undefined); // whoever asked hears it
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  })();
  return found;
}
