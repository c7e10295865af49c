"""The decimated Laplacian pyramid of ColorVideoVDP, with its borders."""

from __future__ import annotations

import math

import cv2
import numpy as np

from jndkit.observers.cvvdp.display import Plane

_LOWEST = 0.2  # cycles per degree: bands below are left to the base band
_KERNEL = np.array([0.05, 0.25, 0.4, 0.25, 0.05], np.float32)
_ONE = np.ones(1, np.float32)
_EVEN = np.array([0.1, 0.8, 0.1], np.float32)
_ODD = np.array([0.0, 0.5, 0.5], np.float32)
BASE_FREQUENCY = 0.1


def band_frequencies(height: int, width: int, ppd: float) -> list[float]:
    """Peak frequency of each band in cycles per degree, finest first; the last is the base band's.

    height, width: pixels, at least 8.  ppd: pixels per degree.
    """
    levels = math.floor(math.log2(min(height, width))) - 1
    peaks = [ppd / 2.0] + [0.3228 * 2.0**-k * ppd / 2.0 for k in range(14)]
    by_eye = next((k for k, peak in enumerate(peaks) if peak <= _LOWEST), levels)
    return [*peaks[: min(by_eye + 1, levels)], BASE_FREQUENCY]


def reduce(plane: Plane) -> Plane:
    """The plane smoothed and at half the size: (H, W) -> (ceil(H/2), ceil(W/2))."""
    smooth = cv2.sepFilter2D(plane, -1, _KERNEL, _KERNEL, borderType=cv2.BORDER_REFLECT)
    half: Plane = np.ascontiguousarray(smooth[::2, ::2])
    height, width = plane.shape
    if height % 2 != width % 2:
        # The published pyramid closes the right border by the parity of the rows; kept, so that its numbers are.
        edge = cv2.sepFilter2D(plane[:, -2:], -1, _ONE, _KERNEL, borderType=cv2.BORDER_REFLECT)[::2]
        step = edge[:, 1] * (_KERNEL[3] - _KERNEL[4]) + edge[:, 0] * _KERNEL[4]
        half[:, -1] += step if width % 2 == 0 else -step
    return half


def expand(plane: Plane, height: int, width: int) -> Plane:
    """The inverse of `reduce` in size: (ceil(H/2), ceil(W/2)) -> (H, W)."""
    even = cv2.sepFilter2D(plane, -1, _EVEN, _ONE, borderType=cv2.BORDER_REPLICATE)
    odd = cv2.sepFilter2D(plane, -1, _ODD, _ONE, borderType=cv2.BORDER_REPLICATE)
    wide = cv2.merge([even, odd]).reshape(plane.shape[0], -1)[:, :width]
    out: Plane = np.empty((height, width), np.float32)
    out[::2] = cv2.sepFilter2D(wide, -1, _ONE, _EVEN, borderType=cv2.BORDER_REPLICATE)
    below = height // 2
    np.add(wide[:below], wide[1 : below + 1] if height % 2 else _below(wide), out=out[1::2])
    out[1::2] *= 0.5
    return out


def _below(wide: Plane) -> Plane:
    """Each row's lower neighbour, the last row its own."""
    return np.concatenate([wide[1:], wide[-1:]])


def gaussian(plane: Plane, levels: int) -> list[Plane]:
    """The plane and its `levels - 1` reductions."""
    planes = [plane]
    for _ in range(levels - 1):
        planes.append(reduce(planes[-1]))
    return planes


def collapse(bands: list[Plane]) -> Plane:
    """The plane whose Laplacian bands, finest first, these are."""
    out = bands[-1]
    for band in reversed(bands[:-1]):
        out = expand(out, *band.shape) + band
    return out
