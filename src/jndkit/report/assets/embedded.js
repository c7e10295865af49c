// What a page carries inside itself: JSON and pictures, in script elements that are never run.

const SLICE = 1 << 19; // characters of base64 at a time, a multiple of four: no long task

export function embeddedJson(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/** The picture in a script element, its samples as they are in the file. */
export async function embeddedPicture(id) {
  const holder = document.getElementById(id);
  const text = holder.textContent;
  const parts = [];
  for (let start = 0; start < text.length; start += SLICE) {
    parts.push(bytesOf(text.slice(start, start + SLICE)));
    await new Promise((resolve) => setTimeout(resolve)); // others have their turn
  }
  holder.textContent = ""; // it is held once, as bytes
  return asIs(new Blob(parts, { type: holder.dataset.type }));
}

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** Any source of a picture decoded, neither converted nor multiplied by its alpha. */
export function asIs(source) {
  return createImageBitmap(source, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
}
