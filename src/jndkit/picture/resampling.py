"""A picture made smaller, as light adds up: a page shows it at a size that is not its own.

Codes of sRGB are no measure of light, and their mean is too dark: a fine pattern of black and white pixels has half of
the light, code 188, not 128. So samples are averaged as light, and where the picture is transparent, as much as they
cover, by Lanczos's windowed sinc of three lobes over as many pixels as the scale asks for.

Source: Duchon, Lanczos filtering in one and two dimensions (1979); Pillow's implementation. IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError
from jndkit.picture.contract import Picture, Pixels
from jndkit.picture.raster import divided

Light = npt.NDArray[np.float32]


def check_width(width: int) -> None:
    """Raises UsageError for a width that no picture can have."""
    if width < 1:
        raise UsageError(f"--width must be at least 1 pixel, not {width}")


def resampled(picture: Picture, width: int | None) -> Picture:
    """The picture `width` pixels across, its height in proportion; as it is where it has no more, or for None.

    A picture in a colour space of its own stays in that: it is averaged by the curve of sRGB, which Display P3 shares
    and other spaces of displays come close to. A gain map stays as it is, since it is stretched over any size.
    Raises UsageError for less than one pixel.
    """
    if width is None:
        return picture
    check_width(width)
    if width >= picture.width:
        return picture
    size = width, max(1, round(picture.height * width / picture.width))
    alpha = None if picture.alpha is None else _smaller(np.asarray(picture.alpha, np.float32) / np.float32(255), size)
    native = None if picture.native is None else _planes(picture.native, picture.alpha, alpha, size)
    if native is not None and picture.icc is not None:
        rgb = _in_srgb(native, picture.icc)
    else:
        rgb = _planes(picture.rgb[..., :1] if picture.grey else picture.rgb, picture.alpha, alpha, size)
        rgb = np.ascontiguousarray(np.broadcast_to(rgb, (*rgb.shape[:2], 3)))
    source = picture.source
    if source is not None:  # the blocks of a JPEG file are no longer where its tables say
        source = replace(source, jpeg=None, resampled=source.resampled or (picture.width, picture.height))
    return replace(
        picture,
        rgb=rgb,
        alpha=None if alpha is None else _codes(alpha),
        native=native,
        source=source,
        notes=(*picture.notes, f"resampled from {picture.width} x {picture.height} to {size[0]} x {size[1]} pixels"),
    )


def _planes(pixels: Pixels, alpha: Pixels | None, covered: Light | None, size: tuple[int, int]) -> Pixels:
    """uint8 (h, w, C) of uint8 (H, W, C). alpha: uint8 (H, W).  covered: that, resampled.  size: (w, h)."""
    from jndkit.picture.colour.transfer import light_of_codes, srgb_codes

    table = light_of_codes().astype(np.float32)
    planes = []
    for plane in range(pixels.shape[2]):  # one after the other: as floats, all would take twelve times the picture
        light = table[pixels[..., plane]]
        if alpha is not None and covered is not None:
            light *= np.asarray(alpha, np.float32) / np.float32(255)
            light = divided(_smaller(light, size), covered, 1.0)
        else:
            light = _smaller(light, size)
        planes.append(srgb_codes(np.clip(light, 0.0, 1.0)))
    return np.stack(planes, axis=-1)


def _smaller(samples: Light, size: tuple[int, int]) -> Light:
    """float32 (h, w) of float32 (H, W); beside edges a little beyond its range. size: (w, h)."""
    from PIL import Image

    small = Image.fromarray(samples).resize(size, Image.Resampling.LANCZOS)
    return np.asarray(small, np.float32)


def _codes(share: npt.NDArray[Any]) -> Pixels:
    return np.asarray(np.rint(np.clip(share, 0, 1) * 255), np.uint8)


def _in_srgb(native: Pixels, icc: bytes) -> Pixels:
    from jndkit.picture.colour import profiles

    described = profiles.profile(icc)
    return native if described is None else profiles.apply(described.transform, native)
