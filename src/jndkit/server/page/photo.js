// One picture that was given: sent once, and asked about by its id.

import { Problem, ask, askJson, parting, posted } from "./service.js";

const HELD = 64e6; // pixels of decoded pictures that are kept, four bytes each
const LEAST = 5; // and as many pictures at least, so that none is dropped while it is looked at

const decoded = new Map(); // address -> promise of an ImageBitmap, the one asked for last at the end

let worker = null; // which decodes
let count = 0;
const decoding = new Map(); // number -> how its promise is settled

/** Have the server forget pictures. */
export function forget(photos) {
  const said = new URLSearchParams(photos.filter(({ about }) => about).map(({ about }) => ["id", about.id]));
  if (said.size > 0) parting(`v1/pictures?${said}`);
}

export class Photo {
  state = "waiting";
  position = null;
  about = null; // what the service says of the picture
  row = null; // of the first codec
  error = null;
  damaged = ""; // "keep" where what there is of a damaged file is taken
  answers = new Map(); // codec -> row, with the name of its version
  #sending = null;
  #versions = new Map(); // what was asked -> a version
  #making = new Map(); // the same -> promise of one

  constructor(file, name) {
    this.file = file;
    this.name = name;
  }

  /** Its description, once it was sent. */
  async sent(signal) {
    const before = this.#sending;
    if (before) {
      const about = await before.catch((error) => error);
      if (!(about instanceof Error)) return about;
      signal?.throwIfAborted();
      if (about.name !== "AbortError") throw about; // else whoever sent it has left: it is sent again
    }
    if (this.#sending === before) this.#sending = this.#send(signal);
    else return this.sent(signal);
    const sending = this.#sending;
    sending.catch(() => this.#sending === sending && (this.#sending = null));
    return sending;
  }

  async #send(signal) {
    const headers = { "Content-Type": "application/octet-stream" };
    const query = { name: this.name, damaged: this.damaged };
    this.about = await askJson("v1/pictures", { method: "POST", query, body: this.file, headers, signal });
    return this.about;
  }

  /** A request below the picture's address; sent again where the server has let go of it. */
  async asked(path, options = {}, as = askJson) {
    const { id } = await this.sent(options.signal);
    try {
      return await as(`v1/pictures/${id}/${path}`, options);
    } catch (error) {
      if (!(error instanceof Problem) || error.title !== "NotFoundError") throw error;
      this.#sending = null;
      const again = await this.sent(options.signal);
      return as(`v1/pictures/${again.id}/${path}`, options);
    }
  }

  /** The server has let go of it, and of all that was made of it. */
  lost() {
    this.#sending = null;
    this.#versions.clear();
    this.#making.clear();
    this.answers.clear();
  }

  encode(codec, wanted, { signal, told } = {}) {
    return this.asked("encode", { method: "POST", query: { codec, ...wanted }, signal, told });
  }

  curve(codec, wanted, signal) {
    return this.asked("curve", { query: { codec, ...wanted }, signal });
  }

  /** The file at one setting, and what is read of it; what was made before is there at once. */
  async version(codec, value, wanted, signal) {
    const asked = versionKey(codec, value, wanted);
    if (this.#versions.has(asked)) return this.#versions.get(asked);
    const making = this.#making.get(asked);
    if (making) {
      const made = await making.catch(() => null);
      if (made) return made;
      signal.throwIfAborted(); // but whoever asked first may have left
    }
    const asking = this.asked("versions", { ...posted({ codec, value }), query: wanted, signal });
    this.#making.set(asked, asking);
    try {
      const made = await asking;
      this.#versions.set(asked, made);
      return made;
    } finally {
      this.#making.delete(asked);
    }
  }

  /** The file that was answered is the version at its setting: it may hold what no setting alone tells. */
  answered(row, version, wanted) {
    const { codec, bytes, jnd, where, viewers, interval } = row;
    const made = { name: version, codec, value: row.knob?.value ?? null, bytes, jnd, where, viewers, interval };
    this.#versions.set(versionKey(codec, made.value, wanted), made);
  }

  /** Whether that is there. */
  has(codec, value, wanted) {
    return this.#versions.has(versionKey(codec, value, wanted));
  }

  /** Its own samples, or those of a version, as the service judges them. */
  pixels(version) {
    const path = version ? `versions/${encodeURIComponent(version.name)}/png` : "png";
    return kept(`${this.about.sha256}/${path}`, async () => {
      const response = await this.asked(path, {}, ask);
      return decode(await response.blob());
    });
  }

  /** An overlay, as the look takes it. path: "map/wu2017", "versions/NAME/where". */
  async overlay(path, looked, signal) {
    const response = await this.asked(path, { query: looked, signal }, ask);
    const scale = JSON.parse(response.headers.get("X-Scale"));
    return { ...scale, image: await createImageBitmap(await response.blob()) };
  }

  address(version, what) {
    return `v1/pictures/${this.about.id}/versions/${encodeURIComponent(version)}/${what}`;
  }
}

const versionKey = (codec, value, { viewers, viewing, protocol }) => [codec, value, viewers, viewing, protocol].join(" ");

/** Its samples as they are in the file. */
function decode(blob) {
  worker ??= begun();
  const number = count++;
  return new Promise((resolve, reject) => {
    decoding.set(number, { resolve, reject });
    worker.postMessage({ number, blob });
  });
}

function begun() {
  const made = new Worker(new URL("decoding.js", import.meta.url), { type: "module" });
  made.addEventListener("message", ({ data: { number, image, said } }) => {
    const { resolve, reject } = decoding.get(number);
    decoding.delete(number);
    if (image) resolve(image);
    else reject(new Error(`The picture cannot be shown: ${said}`));
  });
  made.addEventListener("error", () => {
    for (const { reject } of decoding.values()) reject(new Error("The pictures cannot be decoded here."));
    decoding.clear();
    worker = null;
  });
  return made;
}

function kept(address, make) {
  const found = decoded.get(address) ?? make();
  decoded.delete(address);
  decoded.set(address, found);
  found.then(() => drop(), () => decoded.delete(address));
  return found;
}

/** Let go of what was asked for longest ago. */
async function drop() {
  const all = await Promise.allSettled(decoded.values());
  let pixels = all.reduce((sum, { value }) => sum + (value ? value.width * value.height : 0), 0);
  for (const [address, image] of decoded) {
    if (pixels <= HELD || decoded.size <= LEAST) return;
    decoded.delete(address);
    const bitmap = await image.catch(() => null);
    pixels -= bitmap ? bitmap.width * bitmap.height : 0;
    bitmap?.close();
  }
}
