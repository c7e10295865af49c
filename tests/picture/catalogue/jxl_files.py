"""JPEG XL files whose coded samples are an encoder's and whose header is written here.

Encoders write one plain header; it is replaced by one that says something else of the same samples.

Source: ISO/IEC 18181-1, annexes D and E.
"""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from jndkit.picture.formats import jxl_header

from .case import Array, cover, photo

Fields = list[tuple[int, int]]  # (value, width) pairs, least significant bit first
DEFAULT: Fields = [(1, 1)]
RGB, GREY = 0, 1
SRGB_CURVE, LINEAR, PQ, DCI = 13, 8, 16, 17


class Writer:
    """Bits of a codestream."""

    def __init__(self) -> None:
        self._whole, self._width = 0, 0

    def put(self, *fields: tuple[int, int]) -> None:
        for value, width in fields:
            self._whole |= int(value) << self._width
            self._width += width

    def data(self) -> bytes:
        return self._whole.to_bytes(-(-self._width // 8), "little")


def enum(value: int) -> Fields:
    return [(value, 2)] if value < 2 else [(2, 2), (value - 2, 4)]


def curve(number: int) -> Fields:
    return [(0, 1), *enum(number)]


def power(exponent: float) -> Fields:
    return [(1, 1), (round(1e7 / exponent), 24)]


def xy(*values: float) -> Fields:
    fields: Fields = []
    for value in values:  # all below 0.524288 after doubling, or in the second class
        packed = 2 * round(value * 1e6)
        kind, base, width = ((0, 0, 19), (1, 524288, 19), (2, 1048576, 20))[(packed >= 524288) + (packed >= 1048576)]
        fields += [(kind, 2), (packed - base, width)]
    return fields


def space(white: Fields, primaries: Fields, transfer: Fields, kind: int = RGB) -> Fields:
    """A named colour space of relative intent."""
    return [(0, 1), (0, 1), *enum(kind), *white, *([] if kind == GREY else primaries), *transfer, *enum(1)]


D65 = enum(1)
SRGB, BT2020, P3 = enum(1), enum(9), enum(11)
GREY_SPACE = space(D65, [], curve(SRGB_CURVE), GREY)


def head(
    pixels: Array,
    *,
    bits: int = 8,
    alpha_bits: int | None = None,
    xyb: bool = False,
    colour: Fields | None = None,
    orientation: int = 1,
    premultiplied: bool = False,
    channel: int = 0,
    extension: int = 0,
    profile: bytes | None = None,
) -> bytes:
    """Signature and headers of a picture of these pixels, none of whose sides can be told in a few bits."""
    height, width = pixels.shape[:2]
    planes = 1 if pixels.ndim == 2 else pixels.shape[2]
    grey, alpha = planes < 3, planes in (2, 4)
    fields: Fields = [(0, 1), (0, 2), (height - 1, 9), (0, 3), (0, 2), (width - 1, 9)]
    further = orientation != 1
    depth, alpha_depth = _depth(bits), _depth(alpha_bits or bits)
    fields += [(0, 1), (further, 1)]
    if further:
        fields += [(orientation - 1, 3), (0, 3)]
    fields += [*depth, (bits <= 8 or xyb, 1), (alpha, 2)]
    if alpha:
        further_channel: Fields = [(0, 1), *enum(channel), *alpha_depth, (0, 2), (0, 2)]
        if channel == 0:
            further_channel += [(premultiplied, 1)]
        fields += further_channel if premultiplied or channel or (alpha_bits or bits) != 8 else [(1, 1)]
    fields += [(xyb, 1)]
    if profile is None:
        fields += colour or (GREY_SPACE if grey else DEFAULT)
    else:
        fields += [(0, 1), (1, 1), *enum(GREY if grey else RGB)]
    if further:
        fields += [(1, 1)]  # the default tone mapping
    if extension:
        fields += [(1, 2), (0, 4), (3, 2), (extension & 4095, 12), (1, 1), (extension >> 12, 8), (0, 1), (0, extension)]
    else:
        fields += [(0, 2)]
    fields += [(1, 1), *(_profile_bits(profile) if profile else [])]
    writer = Writer()
    writer.put(*fields)
    return b"\xff\x0a" + writer.data()


def _depth(bits: int) -> Fields:
    return [(0, 1), (0, 2)] if bits == 8 else [(0, 1), (3, 2), (bits - 1, 6)]


def bare(data: bytes) -> bytes:
    """The codestream of a file in one box."""
    at = data.find(b"jxlc")
    return data if data[:2] == b"\xff\x0a" else data[at + 4 : at - 4 + int.from_bytes(data[at - 4 : at])]


@cache
def encoded(name: str, lossless: bool) -> bytes:
    import imagecodecs

    options: dict[str, Any] = {"lossless": True} if lossless else {"lossless": False, "distance": 0.5}
    return bytes(imagecodecs.jpegxl_encode(PIXELS[name], usecontainer=False, **options))


PIXELS = {
    "rgb": photo(),
    "grey": photo()[..., 1],
    "rgba": np.dstack([photo(), cover()]),
    "grey alpha": np.dstack([photo()[..., 1], cover()]),
}


def file(name: str, lossless: bool = True, **header: Any) -> bytes:
    """The picture of that name under another header."""
    data = encoded(name, lossless)
    plain = head(PIXELS[name], xyb=not lossless)
    if not data.startswith(plain):  # all defaults, which lossy colours can be
        plain = b"\xff\x0a" + _all_default(PIXELS[name])
        assert data.startswith(plain)
    return head(PIXELS[name], xyb=not lossless, **header) + data[len(plain) :]


def _all_default(pixels: Array) -> bytes:
    height, width = pixels.shape[:2]
    writer = Writer()
    writer.put((0, 1), (0, 2), (height - 1, 9), (0, 3), (0, 2), (width - 1, 9), (1, 1), (1, 1))
    return writer.data()


@cache
def _profile_bits(profile: bytes) -> Fields:
    """A profile as libjxl codes it: cut out of a transcoded JPEG file that holds it."""
    import imagecodecs

    out = io.BytesIO()
    grey = profile[16:20] == b"GRAY"
    Image.fromarray(photo()[..., 1] if grey else photo()).save(out, "JPEG", icc_profile=profile)
    data = bytes(imagecodecs.jpegxl_encode_jpeg(out.getvalue()))
    start, end = jxl_header.read_header(data, None).icc_at
    whole = int.from_bytes(jxl_header.codestream(data)[2:], "little")
    return [(whole >> start & ((1 << end - start) - 1), end - start)]


def samples_of(name: str, lossless: bool) -> tuple[Array, Array | None]:
    """Code values and transparency; of lossy files by 16 bits, since libjxl dithers what it rounds to 8."""
    import imagecodecs

    pixels = PIXELS[name] if lossless else imagecodecs.jpegxl_decode(file(name, False, bits=16, alpha_bits=8)) / 257.0
    if name in ("rgb", "grey"):
        return pixels, None
    return (pixels[..., 0] if name == "grey alpha" else pixels[..., :3]), cover()
