"""Colour profiles for pictures that name their colour space by number, as AVIF, HEIC and JPEG XL do.

Source: ITU-T H.273 (coding-independent code points), tables 2 and 3; ICC.1:2001-04 for the profile.
"""

from __future__ import annotations

import struct
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from jndkit.picture.raster import Raster

Matrix = npt.NDArray[np.float64]

# Chromaticities of red, green and blue, all with the D65 white point.
_PRIMARIES = {
    9: ("BT.2020", (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)),
    12: ("Display P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
}
_D65 = (0.3127, 0.3290)
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

_SRGB_PRIMARIES = (1, 2)
_SRGB_CURVES = (1, 2, 6, 13, 14, 15)  # BT.709 video is shown with the sRGB curve, as browsers do
_HDR_CURVES = {16: "PQ", 18: "HLG"}


def _xyz(x: float, y: float) -> Matrix:
    return np.array([x / y, 1.0, (1.0 - x - y) / y])


def rgb_to_xyz(chromaticities: tuple[float, ...]) -> Matrix:
    """3 x 3: linear RGB to CIE XYZ adapted to D50, for primaries (rx, ry, gx, gy, bx, by) and a D65 white."""
    columns = np.stack([_xyz(*chromaticities[i : i + 2]) for i in (0, 2, 4)], axis=1)
    white = _xyz(*_D65)
    gains = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted: Matrix = (
        np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD @ (columns * np.linalg.solve(columns, white))
    )
    return adapted


def _fixed(values: npt.ArrayLike) -> bytes:
    return np.round(np.asarray(values, np.float64) * 65536).astype(">i4").tobytes()


def _srgb_curve() -> bytes:
    v = np.arange(1024) / 1023
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    return b"curv\0\0\0\0" + struct.pack(">I", 1024) + np.round(linear * 65535).astype(">u2").tobytes()


@lru_cache(maxsize=4)
def profile(primaries: int) -> bytes | None:
    """An ICC profile with the primaries of that H.273 number and the sRGB curve; None for numbers not known here."""
    if primaries not in _PRIMARIES:
        return None
    name, chromaticities = _PRIMARIES[primaries]
    matrix = rgb_to_xyz(chromaticities)
    text = name.encode("ascii") + b"\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text\0\0\0\0No copyright\0",
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(_D50),
        b"rXYZ": b"XYZ \0\0\0\0" + _fixed(matrix[:, 0]),
        b"gXYZ": b"XYZ \0\0\0\0" + _fixed(matrix[:, 1]),
        b"bXYZ": b"XYZ \0\0\0\0" + _fixed(matrix[:, 2]),
        b"rTRC": _srgb_curve(),
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
    if curve in _HDR_CURVES:
        raster.notes.append(f"high dynamic range ({_HDR_CURVES[curve]}) is read as if it were sRGB")
    elif primaries not in _SRGB_PRIMARIES or curve not in _SRGB_CURVES:
        raster.icc = profile(primaries) if curve in _SRGB_CURVES else None
        if raster.icc is None:
            raster.notes.append(f"colour numbers {primaries}/{curve} are read as if they were sRGB")
