"""HEIC and HEIF pictures, by pillow-heif (libheif), which turns them upright itself."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.limits import check_size
from jndkit.picture.colour.cicp import name_colour
from jndkit.picture.hdr.boxed import note_gain_map
from jndkit.picture.raster import Raster, divided, to_8_bits


def decode(data: bytes, path: str | None, max_pixels: int) -> Raster:
    """The primary picture. Raises LimitError, and whatever pillow-heif raises."""
    import pillow_heif

    # Previews and depth maps would be decoded beside the picture.
    pillow_heif.options.THUMBNAILS = False
    pillow_heif.options.DEPTH_IMAGES = False
    pillow_heif.options.AUX_IMAGES = False
    file = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
    image = file[file.primary_index]
    width, height = image.size
    check_size(path, width, height, max_pixels)
    bits = int(image.info["bit_depth"])
    stored: npt.NDArray[Any] = np.asarray(image)
    if stored.dtype != np.uint8:  # libheif puts 10 and 12 bits into the upper end of 16
        stored = stored.astype(np.uint16) // np.uint16(1 << (16 - bits))
    else:
        bits = 8
    colours = stored[..., :-1] if image.has_alpha else stored
    if image.premultiplied_alpha:
        colours = divided(colours, stored[..., -1], (1 << bits) - 1)
    if colours.ndim == 3 and colours.shape[2] == 1:
        colours = colours[..., 0]
    raster = Raster(
        to_8_bits(colours, bits),
        to_8_bits(stored[..., -1], bits) if image.has_alpha else None,
        icc=image.info.get("icc_profile"),
        exif=image.info.get("exif"),
        xmp=image.info.get("xmp"),
        lossy=True,
    )
    if bits > 8:
        raster.note_bits(bits)
    if len(file) > 1:
        raster.notes.append("the file holds further pictures; the primary one is taken")
    note_gain_map(raster, data, "HEIC")
    numbers = image.info.get("nclx_profile")
    if numbers:
        name_colour(raster, int(numbers["color_primaries"]), int(numbers["transfer_characteristics"]))
    return raster
