"""Transfer curves: samples of any depth, coded with a power of light, as sRGB code values.

Source: IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.picture.contract import Pixels


def encoded(light: npt.NDArray[Any]) -> Pixels:
    """uint8: sRGB code values of linear light 0 .. 1."""
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(255 * coded), np.uint8)


def decoded(codes: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """float64: linear light of sRGB codes 0 .. 1."""
    light: npt.NDArray[np.float64] = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    return light


def recoded(samples: npt.NDArray[Any], top: int, exponent: float) -> Pixels:
    """uint8: sRGB code values of samples whose light is (sample / top) ** exponent.

    samples: unsigned integers 0 .. top, or floating-point values 0 .. 1, of which those outside are clipped.
    """
    if samples.dtype.kind == "u":
        table = encoded((np.arange(top + 1) / top) ** exponent)
        return np.asarray(table[np.minimum(samples, top)], np.uint8)
    values: npt.NDArray[Any] = np.clip(np.nan_to_num(samples.astype(np.float32)), 0, 1)
    return encoded(values**exponent)


def said(exponent: float) -> str:
    """The curve in a note."""
    return "linear light" if exponent == 1 else f"gamma {exponent:.3g}"
