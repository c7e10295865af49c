"""The error of a decoded picture against a map of thresholds, pixel by pixel."""

from __future__ import annotations

import math

import cv2
import numpy as np

from jndkit.observers.contract import Map
from jndkit.picture import Pixels
from jndkit.pixelwise import jnd_map

BLUR = 0.02
"""Standard deviation of the low-pass, degrees: half amplitude at 9.4 cycles per degree. The same for every map."""

LEAST = 1.0
"""Thresholds below this many code values count as this, one step of an 8-bit picture."""

_LEAST_BLUR = 0.25  # pixels: a narrower kernel is one pixel

# Full-range Y, Cb and Cr of ITU-R BT.601, as JPEG has them.
_YCBCR = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)


def inverse_threshold(rgb: Pixels, model: str) -> Map:
    """1 over the map, float32 (H, W), per code value. rgb: uint8 (H, W, 3), at least 8 pixels a side."""
    inverse: Map = np.reciprocal(np.maximum(jnd_map(rgb, model), np.float32(LEAST)))
    return inverse


def low_pass_reach(ppd: float) -> int:
    """How many pixels away the low-pass looks."""
    sigma = BLUR * ppd
    return math.ceil(3.0 * sigma) if sigma >= _LEAST_BLUR else 0


def low_passed_error(reference: Pixels, decoded: Pixels, ppd: float) -> Map:
    """Error in Y, Cb and Cr, low-passed by a Gaussian of 0.02 degrees, float32 (H, W, 3), code values.

    reference, decoded: uint8 (H, W, 3).  ppd: pixels per degree.  Beyond the frame the error is mirrored.
    """
    error: Map = cv2.transform(cv2.subtract(decoded, reference, dtype=cv2.CV_32F), _YCBCR)
    reach = low_pass_reach(ppd)
    if reach:
        sides = (2 * reach + 1, 2 * reach + 1)
        error = cv2.GaussianBlur(error, sides, BLUR * ppd, borderType=cv2.BORDER_REFLECT)
    return error


def raised(error: Map, inverse: Map, beta: int) -> tuple[Map, Map]:
    """|error / threshold|^beta of luma, and the sum of it over Cb and Cr, float32 (H, W) each.

    error: as `low_passed_error` gives it.  inverse: as `inverse_threshold` gives it.
    """
    luma, blue, red = (_whole_power(cv2.multiply(plane, inverse), beta) for plane in cv2.split(error))
    return luma, cv2.add(blue, red)


def _whole_power(x: Map, beta: int) -> Map:
    size: Map = np.abs(x)
    power = size
    for _ in range(beta - 1):
        power = cv2.multiply(power, size)
    return power
