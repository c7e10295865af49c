"""Transfer curves: the one of sRGB, and powers of light recoded to it.

Source: IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.picture.contract import Pixels


def srgb_codes(light: npt.NDArray[Any]) -> Pixels:
    """uint8: sRGB code values of linear light 0 .. 1, rounded to nearest."""
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(255 * coded), np.uint8)


def srgb_light(codes: npt.NDArray[np.floating[Any]]) -> npt.NDArray[Any]:
    """Linear light 0 .. 1 of sRGB-encoded values 0 .. 1, of their shape and dtype."""
    return np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)


@cache
def light_of_codes() -> npt.NDArray[np.float64]:
    """float64 (256,): linear light 0 .. 1 of each 8-bit sRGB code value. Not to be written to."""
    light: npt.NDArray[np.float64] = srgb_light(np.arange(256) / 255.0)
    light.setflags(write=False)  # all callers share it
    return light


def recoded(samples: npt.NDArray[Any], top: int, exponent: float) -> Pixels:
    """uint8: sRGB code values of samples whose light is (sample / top) ** exponent.

    samples: unsigned integers 0 .. top, or floating-point values 0 .. 1, of which those outside are clipped.
    """
    if samples.dtype.kind == "u":
        table = srgb_codes((np.arange(top + 1) / top) ** exponent)
        return np.asarray(table[np.minimum(samples, top)], np.uint8)
    values: npt.NDArray[Any] = np.clip(np.nan_to_num(samples.astype(np.float32)), 0, 1)
    return srgb_codes(values**exponent)


def curve_name(exponent: float) -> str:
    """What notes call the curve of that power."""
    return "linear light" if exponent == 1 else f"gamma {exponent:.3g}"
