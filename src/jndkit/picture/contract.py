"""The one picture type every room works on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from jndkit.picture.hdr.gain_map import GainMap
from jndkit.picture.metadata.mark import MARK

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class JpegCoding:
    """How a JPEG file codes its pixels, by its headers.

    tables: of every component, the 64 quantisation steps, code values, in rows of the 8 x 8 frequencies.
    samplings: of every component, its sampling factors across and down.
    progressive: in several scans, each of which adds to the whole picture.  arithmetic: not by Huffman codes.
    """

    tables: tuple[tuple[int, ...], ...]
    samplings: tuple[tuple[int, int], ...]
    progressive: bool
    arithmetic: bool


@dataclass(frozen=True)
class Source:
    """Where a picture came from. `path` is None for bytes in memory; `format` is Pillow's name, such as "JPEG".

    lossy: whether the file's coding lost something, None where that was not looked up.
    jpeg: how a JPEG file is coded; None for other formats, and where its tables are not all there.
    orientation: of the stored pixels, as EXIF counts; loading turned them upright.
    resampled: (width, height) upright, before the picture was made smaller; None where it was not.
    """

    path: str | None
    format: str
    size: int
    sha256: str
    lossy: bool | None = None
    jpeg: JpegCoding | None = None
    orientation: int = 1
    resampled: tuple[int, int] | None = None


@dataclass(frozen=True)
class Picture:
    """A still picture, upright, in sRGB.

    rgb: uint8 (H, W, 3), sRGB-encoded.  alpha: uint8 (H, W), or None where the picture is opaque.
    grey: the three planes are equal and files should hold one channel.
    native: uint8 (H, W, 3), the same picture in its own RGB space, described by the profile `icc`; None where that is
        sRGB or where the original space is not RGB (CMYK, Lab).  What is coded is `coded`, what is judged is `rgb`.
    icc: the profile true of `coded`, or None for plain sRGB.
    exif, xmp: metadata blocks to write back, already free of orientation, thumbnail and size tags.
    hdr: the file shows as HDR by a gain map, where the display can.  gain_map: that map, to write back, of a JPEG file.
    marked: the file says that jndkit wrote it.
    mark: what files made of this picture say of their making.
    notes: what loading had to change, one sentence each.
    """

    rgb: Pixels
    alpha: Pixels | None = None
    grey: bool = False
    native: Pixels | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    hdr: bool = False
    gain_map: GainMap | None = None
    marked: bool = False
    mark: str = MARK
    bits: int = 8
    source: Source | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def coded(self) -> Pixels:
        """uint8 (H, W, 3): the pixels an encoder that can carry `icc` should write."""
        return self.rgb if self.native is None else self.native

    @property
    def name(self) -> str:
        """What messages and rows call it: its path as it was given."""
        return self.source.path if self.source and self.source.path else "picture in memory"

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])
