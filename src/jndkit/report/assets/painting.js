// Two versions of a picture onto a canvas, in whole device pixels.
//
// A view says what is shown: images, the original and the coded one, of one size; mode, "split", "flip", "side" or
// "difference"; zoom, device pixels of a picture pixel; centre, the picture's point in the middle; divided, where the
// split is, 0 to 1; second, whether flip shows the coded one; gain, of the difference, a power of two; background, of
// transparent pictures; overlay and where, if framed, as the look takes them; stacked, whether sides stand one above
// the other.

const SURROUND = "#6f6f6f"; // neutral, so that no colour looks shifted beside it

/** The parts of a canvas that show the picture, in device pixels. */
export function panesOf({ width, height }, { mode, stacked }) {
  if (mode !== "side") return [{ left: 0, top: 0, width, height }];
  const gap = Math.max(2, Math.round(4 * window.devicePixelRatio));
  if (stacked) {
    const half = Math.max(1, Math.floor((height - gap) / 2));
    return [0, half + gap].map((top) => ({ left: 0, top, width, height: half }));
  }
  const half = Math.max(1, Math.floor((width - gap) / 2));
  return [0, half + gap].map((left) => ({ left, top: 0, width: half, height }));
}

/** Paint all of a view. scratch: a canvas for what is to be combined. */
export function paint(canvas, scratch, view) {
  if (canvas.width === 0 || canvas.height === 0) return;
  const pen = canvas.getContext("2d", { alpha: false });
  pen.globalCompositeOperation = "source-over";
  pen.fillStyle = SURROUND;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const [original, coded] = view.images;
  const panes = panesOf(canvas, view);
  if (view.mode === "difference") {
    paintDifference(canvas, scratch, view);
  } else if (view.mode === "side") {
    panes.forEach((pane, index) => layer(pen, view, view.images[index], pane, pane));
  } else if (view.mode === "flip") {
    layer(pen, view, view.second ? coded : original, panes[0], panes[0]);
  } else {
    const line = Math.round(view.divided * canvas.width);
    layer(pen, view, original, panes[0], { ...panes[0], width: line });
    layer(pen, view, coded, panes[0], { ...panes[0], left: line, width: canvas.width - line });
  }
  for (const pane of panes) paintOver(pen, view, pane);
}

/** Where the picture's corner lies in a pane, in whole device pixels from the canvas's corner. */
function corner(pane, { images, zoom, centre }) {
  const along = (size, extent, at) => {
    if (extent <= size) return Math.floor((size - extent) / 2);
    return Math.min(0, Math.max(size - extent, Math.round(size / 2 - at * zoom)));
  };
  const { width, height } = images[0];
  const left = pane.left + along(pane.width, width * zoom, centre[0]);
  const top = pane.top + along(pane.height, height * zoom, centre[1]);
  return [left, top];
}

/** Draw what of an image lies in `clip`, placed as in `pane`, over the background. */
function layer(pen, view, image, pane, clip) {
  const zoom = view.zoom;
  const [x, y] = corner(pane, view);
  const left = Math.max(0, Math.floor((clip.left - x) / zoom));
  const top = Math.max(0, Math.floor((clip.top - y) / zoom));
  const width = Math.min(image.width, Math.ceil((clip.left + clip.width - x) / zoom)) - left;
  const height = Math.min(image.height, Math.ceil((clip.top + clip.height - y) / zoom)) - top;
  if (width <= 0 || height <= 0) return;
  const onto = [x + left * zoom, y + top * zoom, width * zoom, height * zoom];
  clipped(pen, clip, () => {
    pen.imageSmoothingEnabled = false;
    pen.fillStyle = view.background;
    pen.fillRect(...onto);
    pen.drawImage(image, left, top, width, height, ...onto);
  });
}

/** |original - coded| by the canvas's own compositing: pixels are read back by nobody. */
function paintDifference(canvas, scratch, view) {
  scratch.width = canvas.width;
  scratch.height = canvas.height;
  const [pane] = panesOf(canvas, view);
  const [pen, other] = [canvas, scratch].map((each, index) => {
    const onto = each.getContext("2d", { alpha: false });
    onto.fillStyle = "#000000";
    onto.fillRect(0, 0, canvas.width, canvas.height);
    layer(onto, view, view.images[index], pane, pane);
    return onto;
  });
  pen.globalCompositeOperation = "difference";
  pen.drawImage(scratch, 0, 0);
  pen.globalCompositeOperation = "lighter";
  for (let gain = 1; gain < view.gain; gain *= 2) {
    other.drawImage(canvas, 0, 0);
    pen.drawImage(scratch, 0, 0);
  }
  pen.globalCompositeOperation = "source-over";
}

/** The overlay and the frame. */
function paintOver(pen, view, pane) {
  const [x, y] = corner(pane, view);
  const { width, height } = view.images[0];
  const zoom = view.zoom;
  clipped(pen, pane, () => {
    if (view.overlay) {
      pen.imageSmoothingEnabled = true;
      pen.drawImage(view.overlay.image, x, y, width * zoom, height * zoom);
    }
    if (!view.framed || !view.where) return;
    const thick = Math.max(1, Math.round(window.devicePixelRatio));
    const [left, top, wide, high] = view.where.map((length) => length * zoom);
    // Two colours, one of which shows on any picture.
    for (const [colour, inset] of [["#000000", thick / 2], ["#ffffff", 1.5 * thick]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.strokeRect(x + left + inset, y + top + inset, wide - 2 * inset, high - 2 * inset);
    }
  });
}

/** Draw, but only inside a part of the canvas. */
function clipped(pen, { left, top, width, height }, draw) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  draw();
  pen.restore();
}

/** Why a picture pixel is not a whole number of device pixels, or nothing. exact: whether the canvas's own are known. */
export function whyResampled(exact) {
  const pinched = window.visualViewport?.scale ?? 1;
  if (Math.abs(pinched - 1) > 0.001) {
    return "The page is pinched larger, so the browser resamples the pictures: pinch back to see their own pixels.";
  }
  const ratio = window.devicePixelRatio;
  if (exact || Math.abs(ratio - Math.round(ratio)) < 0.001) return "";
  return `At this zoom of the browser (${ratio.toFixed(2)} device pixels each) a picture pixel cannot be a whole `
    + "number of device pixels: set the browser's zoom to 100 %.";
}
