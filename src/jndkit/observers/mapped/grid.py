"""The window of a picture whose mean exceedance is worst.

Every position is tried and windows are fitted into narrow pictures a little otherwise than in `pooling.windows`: the
constants of the maps were fitted to readings made so.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from jndkit.observers.contract import Box, Floats, Map
from jndkit.observers.pooling.cells import CELL, box_of, cell_areas
from jndkit.observers.pooling.windows import WINDOW, Placed, place_sides, running_sums, window_sums

_WHOLE = 1.1  # a side of the picture no longer than this many windows is taken whole


class Grid:
    """Sums over cells of 16 x 16 pixels, filled strip by strip."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        rows, columns = (math.ceil(side / CELL) for side in shape)
        self._sums: Floats = np.zeros((rows, columns))

    def add(self, top: int, values: Map) -> None:
        """Take rows of the picture from `top` on, a multiple of a cell; float32 (h, W). Safe from several threads."""
        height, width = values.shape
        if height % CELL or width % CELL:
            # Zeros beyond the frame add nothing to sums; `cell_areas` counts the pixels that there are.
            values = cv2.copyMakeBorder(values, 0, -height % CELL, 0, -width % CELL, cv2.BORDER_CONSTANT, value=0.0)
        rows, columns = values.shape[0] // CELL, values.shape[1] // CELL
        means = cv2.resize(values, (columns, rows), interpolation=cv2.INTER_AREA)
        self._sums[top // CELL : top // CELL + rows] = means.astype(np.float64) * CELL**2

    def mean(self) -> float:
        """Over the whole picture."""
        return float(self._sums.sum() / (self.shape[0] * self.shape[1]))

    def worst_window(self, ppd: float) -> Placed:
        """(mean, place) of the worst window of 20 x 13.5 degrees, either way up; narrow ones keep their area."""
        long, short = (side * ppd / CELL for side in WINDOW)
        rows, columns = self._sums.shape
        shapes = {_sides(width, height, columns, rows) for width, height in ((long, short), (short, long))}
        # In a fixed order, so that equal windows are told apart in one way.
        return max((self._worst(*sides) for sides in sorted(shapes)), key=lambda placed: placed[0])

    def worst_place(self, ppd: float) -> Placed:
        """(mean, place) of the worst square of 3 degrees."""
        rows, columns = self._sums.shape
        return self._worst(*place_sides(ppd / CELL, columns, rows))

    def _worst(self, width: int, height: int) -> Placed:
        rows, columns = self._sums.shape
        tops, lefts = np.arange(rows - height + 1), np.arange(columns - width + 1)
        sums, areas = (
            window_sums(running_sums(cells), tops, lefts, height, width)
            for cells in (self._sums, cell_areas(self.shape))
        )
        means = sums / areas
        top, left = np.unravel_index(int(np.argmax(means)), means.shape)
        # A difference of running sums may fall below zero by rounding.
        mean = max(0.0, float(means[top, left]))
        return mean, box_of(Box(int(left), int(top), width, height), CELL, self.shape)


def _sides(width: float, height: float, columns: int, rows: int) -> tuple[int, int]:
    """A window in whole cells inside the grid, with its area kept where one side must shrink."""
    area = width * height
    width = _within(width, columns)
    height = _within(area / width, rows)
    width = _within(area / height, columns)
    return max(1, round(width)), max(1, round(height))


def _within(side: float, whole: int) -> float:
    return whole if whole <= _WHOLE * side else side
