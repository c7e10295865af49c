"""Canny edges with a threshold relative to the picture's largest gradient.

Source: Canny 1986, in the form of MATLAB's edge(x, 'canny', t) since release 2011a, which the published models call.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.picture import Pixels
from jndkit.pixelwise.terms.borders import Strip, strips
from jndkit.pixelwise.terms.gaussian import gaussian
from jndkit.pixelwise.terms.luma import Map, Plane
from jndkit.threads import side_by_side

SIGMA = math.sqrt(2.0)
TAPS = 8 * math.ceil(SIGMA)  # 16, as MATLAB has it
LOW_TO_HIGH = 0.4  # MATLAB's
# A gradient below this share of the brightest pixel is the rounding of float32, not an edge.
NO_GRADIENT = 1e-5


def canny(plane: Plane, threshold: float) -> Pixels:
    """Edge mask, uint8 (H, W), 1 on edges.

    plane: (H, W), any unit.  threshold: share of the largest gradient an edge must reach somewhere; it continues down
    to 0.4 of that. The border is replicated. A plane without gradient has no edges.
    The kernels have an even number of taps, so a mirrored plane gives the mirrored mask moved by one pixel.
    """
    across, down = _gradients(plane)
    powers = side_by_side(lambda s: float(_power(across[s.rows], down[s.rows]).max()), strips(plane.shape, 0))
    largest = math.sqrt(max(powers))
    weak = np.zeros(plane.shape, np.uint8)
    strong = np.zeros(plane.shape, bool)
    if largest <= NO_GRADIENT * float(plane.max()):
        return weak
    high = threshold * largest

    def mark(strip: Strip) -> None:
        _, slab, inner = strip
        magnitude = np.sqrt(_power(across[slab], down[slab]))
        crests = _crests(across[slab], down[slab], magnitude, LOW_TO_HIGH * high, inner)
        weak[slab].ravel()[crests] = 1
        strong[slab].ravel()[crests] = magnitude.ravel()[crests] > high

    side_by_side(mark, strips(plane.shape, 1))
    return _connected(weak, strong)


def _power(across: Map, down: Map) -> Map:
    return across * across + down * down


def _kernels() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The smoothing kernel and its derivative, 16 taps each, flipped for correlation."""
    smoothing = gaussian(TAPS, SIGMA)
    slope = np.gradient(smoothing)
    slope[slope > 0] /= slope[slope > 0].sum()
    slope[slope < 0] /= -slope[slope < 0].sum()
    return smoothing[::-1].copy(), slope[::-1].copy()


def _gradients(plane: Plane) -> tuple[Map, Map]:
    """The smoothed derivatives along x and along y, float32 (H, W)."""
    smoothing, slope = _kernels()
    # Of an even kernel MATLAB's origin is tap 8 of 16, which is at index 8 once the kernel is flipped.
    middle = (TAPS // 2, TAPS // 2)
    replicate = cv2.BORDER_REPLICATE
    across: Map = cv2.sepFilter2D(plane, cv2.CV_32F, slope, smoothing, anchor=middle, borderType=replicate)
    down: Map = cv2.sepFilter2D(plane, cv2.CV_32F, smoothing, slope, anchor=middle, borderType=replicate)
    return across, down


def _crests(across: Map, down: Map, magnitude: Map, low: float, inner: slice) -> npt.NDArray[np.intp]:
    """Flat places above `low` that are no lower than the gradient before and behind them.

    The neighbours along the gradient are interpolated between the axial and the diagonal pixel.
    """
    height, width = magnitude.shape
    above = magnitude > low
    # The frame lacks a neighbour on one side; MATLAB leaves it out too.
    above[:, [0, -1]] = False
    above[: max(inner.start, 1)] = False
    above[min(inner.stop, height - 1) :] = False
    place = np.flatnonzero(above)
    gx, gy = across.ravel()[place].astype(np.float64), down.ravel()[place].astype(np.float64)
    step_x = np.where(gx < 0, -1, 1)
    step_y = np.where(gy < 0, -width, width)
    gx, gy = np.abs(gx), np.abs(gy)
    share = np.minimum(gx, gy) / np.maximum(gx, gy)
    axial = np.where(gx > gy, step_x, step_y)
    diagonal = step_x + step_y
    level = magnitude.ravel()
    here = level[place]
    before = (1 - share) * level[place - axial] + share * level[place - diagonal]
    behind = (1 - share) * level[place + axial] + share * level[place + diagonal]
    crests: npt.NDArray[np.intp] = place[(here >= before) & (here >= behind)]
    return crests


def _connected(weak: Pixels, strong: npt.NDArray[np.bool_]) -> Pixels:
    """The 8-connected parts of `weak` that hold a strong pixel, uint8 (H, W)."""
    count, label = cv2.connectedComponents(weak, connectivity=8, ltype=cv2.CV_32S)
    kept = np.zeros(count, np.uint8)
    kept[label[strong]] = 1
    mask: Pixels = kept[label]
    return mask
