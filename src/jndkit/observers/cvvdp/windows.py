"""The worst window: damage on a small part must not be diluted by a large calm picture."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from jndkit.observers.contract import Box
from jndkit.observers.cvvdp.constants import Floats
from jndkit.observers.cvvdp.pooling import CELL, Cells, cell_areas, pooled_jod

Indices = npt.NDArray[np.int64]

WINDOW = (20.0, 13.5)  # degrees, either way up: 768 x 512 pixels at the desktop, the size the scale was fitted on
LOCAL = 3.0  # degrees
_WHOLE = 1.1  # a side no longer than this many windows is taken whole
_CHUNK = 4096  # window positions pooled at a time: bounds memory


def worst_window(cells: Cells, ppd: float) -> tuple[float, Box]:
    """(JOD, place) of the worst window of 20 x 13.5 degrees. Windows keep their area where the picture is narrow."""
    rows, columns = cells.grid.shape[2:]
    sums = None
    found = (math.inf, Box(0, 0, 0, 0))
    for long, short in (WINDOW, WINDOW[::-1]):
        width, height = _fit(long * ppd / CELL, short * ppd / CELL, columns, rows)
        if (width, height) == (columns, rows):
            whole = float(pooled_jod(cells.picture_energy()))
            return whole, Box(0, 0, cells.shape[1], cells.shape[0])
        sums = _sums(cells) if sums is None else sums
        found = min(found, _worst(cells, sums, width, height))
    return found


def worst_place(cells: Cells, ppd: float) -> tuple[float, Box]:
    """(JOD, place) of the worst square of 3 degrees."""
    rows, columns = cells.grid.shape[2:]
    side = max(2, round(LOCAL * ppd / CELL))
    return _worst(cells, _sums(cells), min(side, columns), min(side, rows))


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


def _sums(cells: Cells) -> Floats:
    return _prefix(cells.grid * cell_areas(cells.shape))


def _worst(cells: Cells, total: Floats, width: int, height: int) -> tuple[float, Box]:
    rows, columns = cells.grid.shape[2:]
    step = max(1, min(width, height) // 8)
    tops = _positions(rows, height, step)
    lefts = _positions(columns, width, step)
    area = _prefix(cell_areas(cells.shape)[None, None])
    best = (math.inf, 0, 0)
    for chunk in range(0, len(tops), max(1, _CHUNK // len(lefts))):
        some = tops[chunk : chunk + max(1, _CHUNK // len(lefts))]
        energy = _window_sums(total, some, lefts, height, width) / _window_sums(area, some, lefts, height, width)
        quality = pooled_jod(np.maximum(energy, 0.0))
        at = np.unravel_index(int(np.argmin(quality)), quality.shape)
        if quality[at] < best[0]:
            best = (float(quality[at]), int(some[at[0]]), int(lefts[at[1]]))
    quality_min, top, left = best
    x, y = left * CELL, top * CELL
    box = Box(x, y, min(width * CELL, cells.shape[1] - x), min(height * CELL, cells.shape[0] - y))
    return quality_min, box


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
