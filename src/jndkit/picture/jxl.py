"""JPEG XL pictures, by imagecodecs (libjxl), which turns them upright itself.

Source: ISO/IEC 18181-1 (codestream headers), 18181-2 (container).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.errors import DamagedError, LimitError
from jndkit.picture.cicp import name_colour
from jndkit.picture.contract import Pixels
from jndkit.picture.heif import divided
from jndkit.picture.limits import MAX_BLOCK, MAX_CHUNKS, check_size
from jndkit.picture.raster import Raster, to_8_bits

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_ALPHA, _SPOT, _CFA = 0, 2, 5
_XYB = 2
_GREY = 1
_LINEAR = 8
# The primaries and curves of JPEG XL have the numbers of H.273, but for the primaries of Display P3.
_PRIMARIES = {1: 1, 9: 9, 11: 12}


@dataclass
class Header:
    """primaries, curve: H.273 numbers of the colour space, 0 where it has none.  profile: an ICC profile is inside."""

    width: int
    height: int
    bits: int = 8
    animated: bool = False
    premultiplied: bool = False
    profile: bool = False
    primaries: int = 1
    curve: int = 13


class _Bits:
    """Bits of a codestream, least significant first."""

    def __init__(self, data: bytes) -> None:
        self._word = int.from_bytes(data[:4096], "little")
        self._left = 8 * min(len(data), 4096)

    def take(self, count: int) -> int:
        if count > self._left:
            raise ValueError("the header is cut off")
        value = self._word & ((1 << count) - 1)
        self._word >>= count
        self._left -= count
        return value

    def flag(self) -> bool:
        return bool(self.take(1))

    def number(self, *choices: tuple[int, int]) -> int:
        """U32 of the standard: two bits choose a (base, width of the rest) pair."""
        base, width = choices[self.take(2)]
        return base + self.take(width)

    def enum(self) -> int:
        return self.number((0, 0), (1, 0), (2, 4), (18, 6))


def _size(bits: _Bits) -> tuple[int, int]:
    wide = ((1, 9), (1, 13), (1, 18), (1, 30))
    small = bits.flag()
    height = 8 * (bits.take(5) + 1) if small else bits.number(*wide)
    ratio = bits.take(3)
    if ratio:
        over, under = _RATIOS[ratio - 1]
        return height * over // under, height
    return (8 * (bits.take(5) + 1) if small else bits.number(*wide)), height


def _preview(bits: _Bits) -> None:
    choices = ((16, 0), (32, 0), (1, 5), (33, 9)) if bits.flag() else ((1, 6), (65, 8), (321, 10), (1345, 12))
    bits.number(*choices)
    if bits.take(3) == 0:
        bits.number(*choices)


def _depth(bits: _Bits) -> int:
    if bits.flag():
        depth = bits.number((32, 0), (16, 0), (24, 0), (1, 6))
        bits.take(4)
        return depth
    return bits.number((8, 0), (10, 0), (12, 0), (1, 6))


def _extra_channel(bits: _Bits, header: Header) -> None:
    if bits.flag():
        return
    kind = bits.enum()
    _depth(bits)
    bits.number((0, 0), (3, 0), (4, 0), (1, 3))
    bits.take(8 * bits.number((0, 0), (0, 4), (16, 5), (48, 10)))
    if kind == _ALPHA:
        header.premultiplied |= bits.flag()
    elif kind == _SPOT:
        bits.take(64)
    elif kind == _CFA:
        bits.number((1, 0), (0, 2), (3, 4), (19, 8))


def _custom(bits: _Bits, points: int) -> None:
    for _ in range(2 * points):
        bits.number((0, 19), (524288, 19), (1048576, 20), (2097152, 21))


def _colour(bits: _Bits, header: Header) -> None:
    if bits.flag():
        return
    header.profile = bits.flag()
    space = bits.enum()
    if header.profile:
        header.primaries = header.curve = 0
        return
    if space != _XYB:
        white = bits.enum()
        if white == 2:
            _custom(bits, 1)
        if space != _GREY:
            primaries = bits.enum()
            if primaries == 2:
                _custom(bits, 3)
            header.primaries = _PRIMARIES.get(primaries, 0)
        if white != 1:
            header.primaries = 0
    header.curve = 0 if bits.flag() else bits.enum()


def _codestream(data: bytes) -> bytes:
    """The first bytes of the bare codestream inside the container."""
    for kind, start, end in _boxes(data):
        if kind == b"jxlc":
            return data[start : min(end, start + 4096)]
        if kind == b"jxlp":
            return data[start + 4 : min(end, start + 4100)]
    raise ValueError("it holds no codestream")


def _boxes(data: bytes) -> list[tuple[bytes, int, int]]:
    """(type, start, end) of every box's content; none for a bare codestream."""
    found: list[tuple[bytes, int, int]] = []
    at = 0
    while at + 8 <= len(data) and len(found) < MAX_CHUNKS:
        size, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, start)
            start += 8
        end = len(data) if size == 0 else min(at + size, len(data))
        if end < start:
            raise ValueError("a box is damaged")
        found.append((kind, start, end))
        at = end
    return found


