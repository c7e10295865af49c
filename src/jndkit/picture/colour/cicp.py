"""Colour spaces that files name by number or by chromaticities, as AVIF, HEIC, JPEG XL and PNG do.

Source: ITU-T H.273 (coding-independent code points), tables 2 and 3.
"""

from __future__ import annotations

from dataclasses import dataclass

from jndkit.picture.colour import transfer
from jndkit.picture.colour.primaries import D65, profile_of
from jndkit.picture.raster import Raster

_C = (0.310, 0.316)
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


def profile(primaries: int) -> bytes | None:
    """An ICC profile with the primaries of that H.273 number and the sRGB curve; None for numbers not known here."""
    return None if primaries not in PRIMARIES else profile_of(*PRIMARIES[primaries])


def meaning_of(primaries: int, curve: int) -> Meaning:
    """How pixels with these H.273 numbers of primaries and transfer curve are read."""
    if curve in _HDR_CURVES:
        return Meaning(note=f"high dynamic range ({_HDR_CURVES[curve]}) is read as if it were sRGB")
    icc = profile(primaries)
    if (icc is None and primaries not in _SRGB_PRIMARIES) or (curve not in _SRGB_CURVES and curve not in _EXPONENTS):
        return Meaning(note=f"colour numbers {primaries}/{curve} are read as if they were sRGB")
    return Meaning(icc, _EXPONENTS.get(curve))


def name_colour(raster: Raster, primaries: int, curve: int) -> None:
    """Give the raster the profile that these H.273 numbers of primaries and curve stand for, unless it has one."""
    if raster.icc is not None:
        return
    meaning = meaning_of(primaries, curve)
    if meaning.exponent is not None:
        raster.pixels = transfer.recoded(raster.pixels, 255, meaning.exponent)
    note_meaning(raster, meaning)


def note_meaning(raster: Raster, meaning: Meaning) -> None:
    """Give the raster the profile and the notes of its meaning; its pixels have been recoded."""
    raster.icc = meaning.icc
    if meaning.exponent is not None:
        raster.notes.append(f"converted from {transfer.curve_name(meaning.exponent)} to sRGB")
    if meaning.note is not None:
        raster.notes.append(meaning.note)
