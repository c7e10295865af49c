// What is asked of the HTTP service. Every request that makes something is a job: followed while it works, and ended
// where nobody waits for it any more.

const PAUSE = 1000; // milliseconds, where events do not arrive
const AWAY = 2000; // milliseconds between two looks whether a server that was gone is back
const AGAIN = 5; // times that a full queue is asked

/** The service's own word for what went wrong. */
export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail || title || `The server answers ${status}.`);
    this.status = status;
    this.title = title;
  }
}

/** There is no server, or none that takes work. */
export class Unreachable extends Error {}

/** What to say of an error. */
export function reason(error) {
  return error?.message ?? "";
}

/** Whether the same may succeed later. */
export function passes(error) {
  return error instanceof Unreachable || [408, 409, 429].includes(error.status) || error.status >= 500;
}

/** As `fetch`, which says in the browser's own words, by a TypeError, that there is no server. */
async function reached(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Unreachable("The server cannot be reached: is jnd serve still running? This page goes on as soon as it is back.");
  }
}

/**
 * The response to a request, when its job is done. query: of the address; what is empty is left out.
 * told: called with the job whenever it changes.  signal: ends the job.
 * Raises Problem and Unreachable.
 */
export async function ask(path, { method = "GET", query = {}, body, headers = {}, signal, told } = {}) {
  const address = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== "" && value !== null && value !== undefined) address.searchParams.set(name, value);
  }
  // Only the answer names the job that is to be ended: what is sent at once is sent to its end, but not a whole picture.
  const sending = body instanceof Blob ? signal : undefined;
  for (let time = 0; ; time++) {
    signal?.throwIfAborted();
    const response = await reached(address, { method, body, headers: { Prefer: "respond-async", ...headers }, signal: sending });
    if (response.status === 429 && time < AGAIN) {
      await pause(1000 * Number(response.headers.get("Retry-After") ?? 1), signal);
      continue;
    }
    if (response.status === 202) return finished(await response.json(), { headers, signal, told });
    signal?.throwIfAborted();
    return checked(response);
  }
}

export async function askJson(path, options = {}) {
  const response = await ask(path, { ...options, headers: { Accept: "application/json", ...options.headers } });
  return response.json();
}

/** A request for a version of a picture, as JSON. */
export function posted(value) {
  return { method: "POST", body: JSON.stringify(value), headers: { "Content-Type": "application/json" } };
}

async function checked(response) {
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  if (problem.title === "EndingError") throw new Unreachable(problem.detail);
  throw new Problem(response.status, problem.title, problem.detail);
}

/** The result of a job, which is ended if the signal comes first. */
async function finished(job, { headers, signal, told }) {
  const address = new URL(`v1/jobs/${encodeURIComponent(job.id)}`, document.baseURI);
  const end = () => parting(address);
  if (signal?.aborted) end();
  signal?.throwIfAborted();
  signal?.addEventListener("abort", end, { once: true });
  try {
    told?.(job);
    await ended(address, { signal, told });
    return await checked(await reached(`${address}/result`, { headers, signal }));
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

/** Resolves when a job neither waits nor works any more. */
function ended(address, { signal, told }) {
  return new Promise((resolve, reject) => {
    const events = new EventSource(`${address}/events`);
    const close = (settle) => (value) => {
      events.close();
      settle(value);
    };
    const done = (job) => {
      told?.(job);
      if (job.state !== "waiting" && job.state !== "working") close(resolve)();
    };
    events.addEventListener("job", (event) => done(JSON.parse(event.data)));
    events.addEventListener("error", async () => {
      events.close();
      // Whatever holds events up: ask now and then.
      while (!signal?.aborted) {
        const response = await reached(address, { signal }).catch(reject);
        if (!response) return;
        if (!response.ok) return resolve(); // its result says why
        const job = await response.json();
        done(job);
        if (job.state !== "waiting" && job.state !== "working") return;
        await pause(PAUSE);
      }
    });
    signal?.addEventListener("abort", () => close(reject)(signal.reason), { once: true });
  });
}

/** What is asked as the page is left: nobody waits for an answer. */
export function parting(path) {
  fetch(new URL(path, document.baseURI), { method: "DELETE", keepalive: true }).catch(() => undefined);
}

/** Resolves once there is a server that takes work. */
export async function returned() {
  for (;;) {
    await pause(AWAY);
    const response = await fetch(new URL("v1/health", document.baseURI)).catch(() => null);
    if (response?.ok) return;
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}
