"""The test pictures of the parity rows, made again from a few words with Pillow and NumPy alone."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Pixels = npt.NDArray[np.uint8]
Spec = dict[str, Any]


def distort(rgb: Pixels, spec: Spec) -> Pixels:
    """A changed copy of a picture.

    rgb: uint8 (H, W, 3), sRGB-encoded.
    spec: `kind` and its parameters:
        none                          the picture itself
        jpeg     quality              through Pillow's JPEG with its own defaults (4:2:0)
        blur     radius               Pillow's GaussianBlur, pixels
        noise    amplitude, seed      integers of -amplitude .. amplitude added to every sample
        shift    by [r, g, b]         code values added to the channels
        patch    box [x, y, w, h], inside    the spec `inside` within the box only
        grey                          Pillow's luma in all three channels
        flat     value [r, g, b]      one colour
        invert                        255 - rgb
    Sums are clipped to 0 .. 255.

    Raises ValueError for an unknown kind.
    """
    kind = spec["kind"]
    if kind == "none":
        return rgb.copy()
    if kind == "jpeg":
        file = io.BytesIO()
        Image.fromarray(rgb).save(file, format="JPEG", quality=spec["quality"])
        return np.array(Image.open(io.BytesIO(file.getvalue())).convert("RGB"))
    if kind == "blur":
        return np.array(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(spec["radius"])))
    if kind == "noise":
        return _added(rgb, _noise(rgb.shape, spec["amplitude"], spec["seed"]))
    if kind == "shift":
        return _added(rgb, np.array(spec["by"], dtype=np.int16))
    if kind == "patch":
        x, y, width, height = spec["box"]
        changed = rgb.copy()
        changed[y : y + height, x : x + width] = distort(rgb[y : y + height, x : x + width], spec["inside"])
        return changed
    if kind == "grey":
        return np.repeat(np.array(Image.fromarray(rgb).convert("L"))[..., None], 3, axis=2)
    if kind == "flat":
        return np.broadcast_to(np.array(spec["value"], dtype=np.uint8), rgb.shape).copy()
    if kind == "invert":
        return np.subtract(255, rgb, dtype=np.uint8)
    raise ValueError(f"unknown distortion {kind!r}")


def pair(data: Path, row: Spec) -> tuple[Pixels, Pixels]:
    """The reference and the test picture of a row, both uint8 (H, W, 3).

    data: the folder that the row's `picture` lies below.
    row: `picture`, `crop` ([x, y, w, h] or None), `reference` (a spec that turns the crop into the reference) and
        `distortion` (a spec that turns the reference into the test picture).
    """
    with Image.open(data / row["picture"]) as image:
        rgb = np.array(image.convert("RGB"))
    if row["crop"] is not None:
        x, y, width, height = row["crop"]
        rgb = rgb[y : y + height, x : x + width]
    reference = distort(np.ascontiguousarray(rgb), row["reference"])
    return reference, distort(reference, row["distortion"])


def sha256(rgb: Pixels) -> str:
    """Digest of the samples in row order."""
    return hashlib.sha256(np.ascontiguousarray(rgb).tobytes()).hexdigest()


def grid_means(values: npt.NDArray[Any], columns: int, rows: int) -> list[list[float]]:
    """Means over `rows` x `columns` cells of nearly equal size; values: (H, W)."""
    height, width = values.shape
    top = [height * i // rows for i in range(rows + 1)]
    left = [width * i // columns for i in range(columns + 1)]
    return [
        [float(values[top[r] : top[r + 1], left[c] : left[c + 1]].mean(dtype=np.float64)) for c in range(columns)]
        for r in range(rows)
    ]


def _added(rgb: Pixels, change: npt.NDArray[np.int16]) -> Pixels:
    return np.asarray(np.clip(rgb.astype(np.int16) + change, 0, 255), np.uint8)


def _noise(shape: tuple[int, ...], amplitude: int, seed: int) -> npt.NDArray[np.int16]:
    # Raw words of the bit generator: NumPy keeps these the same in every version, its distributions it does not.
    count = int(np.prod(shape))
    words = np.random.PCG64(seed).random_raw((count + 7) // 8).astype("<u8")
    samples = words.view(np.uint8)[:count].reshape(shape).astype(np.int16)
    return samples % (2 * amplitude + 1) - amplitude
