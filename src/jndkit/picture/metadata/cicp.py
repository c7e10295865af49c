"""Colour spaces that files name by number or by chromaticities, as AVIF, HEIC, JPEG XL and PNG do.

Source: ITU-T H.273 (coding-independent code points), tables 2 and 3; ICC.1:2001-04 for the profile.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from jndkit.picture import transfer
from jndkit.picture.formats.raster import Raster

Matrix = npt.NDArray[np.float64]

D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
SRGB = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
_BT601 = (0.630, 0.340, 0.310, 0.595, 0.155, 0.070)
# By their number: name, chromaticities of red, green and blue, and of white.
PRIMARIES = {
    4: ("BT.470 M", (0.67, 0.33, 0.21, 0.71, 0.14, 0.08), _C),
    5: ("BT.470 BG", (0.64, 0.33, 0.29, 0.60, 0.15, 0.06), D65),
    6: ("BT.601", _BT601, D65),
    7: ("BT.601", _BT601, D65),
    8: ("film", (0.681, 0.319, 0.243, 0.692, 0.145, 0.049), _C),
    9: ("BT.2020", (0.708, 0.292, 0.170, 0.797, 0.131, 0.046), D65),
    11: ("DCI P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060), (0.314, 0.351)),
    12: ("Display P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060), D65),
    22: ("EBU 3213", (0.630, 0.340, 0.295, 0.605, 0.155, 0.077), D65),
}
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

_SRGB_PRIMARIES = (1, 2)
_SRGB_CURVES = (1, 2, 6, 13, 14, 15)  # BT.709 video is shown with the sRGB curve, as browsers do
_EXPONENTS = {4: 2.2, 5: 2.8, 8: 1.0, 17: 2.6}
_HDR_CURVES = {16: "PQ", 18: "HLG"}


@dataclass(frozen=True)
class Meaning:
    """How pixels are to be read.

    icc: the profile of pixels with the sRGB curve, or with its own where `exponent` is None; None for sRGB.
    exponent: light is this power of the samples; None where no recoding is needed.  note: what is not honoured.
    """

    icc: bytes | None = None
    exponent: float | None = None
    note: str | None = None


def _xyz(x: float, y: float) -> Matrix:
    return np.array([x / y, 1.0, (1.0 - x - y) / y])


def rgb_to_xyz(chromaticities: tuple[float, ...], white: tuple[float, float] = D65) -> Matrix:
    """3 x 3: linear RGB to CIE XYZ adapted to D50, for primaries (rx, ry, gx, gy, bx, by) and the xy of white.

    Raises ValueError for chromaticities that span no colours.
    """
    if min(*chromaticities[1::2], white[1]) <= 0:
        raise ValueError("a chromaticity is not above zero")
    columns = np.stack([_xyz(*chromaticities[i : i + 2]) for i in (0, 2, 4)], axis=1)
    source = _xyz(*white)
    if abs(np.linalg.det(columns)) < 1e-3:
        raise ValueError("the primaries lie on one line")
    gains = (_BRADFORD @ _D50) / (_BRADFORD @ source)
    adapted: Matrix = (
        np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD @ (columns * np.linalg.solve(columns, source))
    )
    return adapted


def _fixed(values: npt.ArrayLike) -> bytes:
    return np.round(np.asarray(values, np.float64) * 65536).astype(">i4").tobytes()


def _curve(exponent: float | None) -> bytes:
    """The sRGB curve for None."""
    if exponent is not None:
        return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256))
    linear = transfer.decoded(np.arange(1024) / 1023)
    return b"curv\0\0\0\0" + struct.pack(">I", 1024) + np.round(linear * 65535).astype(">u2").tobytes()


@lru_cache(maxsize=16)
def profile_of(
    name: str, chromaticities: tuple[float, ...], white: tuple[float, float] = D65, exponent: float | None = None
) -> bytes:
    """An ICC profile with these primaries (rx, ry, gx, gy, bx, by) and the sRGB curve or a power.

    Raises ValueError for chromaticities that span no colours or that a profile cannot hold.
    """
    matrix = rgb_to_xyz(chromaticities, white)
    if np.abs(matrix).max() > 8:
        raise ValueError("the primaries are too far apart")
    text = name.encode("ascii") + b"\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text\0\0\0\0No copyright\0",
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(_D50),
        b"rXYZ": b"XYZ \0\0\0\0" + _fixed(matrix[:, 0]),
        b"gXYZ": b"XYZ \0\0\0\0" + _fixed(matrix[:, 1]),
        b"bXYZ": b"XYZ \0\0\0\0" + _fixed(matrix[:, 2]),
        b"rTRC": _curve(exponent),
    }
    table, body = b"", b""
    start = 128 + 4 + 12 * (len(tags) + 2)
    for tag, value in tags.items():
        names = (b"rTRC", b"gTRC", b"bTRC") if tag == b"rTRC" else (tag,)
        for each in names:
            table += struct.pack(">4sII", each, start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
    head = head.ljust(68, b"\0") + _fixed(_D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags) + 2) + table + body


def profile(primaries: int) -> bytes | None:
    """An ICC profile with the primaries of that H.273 number and the sRGB curve; None for numbers not known here."""
    return None if primaries not in PRIMARIES else profile_of(*PRIMARIES[primaries])


def meaning(primaries: int, curve: int) -> Meaning:
    """How pixels with these H.273 numbers of primaries and transfer curve are read."""
    if curve in _HDR_CURVES:
        return Meaning(note=f"high dynamic range ({_HDR_CURVES[curve]}) is read as if it were sRGB")
    icc = profile(primaries)
    if (icc is None and primaries not in _SRGB_PRIMARIES) or (curve not in _SRGB_CURVES and curve not in _EXPONENTS):
        return Meaning(note=f"colour numbers {primaries}/{curve} are read as if they were sRGB")
    return Meaning(icc, _EXPONENTS.get(curve))


def read_numbers(raster: Raster, data: bytes) -> None:
    """Give the raster the profile that the colour numbers (nclx) of an AVIF file stand for, unless it has one.

    Source: ISO/IEC 14496-12, section 12.1.5 (colour information).
    """
    at = data.find(b"colrnclx", 0, 65536)
    if 0 <= at <= len(data) - 12:
        name_colour(raster, int.from_bytes(data[at + 8 : at + 10]), int.from_bytes(data[at + 10 : at + 12]))


def name_colour(raster: Raster, primaries: int, curve: int) -> None:
    """The same for primaries and transfer curve by their H.273 numbers."""
    if raster.icc is not None:
        return
    found = meaning(primaries, curve)
    if found.exponent is not None:
        raster.pixels = transfer.recoded(raster.pixels, 255, found.exponent)
    note_meaning(raster, found)


def note_meaning(raster: Raster, found: Meaning) -> None:
    """Give the raster the profile and the notes of what was found; its pixels have been recoded."""
    raster.icc = found.icc
    if found.exponent is not None:
        raster.notes.append(f"converted from {transfer.said(found.exponent)} to sRGB")
    if found.note is not None:
        raster.notes.append(found.note)
