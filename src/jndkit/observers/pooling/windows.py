"""The worst window: damage on a small part must not be diluted by a large calm picture."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from jndkit.observers.contract import Box, Floats

Indices = npt.NDArray[np.int64]

WINDOW = (20.0, 13.5)
"""Degrees, either way up: 768 x 512 pixels at the desktop, the size the scale was fitted on."""
LOCAL = 3.0
"""Degrees a side of the small place that is looked at beside the window."""
LOCAL_RATIO = 2.7
"""The worst small place of an ordinary encode at its right knob reads less than this many times its worst window, on 98
of 100 encodes; beyond it the place decides. Of the psychophysical observer and those taught by it; fitted by
tools/curves.py on train/."""
_WHOLE = 1.1  # a side no longer than this many windows is taken whole
_CHUNK = 4096  # window positions pooled at a time: bounds memory

Pool = Callable[[Floats], Floats]
"""Means over windows, float64 (bands, 3, ...), to the quality of each in JOD."""
Placed = tuple[float, Box]
"""What is read of a place, and the place."""


def decisive(window: Placed, place: Placed, ratio: float = LOCAL_RATIO) -> Placed:
    """The graver of two readings in JND for its size: the worst window, or the worst small place over `ratio`."""
    return window if window[0] * ratio >= place[0] else (place[0] / ratio, place[1])


def window_sides(per_degree: float, columns: int, rows: int) -> list[tuple[int, int]]:
    """(width, height) of the window, either way up, in cells of a grid that has `per_degree` of them to a degree."""
    return [_fit(long * per_degree, short * per_degree, columns, rows) for long, short in (WINDOW, WINDOW[::-1])]


def place_sides(per_degree: float, columns: int, rows: int) -> tuple[int, int]:
    """(width, height) of the small place in cells of such a grid."""
    side = max(2, round(LOCAL * per_degree))
    return min(side, columns), min(side, rows)


def _fit(width: float, height: float, columns: int, rows: int) -> tuple[int, int]:
    """The window in whole cells inside the grid, with its area kept where one side must shrink."""
    area = width * height
    if columns <= _WHOLE * width:
        width, height = columns, area / columns
    if rows <= _WHOLE * height:
        height, width = rows, max(width, area / rows)
        if columns <= _WHOLE * width:
            width = columns
    return min(columns, round(width)), min(rows, round(height))


def worst_of_all(sums: Floats, areas: Floats, sides: list[tuple[int, int]], pool: Pool) -> Placed:
    """(JOD, place in cells) of the worst window that has one of the sides, (width, height) in cells.

    sums: float64 (bands, 3, rows, columns), what is pooled, times the pixels of each cell.
    areas: float64 (rows, columns), these pixels.
    """
    area, total = running_sums(areas[None, None]), running_sums(sums)
    return min(_worst_of_size(total, area, width, height, pool) for width, height in sides)


def _worst_of_size(total: Floats, area: Floats, width: int, height: int, pool: Pool) -> Placed:
    rows, columns = (side - 1 for side in area.shape[2:])
    # Windows an eighth of their shorter side apart miss little of the worst, and are 64 times fewer than all.
    step = max(1, min(width, height) // 8)
    tops = _positions(rows, height, step)
    lefts = _positions(columns, width, step)
    worst = (math.inf, 0, 0)
    for chunk in range(0, len(tops), max(1, _CHUNK // len(lefts))):
        some = tops[chunk : chunk + max(1, _CHUNK // len(lefts))]
        quality = pool(window_sums(total, some, lefts, height, width) / window_sums(area, some, lefts, height, width))
        at = np.unravel_index(int(np.argmin(quality)), quality.shape)
        if quality[at] < worst[0]:
            worst = (float(quality[at]), int(some[at[0]]), int(lefts[at[1]]))
    return worst[0], Box(worst[2], worst[1], width, height)


def _positions(size: int, window: int, step: int) -> Indices:
    """First cells of windows `step` apart, the last one flush with the end."""
    last = size - window
    return np.append(np.arange(0, last, step), last)


def running_sums(layers: Floats) -> Floats:
    """Two-dimensional running sums of the last two axes, float64 (..., rows + 1, columns + 1), from zero on."""
    # float64: small windows are differences of large sums.
    sums = np.zeros((*layers.shape[:-2], layers.shape[-2] + 1, layers.shape[-1] + 1))
    inner = sums[..., 1:, 1:]
    np.cumsum(layers, axis=-2, out=inner)
    np.cumsum(inner, axis=-1, out=inner)
    return sums


def window_sums(running: Floats, tops: Indices, lefts: Indices, height: int, width: int) -> Floats:
    """Sums over the windows that begin at these rows and columns of cells, float64 (..., tops, lefts).

    running: from `running_sums`.  height, width: of the windows, in cells.
    """
    rows = running[..., tops + height, :] - running[..., tops, :]
    sums: Floats = rows[..., lefts + width] - rows[..., lefts]
    return sums
