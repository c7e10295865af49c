"""What the colour chunks of a PNG file make of its samples.

Source: PNG Specification (third edition), sections 4.3 (colour spaces) and 11.3.2 (colour space information).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.picture.colour import cicp
from jndkit.picture.colour.cicp import Meaning
from jndkit.picture.colour.primaries import D65, SRGB, profile_of
from jndkit.picture.formats.png import Chunks

_SRGB_GAMMA = 45455  # 1 / 2.2, in hundred thousandths as all values of gAMA and cHRM
_AS_SRGB = 500  # gAMA values this near are written for sRGB
_SAME = 100  # chromaticities this near are those of sRGB
_GAMMAS = range(1_000, 1_000_001)  # 0.01 to 10; others are slips, 0 among them


def meaning_of(chunks: Chunks) -> Meaning:
    """How the samples are to be read: by cICP, else iCCP, else sRGB, else gAMA and cHRM, else as sRGB."""
    note = None
    if chunks.numbers is not None:
        primaries, curve, matrix, _ = chunks.numbers
        numbered = cicp.meaning_of(primaries, curve)
        if matrix == 0 and numbered.note is None:
            return numbered
        note = numbered.note or "the colour numbers (cICP) are not for RGB and are ignored"
        if chunks.icc is not None:
            note = f"the colour numbers {primaries}/{curve} are passed over for the colour profile"
    if chunks.icc is not None:
        return Meaning(chunks.icc, note=note)
    if chunks.srgb or note is not None:
        return Meaning(note=note)
    return _by_gamma(chunks)


def _by_gamma(chunks: Chunks) -> Meaning:
    note, exponent, icc = None, None, None
    if chunks.gamma is not None:
        if chunks.gamma not in _GAMMAS:
            note = f"the gamma value {chunks.gamma / 1e5:.5g} is ignored"
        else:
            exponent = 1e5 / chunks.gamma
    near = exponent is None or abs(1e5 / exponent - _SRGB_GAMMA) <= _AS_SRGB
    if chunks.chromaticities is not None and chunks.colour not in (0, 4):  # grey has no primaries
        x, y, *primaries = (value / 1e5 for value in chunks.chromaticities)
        stated = np.array([*primaries, x, y]) - (*SRGB, *D65)
        if np.abs(stated).max() > _SAME / 1e5:
            try:
                # 8 bits are not rounded a second time for the sRGB curve: the profile takes their own.
                own = exponent if near or chunks.depth <= 8 else None
                icc = profile_of("primaries of the file", tuple(primaries), (x, y), own)
                near |= own is not None
            except ValueError as error:
                note = f"the chromaticities are ignored: {error}"
    return Meaning(icc, None if near else exponent, note)


def full_range(chunks: Chunks, samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The samples, uint8 or uint16, spread over their whole range where cICP says that they use 16 to 235 of 255."""
    if chunks.numbers is None or chunks.numbers[2:] != (0, 0):
        return samples
    depth = 8 * samples.dtype.itemsize
    low, high, top = 16 << (depth - 8), 235 << (depth - 8), (1 << depth) - 1
    spread = (samples.astype(np.float32) - low) * np.float32(top / (high - low))
    chunks.note("spread from video levels (16 to 235) to full range")
    return np.asarray(np.rint(np.clip(spread, 0, top)), samples.dtype)
