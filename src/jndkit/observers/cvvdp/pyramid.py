"""The decimated Laplacian pyramid of ColorVideoVDP, with its borders."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from jndkit.observers.cvvdp.display import Plane
from jndkit.threads import over_strips

_LOWEST = 0.2  # cycles per degree: bands below are left to the base band
_KERNEL = np.array([0.05, 0.25, 0.4, 0.25, 0.05], np.float32)  # Burt and Adelson's, a = 0.4
_ONE = np.ones(1, np.float32)
# Beside each sample of a doubled plane lies a zero: pixels take the kernel's even weights or its odd ones, twice each.
_EVEN = np.array([0.1, 0.8, 0.1], np.float32)
_ODD = np.array([0.0, 0.5, 0.5], np.float32)
BASE_FREQUENCY = 0.1  # cycles per degree, as published


def band_frequencies(height: int, width: int, ppd: float) -> list[float]:
    """Peak frequency of each band in cycles per degree, finest first; the last is the base band's.

    height, width: pixels, at least 8.  ppd: pixels per degree.
    """
    # As published, and so are the peaks: 1 and then 0.3228, halved on and on, of the highest frequency of the display.
    levels = math.floor(math.log2(min(height, width))) - 1
    peaks = [ppd / 2.0] + [0.3228 * 2.0**-k * ppd / 2.0 for k in range(14)]
    by_eye = next((k for k, peak in enumerate(peaks) if peak <= _LOWEST), levels)
    return [*peaks[: min(by_eye + 1, levels)], BASE_FREQUENCY]


def reduce(plane: Plane) -> Plane:
    """The plane smoothed and at half the size: (H, W) -> (ceil(H/2), ceil(W/2))."""
    height, width = plane.shape
    (half,) = reduce_rows(lambda first, last: [plane[first:last]], height, width, 1)
    return half


def reduce_rows(rows: Callable[[int, int], list[Plane]], height: int, width: int, count: int) -> list[Plane]:
    """`reduce` of planes that are made as they are needed. rows: first, last -> those rows of the `count` planes."""
    halves: list[Plane] = [np.empty((-(-height // 2), -(-width // 2)), np.float32) for _ in range(count)]

    def work(top: int, bottom: int) -> None:
        # The kernel reaches two rows up and down.
        first, last = max(0, 2 * top - 2), min(height, 2 * bottom + 1)
        inside = slice(2 * top - first, 2 * bottom - 1 - first, 2)
        for part, half in zip(rows(first, last), halves, strict=True):
            smooth = cv2.sepFilter2D(part, -1, _KERNEL, _KERNEL, borderType=cv2.BORDER_REFLECT)
            half[top:bottom] = smooth[inside, ::2]
            if height % 2 != width % 2:
                # The published pyramid closes the right border by the parity of the rows; kept, as its numbers are.
                edge = cv2.sepFilter2D(part[:, -2:], -1, _ONE, _KERNEL, borderType=cv2.BORDER_REFLECT)[inside]
                step = edge[:, 1] * (_KERNEL[3] - _KERNEL[4]) + edge[:, 0] * _KERNEL[4]
                half[top:bottom, -1] += step if width % 2 == 0 else -step

    over_strips(work, halves[0].shape[0], 2 * width)
    return halves


def expand_rows(plane: Plane, top: int, bottom: int, width: int) -> Plane:
    """Rows top..bottom of the plane at twice its size; `top` is even. Returns float32 (bottom - top, width)."""
    first, last = max(0, top // 2 - 1), min(plane.shape[0], -(-bottom // 2) + 1)
    part = plane[first:last]
    even = cv2.sepFilter2D(part, -1, _EVEN, _ONE, borderType=cv2.BORDER_REPLICATE)
    odd = cv2.sepFilter2D(part, -1, _ODD, _ONE, borderType=cv2.BORDER_REPLICATE)
    wide = cv2.merge([even, odd]).reshape(len(part), -1)[:, :width]
    out: Plane = np.empty((bottom - top, width), np.float32)
    start = top // 2 - first
    upright = cv2.sepFilter2D(wide, -1, _ONE, _EVEN, borderType=cv2.BORDER_REPLICATE)
    out[::2] = upright[start : start + -(-(bottom - top) // 2)]
    count = (bottom - top) // 2
    below = np.minimum(np.arange(start + 1, start + 1 + count), len(wide) - 1)
    np.add(wide[start : start + count], wide[below], out=out[1::2])
    out[1::2] *= 0.5
    return out


def subtract_expanded(plane: Plane, small: Plane) -> Plane:
    """Turn a plane into its Laplacian layer, in place, and return what was taken away: `small` at its size."""
    height, width = plane.shape
    smooth: Plane = np.empty_like(plane)

    def work(top: int, bottom: int) -> None:
        smooth[top:bottom] = expand_rows(small, top, bottom, width)
        np.subtract(plane[top:bottom], smooth[top:bottom], out=plane[top:bottom])

    over_strips(work, height, width, multiple=2)
    return smooth


def subtract_expansion(plane: Plane, small: Plane) -> None:
    """As `subtract_expanded`, where what was taken away is not wanted."""
    height, width = plane.shape

    def work(top: int, bottom: int) -> None:
        rows = plane[top:bottom]
        np.subtract(rows, expand_rows(small, top, bottom, width), out=rows)

    over_strips(work, height, width, multiple=2)


def collapse(bands: list[Plane]) -> Plane:
    """The plane whose Laplacian bands, finest first, these are."""
    out = bands[-1]
    for band in reversed(bands[:-1]):
        out = expand_rows(out, 0, band.shape[0], band.shape[1]) + band
    return out
