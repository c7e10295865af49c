"""HEIC and HEIF pictures, by pillow-heif (libheif), which turns them upright itself."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.picture.cicp import name_colour
from jndkit.picture.contract import Pixels
from jndkit.picture.limits import check_size
from jndkit.picture.raster import Raster, to_8_bits


def decode(data: bytes, path: str | None, max_pixels: int) -> Raster:
    """The primary picture. Raises LimitError, and whatever pillow-heif raises."""
    import pillow_heif

    # Previews and depth maps would be decoded beside the picture.
    pillow_heif.options.THUMBNAILS = False
    pillow_heif.options.DEPTH_IMAGES = False
    pillow_heif.options.AUX_IMAGES = False
    held = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
    image = held[held.primary_index]
    width, height = image.size
    check_size(path, width, height, max_pixels)
    bits = int(image.info["bit_depth"])
    samples: npt.NDArray[Any] = np.asarray(image)
    stored = samples
    if samples.dtype != np.uint8:  # libheif puts 10 and 12 bits into the upper end of 16
        stored = to_8_bits(samples.astype(np.uint16) // np.uint16(1 << (16 - bits)), bits)
    raster = Raster(stored, icc=image.info.get("icc_profile"), exif=image.info.get("exif"), xmp=image.info.get("xmp"))
    if image.has_alpha:
        raster.alpha = np.ascontiguousarray(stored[..., -1])
        raster.pixels = np.ascontiguousarray(stored[..., :-1]).reshape(*stored.shape[:2], -1)
        if image.premultiplied_alpha:
            raster.pixels = divided(raster.pixels, raster.alpha)
    if raster.pixels.ndim == 3 and raster.pixels.shape[2] == 1:
        raster.pixels = raster.pixels[..., 0]
    if bits > 8:
        raster.bits = bits
        raster.notes.append(f"{bits} bits per channel are reduced to 8")
    if len(held) > 1:
        raster.notes.append("the file holds further pictures; the primary one is taken")
    numbers = image.info.get("nclx_profile")
    if numbers:
        name_colour(raster, int(numbers["color_primaries"]), int(numbers["transfer_characteristics"]))
    return raster


def divided(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Colours that were stored multiplied by `alpha`, as they were before."""
    cover = np.maximum(alpha, 1).astype(np.uint32).reshape(*alpha.shape, *[1] * (pixels.ndim - 2))
    plain: Pixels = np.minimum((pixels * 255 + cover // 2) // cover, 255).astype(np.uint8)
    return plain
