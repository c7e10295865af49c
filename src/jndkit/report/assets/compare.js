// The page of one pair.

import { Look } from "./look.js";
import { embeddedJson, embeddedPicture } from "./embedded.js";

const place = document.getElementById("look");
const facts = embeddedJson("facts");
try {
  const overlays = facts.overlays.map(async (overlay) => ({ ...overlay, image: await embeddedPicture(overlay.id) }));
  const [original, coded, ...over] = await Promise.all([
    embeddedPicture("picture-original"),
    embeddedPicture("picture-coded"),
    ...overlays,
  ]);
  const { labels, where, transparent } = facts;
  new Look(place, { original, coded, labels, where, transparent, overlays: over, keys: document });
} catch (error) {
  place.textContent = `This browser cannot show the pictures: ${error.message}`;
}
