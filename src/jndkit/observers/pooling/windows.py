"""The worst window: damage on a small part must not be diluted by a large calm picture."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from jndkit.observers.contract import Box
from jndkit.observers.cvvdp.constants import Floats
from jndkit.observers.pooling.cells import CELL, Cells, cell_areas, pooled_jod

Indices = npt.NDArray[np.int64]

WINDOW = (20.0, 13.5)  # degrees, either way up: 768 x 512 pixels at the desktop, the size the scale was fitted on
LOCAL = 3.0  # degrees
_WHOLE = 1.1  # a side no longer than this many windows is taken whole
_CHUNK = 4096  # window positions pooled at a time: bounds memory


Pool = Callable[[Floats], Floats]
"""Means over windows, float64 (bands, 3, ...), to the quality of each in JOD."""


def worst_window(cells: Cells, ppd: float) -> tuple[float, Box]:
    """(JOD, place) of the worst window of 20 x 13.5 degrees. Windows keep their area where the picture is narrow."""
    rows, columns = cells.grid.shape[2:]
    sides = window_sides(ppd / CELL, columns, rows)
    if (columns, rows) in sides:
        return float(pooled_jod(cells.picture_energy())), Box(0, 0, cells.shape[1], cells.shape[0])
    return _worst(cells, sides)


def worst_place(cells: Cells, ppd: float) -> tuple[float, Box]:
    """(JOD, place) of the worst square of 3 degrees."""
    rows, columns = cells.grid.shape[2:]
    side = max(2, round(LOCAL * ppd / CELL))
    return _worst(cells, [(min(side, columns), min(side, rows))])


def window_sides(per_degree: float, columns: int, rows: int) -> list[tuple[int, int]]:
    """(width, height) of the window, either way up, in cells of a grid that has `per_degree` of them to a degree."""
    return [_fit(long * per_degree, short * per_degree, columns, rows) for long, short in (WINDOW, WINDOW[::-1])]


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


def _worst(cells: Cells, sides: list[tuple[int, int]]) -> tuple[float, Box]:
    areas = cell_areas(cells.shape)
    found = worst_of_all(cells.grid * areas, areas, sides, lambda energy: pooled_jod(np.maximum(energy, 0.0)))
    return found[0], box_of(found[1], CELL, cells.shape)


def worst_of_all(sums: Floats, areas: Floats, sides: list[tuple[int, int]], pool: Pool) -> tuple[float, Box]:
    """(JOD, place in cells) of the worst window that has one of the sides, (width, height) in cells.

    sums: float64 (bands, 3, rows, columns), what is pooled, times the pixels of each cell.
    areas: float64 (rows, columns), these pixels.
    """
    area, total = _prefix(areas[None, None]), _prefix(sums)
    return min(_worst_of_size(total, area, width, height, pool) for width, height in sides)


def _worst_of_size(total: Floats, area: Floats, width: int, height: int, pool: Pool) -> tuple[float, Box]:
    rows, columns = (side - 1 for side in area.shape[2:])
    step = max(1, min(width, height) // 8)
    tops = _positions(rows, height, step)
    lefts = _positions(columns, width, step)
    best = (math.inf, 0, 0)
    for chunk in range(0, len(tops), max(1, _CHUNK // len(lefts))):
        some = tops[chunk : chunk + max(1, _CHUNK // len(lefts))]
        quality = pool(_window_sums(total, some, lefts, height, width) / _window_sums(area, some, lefts, height, width))
        at = np.unravel_index(int(np.argmin(quality)), quality.shape)
        if quality[at] < best[0]:
            best = (float(quality[at]), int(some[at[0]]), int(lefts[at[1]]))
    return best[0], Box(best[2], best[1], width, height)


def box_of(cells: Box, side: int, shape: tuple[int, ...]) -> Box:
    """A box of cells, `side` pixels each, in pixels, without what lies beyond the picture."""
    x, y = cells.x * side, cells.y * side
    return Box(x, y, min(cells.width * side, shape[1] - x), min(cells.height * side, shape[0] - y))


def _positions(size: int, window: int, step: int) -> Indices:
    """First cells of windows `step` apart, the last one flush with the end."""
    return np.unique(np.append(np.arange(0, size - window + 1, step), size - window))


def _prefix(layers: Floats) -> Floats:
    """Two-dimensional running sums with a leading row and column of zeros."""
    out = np.zeros((*layers.shape[:2], layers.shape[2] + 1, layers.shape[3] + 1))
    inner = out[:, :, 1:, 1:]
    np.cumsum(layers, axis=2, out=inner)
    np.cumsum(inner, axis=3, out=inner)
    return out


def _window_sums(prefix: Floats, tops: Indices, lefts: Indices, height: int, width: int) -> Floats:
    rows = prefix[:, :, tops + height] - prefix[:, :, tops]
    out: Floats = rows[..., lefts + width] - rows[..., lefts]
    return out
