"""Luminance adaptation: how the threshold depends on the brightness around a pixel."""

from __future__ import annotations

import math

import cv2
import numpy as np

from jndkit.pixelwise.terms.borders import border_type
from jndkit.pixelwise.terms.luma import Map, Plane

DARKEST_REMAPPED = 32  # code values, of the releases


def background_luminance(luma: Plane, border: str) -> Map:
    """Weighted mean of the 5 x 5 surround, its centre left out, float32 (H, W), code values.

    Weights 1 on the outer ring and 2 on the inner, over 32.
    Source: Chou and Li 1995, the window B.
    """
    kind = border_type(border)
    # B is the 5 x 5 box plus the 3 x 3 box less twice the centre.
    total: Map = cv2.boxFilter(luma, cv2.CV_32F, (5, 5), normalize=False, borderType=kind)
    total += cv2.boxFilter(luma, cv2.CV_32F, (3, 3), normalize=False, borderType=kind)
    total -= 2.0 * luma.astype(np.float32)
    total *= 1 / 32
    return total


def luminance_adaptation(background: Map, *, least: float = 3.0) -> Map:
    """The threshold f2 over a background, both float32 (H, W) in code values: 20 on black, 3 at 127, 6 on white.

    17 (1 - sqrt(L / 127)) + least up to 127, 3/128 (L - 127) + 3 above.
    least: what the dark side falls to; some papers print the formula without it, that is with 0.
    Source: Chou and Li 1995, the function f2.
    """
    dark = np.float32(17 + least) - np.float32(17 / math.sqrt(127)) * np.sqrt(background)
    bright = background * np.float32(3 / 128) + np.float32(3 - 127 * 3 / 128)
    threshold: Map = np.where(background <= 127, dark, bright)
    return threshold


def luminance_adaptation_13(luma: Plane, border: str) -> Map:
    """f2 over a background in whole code values, its dark half lifted to 32 .. 127, so that f2 stays below 11.5.

    luma: (H, W), code values. Returns float32 (H, W), code values.
    Source: the code of Wu et al. 2013 and 2017. Differs: the papers do not lift the dark half.
    """
    # The tiny offset keeps a whole number whole should the sum of a float plane fall short of it.
    background = (background_luminance(luma, border) + np.float32(1e-4)).astype(np.uint8)
    threshold: Map = np.take(_lifted_table(), background)
    return threshold


def _lifted_table() -> Map:
    level = np.arange(256, dtype=np.float64)
    lifted = np.floor(DARKEST_REMAPPED + level * (127 - DARKEST_REMAPPED) / 127 + 0.5)  # MATLAB's round
    return luminance_adaptation(np.where(level <= 127, lifted, level).astype(np.float32))
