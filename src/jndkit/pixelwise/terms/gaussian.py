"""The n x n Gaussian window, as MATLAB's fspecial('gaussian', n, sigma) defines it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.pixelwise.terms.borders import border_type
from jndkit.pixelwise.terms.luma import Map, Plane


def gaussian(size: int, sigma: float) -> npt.NDArray[np.float64]:
    """Weights (size,) of exp(-x^2 / 2 sigma^2) about the middle, sum 1; the window is their outer product."""
    x = np.arange(size) - (size - 1) / 2
    heights = np.exp(-(x**2) / (2 * sigma**2))
    weights: npt.NDArray[np.float64] = heights / heights.sum()
    return weights


def smooth(plane: Plane, size: int, sigma: float, border: str) -> Map:
    """The plane (H, W) under the window, float32 (H, W)."""
    weights = gaussian(size, sigma)
    smoothed: Map = cv2.sepFilter2D(plane, cv2.CV_32F, weights, weights, borderType=border_type(border))
    return smoothed
