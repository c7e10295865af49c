"""Viewing geometry: pixels per degree, the frequency of DCT coefficients, how far from fixation a pixel lies."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError
from jndkit.pixelwise.terms.luma import Map

BLOCK = 8

Table = npt.NDArray[np.float64]


def pixels_per_degree_at(heights: float, rows: int) -> float:
    """Pixels per degree of visual angle, 1 / (2 atan(1 / (2 R H))) with the angle in degrees.

    heights: viewing distance R in picture heights.  rows: picture height H in pixels.
    Source: Wei and Ngan 2009, the angle of a pixel.
    """
    return 1 / (2 * math.degrees(math.atan(1 / (2 * heights * rows))))


def viewing_distance(pixels_per_degree: float) -> float:
    """Viewing distance in pixels at which the pixel ahead spans 1 / `pixels_per_degree` degrees.

    It is R H of `pixels_per_degree_at`, and close to 180 / pi times the pixels per degree.
    """
    return 1 / (2 * math.tan(math.radians(0.5 / pixels_per_degree)))


def dct_frequencies(pixels_per_degree: float) -> Table:
    """Spatial frequency of each coefficient of an 8 x 8 DCT, float64 (8, 8), cycles per degree.

    sqrt(i^2 + j^2) / 16 cycles per pixel, times the pixels per degree.
    Raises UsageError unless `pixels_per_degree` is a positive number.
    Source: Ahumada and Peterson 1992.
    """
    if not (math.isfinite(pixels_per_degree) and pixels_per_degree > 0):
        raise UsageError(f"pixels per degree must be a positive number, not {pixels_per_degree}")
    i, j = np.indices((BLOCK, BLOCK))
    frequency: Table = np.hypot(i, j) * (pixels_per_degree / (2 * BLOCK))
    return frequency


def obliqueness() -> Table:
    """sin(phi) of each coefficient of an 8 x 8 DCT, float64 (8, 8): 0 on the axes and for DC, 1 on the diagonal.

    2 omega_i0 omega_0j / omega_ij^2, the sine of the angle between the two directions a coefficient holds; the same at
    every distance, for pixels are square.
    Source: Ahumada and Peterson 1992.
    """
    i, j = np.indices((BLOCK, BLOCK)).astype(np.float64)
    sine: Table = 2 * i * j / np.maximum(i * i + j * j, 1)
    return sine


def eccentricity(
    shape: tuple[int, int], fixation: tuple[float, float], distance: float, *, above: float = 1.0, below: float = 1.0
) -> Map:
    """Angle between each pixel and the point that is looked at, float32 (H, W), degrees.

    shape: (H, W).  fixation: (row, column) in pixels, whole numbers at the centres of pixels, anywhere.
    distance: viewing distance in pixels.  above, below: what the vertical part of the distance is multiplied by in the
    upper and the lower field, to make contours of equal acuity half ellipses.
    Raises UsageError for a distance or factor that is not positive.
    Source: Li et al. 2016, atan(d / v). Differs: the factors, in the manner of Chen and Wu 2019; none are published.
    """
    if not (distance > 0 and above > 0 and below > 0):
        raise UsageError("the viewing distance and the factors above and below fixation must be positive")
    down = np.arange(shape[0]) - fixation[0]
    down = down * np.where(down < 0, above, below) / distance
    across = (np.arange(shape[1]) - fixation[1]) / distance
    angle: Map = np.arctan(np.hypot(down.astype(np.float32)[:, None], across.astype(np.float32)))
    angle *= np.float32(180 / math.pi)
    return angle