def header(data: bytes, path: str | None) -> Header:
    """Size and colour of a JPEG XL file, undecoded. Raises DamagedError."""
    try:
        stream = data if data[:2] == b"\xff\x0a" else _codestream(data)
        if stream[:2] != b"\xff\x0a":
            raise ValueError("no codestream begins where it should")
        bits = _Bits(stream[2:])
        found = Header(*_size(bits))
        if bits.flag():
            return found
        if bits.flag():
            bits.take(3)
            if bits.flag():
                _size(bits)
            if bits.flag():
                _preview(bits)
            if bits.flag():
                found.animated = True
                return found
        found.bits = _depth(bits)
        bits.flag()
        for _ in range(bits.number((0, 0), (1, 0), (2, 4), (1, 12))):
            _extra_channel(bits, found)
        bits.flag()
        _colour(bits, found)
    except (ValueError, IndexError, struct.error) as error:
        raise DamagedError(path, f"the JPEG XL header is damaged: {error}") from None
    return found


def decode(data: bytes, path: str | None, max_pixels: int) -> Raster:
    """The still picture. Raises LimitError, DamagedError, and whatever imagecodecs raises."""
    import imagecodecs

    found = header(data, path)
    check_size(path, found.width, found.height, max_pixels)
    if found.animated:
        raise LimitError(path, "the picture is animated; only still pictures are read")
    stored = imagecodecs.jpegxl_decode(data, numthreads=1)
    planes = stored.shape[2] if stored.ndim == 3 else 1
    if stored.ndim not in (2, 3) or planes > 4:
        raise DamagedError(path, f"its channels {stored.shape} are not those of a picture")
    linear = found.curve == _LINEAR and not found.profile
    if planes in (2, 4):
        colours = stored[..., 0] if planes == 2 else stored[..., :-1]
        raster = Raster(_to_8_bits(colours, found.bits, linear), _to_8_bits(stored[..., -1], found.bits, False))
        if found.premultiplied and raster.alpha is not None:
            raster.pixels = divided(raster.pixels, raster.alpha)
    else:
        raster = Raster(_to_8_bits(stored, found.bits, linear))
    _describe(raster, data, found)
    return raster


def _to_8_bits(stored: npt.NDArray[Any], bits: int, linear: bool) -> Pixels:
    """Integer samples come as stored, 0 .. 2^bits - 1; floating-point ones as 0 .. 1."""
    if stored.dtype.kind == "u":
        top = (1 << min(bits, 8 * stored.dtype.itemsize)) - 1
        stored = np.minimum(stored, top)
        if not linear:
            return np.ascontiguousarray(stored) if top == 255 else to_8_bits(stored, top.bit_length())
        return np.asarray(_encoded(np.arange(top + 1) / top)[stored], np.uint8)
    values: npt.NDArray[Any] = np.clip(np.nan_to_num(stored.astype(np.float32)), 0, 1)
    return _encoded(values) if linear else np.asarray(np.round(values * 255), np.uint8)


def _encoded(light: npt.NDArray[Any]) -> Pixels:
    """sRGB code values of linear light 0 .. 1. Source: IEC 61966-2-1."""
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(255 * coded), np.uint8)


def _describe(raster: Raster, data: bytes, found: Header) -> None:
    if found.bits > 8:
        raster.bits = found.bits
        raster.notes.append(f"{found.bits} bits per channel are reduced to 8")
    if found.curve == _LINEAR and not found.profile:
        raster.notes.append("converted from linear light to sRGB")
        found.curve = 13
    if found.profile:
        raster.notes.append("its colour profile cannot be read and is taken as sRGB")
    else:
        name_colour(raster, found.primaries, found.curve)
    if data[:2] == b"\xff\x0a":
        return
    for kind, start, end in _boxes(data):
        if kind == b"Exif" and 4 < end - start <= MAX_BLOCK:
            raster.exif = data[start + 4 + int.from_bytes(data[start : start + 4]) : end]
        elif kind == b"xml " and end - start <= MAX_BLOCK:
            raster.xmp = data[start:end]
        elif kind == b"brob":
            raster.notes.append("its compressed metadata is not kept")
