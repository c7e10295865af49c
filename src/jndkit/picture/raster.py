"""What every decoder hands over: stored pixels with what the file says about them, before orientation and colour."""

from __future__ import annotations

from dataclasses import dataclass, field

from jndkit.picture.contract import Pixels


@dataclass
class Raster:
    """A decoded file.

    pixels: uint8, (H, W) for one channel or (H, W, 3) RGB, in the space of `icc`.  alpha: uint8 (H, W) or None.
    orientation: EXIF orientation still to be applied, 1 to 8.  bits: per channel as stored.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    orientation: int = 1
    marked: bool = False
    bits: int = 8
    notes: list[str] = field(default_factory=list)
