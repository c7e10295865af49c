// A worker that decodes pictures: of twelve megapixels it takes a tenth of a second, in which the page answers.

import { asIs } from "./embedded.js";

self.addEventListener("message", async ({ data: { number, blob } }) => {
  try {
    const image = await asIs(blob);
    self.postMessage({ number, image }, [image]);
  } catch (error) {
    self.postMessage({ number, said: error.message });
  }
});
