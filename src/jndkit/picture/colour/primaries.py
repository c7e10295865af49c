"""ICC profiles for spaces that files name by chromaticities or number, made here, so that every picture has a true one.

PNG and JPEG XL files may state any primaries, so that no set of ready profiles would do.

Source: ICC.1:2001-04 (profile), section 6; ICC.1:2022, annex E (linear Bradford adaptation).
"""

from __future__ import annotations

import struct
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from jndkit.picture.colour import transfer

Matrix = npt.NDArray[np.float64]

D65 = (0.3127, 0.3290)
SRGB = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


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
        if round(exponent * 256) > 65535:  # the format has 8 bits before the point and 8 behind
            raise ValueError(f"the transfer curve, a power of {exponent:.3g}, is too steep")
        return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256))
    linear = transfer.srgb_light(np.arange(1024) / 1023)
    return b"curv\0\0\0\0" + struct.pack(">I", 1024) + np.round(linear * 65535).astype(">u2").tobytes()


@lru_cache(maxsize=16)
def profile_of(
    name: str, chromaticities: tuple[float, ...], white: tuple[float, float] = D65, exponent: float | None = None
) -> bytes:
    """An ICC profile with these primaries (rx, ry, gx, gy, bx, by) and the sRGB curve or a power.

    Raises ValueError for chromaticities that span no colours, and for those and a power that a profile cannot hold.
    """
    matrix = rgb_to_xyz(chromaticities, white)
    if np.abs(matrix).max() > 8:  # those of spaces in use stay near 1
        raise ValueError("the primaries are too far apart")
    text = name.encode("ascii") + b"\0"
    tags = {
        # 78 zeros: there is no Unicode and no Macintosh name.
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
        # All three curves are one, so that the profile holds it once.
        names = (b"rTRC", b"gTRC", b"bTRC") if tag == b"rTRC" else (tag,)
        for signature in names:
            table += struct.pack(">4sII", signature, start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")  # one date for ever: equal files are made equal
    head = head.ljust(68, b"\0") + _fixed(_D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags) + 2) + table + body
