"""What every decoder hands over: stored pixels with what the file says about them, before orientation and colour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.limits import MAX_BLOCK
from jndkit.picture.contract import JpegCoding, Pixels
from jndkit.picture.hdr.gain_map import GainMap


@dataclass
class Raster:
    """A decoded file.

    pixels: uint8, (H, W) for one channel or (H, W, 3) RGB, in the space of `icc`.  alpha: uint8 (H, W) or None.
    orientation: EXIF orientation still to be applied, 1 to 8.  bits: per channel as stored.
    hdr, gain_map: as of `Picture`.
    lossy, jpeg: as of `Source`.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    orientation: int = 1
    marked: bool = False
    hdr: bool = False
    gain_map: GainMap | None = None
    bits: int = 8
    lossy: bool | None = None
    jpeg: JpegCoding | None = None
    notes: list[str] = field(default_factory=list)

    def note_bits(self, bits: int) -> None:
        """Note that the file holds `bits` per channel."""
        self.bits = bits
        self.notes.append(f"{bits} bits per channel are reduced to 8")

    def bound_blocks(self) -> None:
        """Drop blocks of metadata beyond the limit, with a note."""
        for field_name, name in (("icc", "colour profile"), ("exif", "EXIF block"), ("xmp", "XMP block")):
            block = getattr(self, field_name)
            if block is not None and len(block) > MAX_BLOCK:
                self.notes.append(f"the {name} of {len(block) / 1e6:.0f} MB is too large and is dropped")
                setattr(self, field_name, None)


def one_colour(pixels: Pixels) -> bool:
    """Whether all pixels are equal. uint8 (H, W, 3) or (H, W)."""
    import cv2

    if not (pixels[0] == pixels[0, 0]).all():  # most pictures need no second look
        return False
    return len(pixels) == 1 or cv2.norm(pixels[1:], pixels[:-1], cv2.NORM_INF) == 0.0


def to_8_bits(samples: npt.NDArray[np.unsignedinteger[Any]], bits: int) -> Pixels:
    """uint8 of samples 0 .. 2^bits - 1, rounded to nearest."""
    if bits == 8:
        return np.ascontiguousarray(samples, np.uint8)
    top = (1 << bits) - 1
    return ((samples.astype(np.uint32) * 255 + top // 2) // top).astype(np.uint8)


def upright(stored: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """The array (H, W) or (H, W, C) as it is to be seen, contiguous.

    Source: CIPA DC-008 (Exif 2.32), tag 0x0112.
    """
    import cv2

    if orientation >= 5:
        stored = cv2.transpose(stored)
    down = orientation in (3, 4, 7, 8)
    across = orientation in (2, 3, 6, 7)
    if down or across:
        stored = cv2.flip(stored, -1 if down and across else 0 if down else 1)
    return np.ascontiguousarray(stored)


def turned_back(seen: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """The array as it is stored in this orientation: the inverse of `upright`."""
    return upright(seen, {6: 8, 8: 6}.get(orientation, orientation))  # all but the quarter turns undo themselves


def divided(samples: npt.NDArray[Any], alpha: npt.NDArray[Any], top: float) -> npt.NDArray[Any]:
    """Colours (H, W[, C]) that were stored multiplied by `alpha` (H, W), as they were before, of the same dtype.

    top: the alpha that covers fully.  Whole numbers that come out beyond it are clipped.
    """
    cover = alpha.astype(np.float32).reshape(*alpha.shape, *[1] * (samples.ndim - 2))
    plain = np.divide(np.float32(top) * samples, cover, out=np.zeros(samples.shape, np.float32), where=cover > 0)
    if samples.dtype.kind == "u":
        plain = np.minimum(np.rint(plain), top)
    return plain.astype(samples.dtype)
