"""What the measure sums over a picture, over cells instead, so that any window of it can be scored."""

from __future__ import annotations

import math

import cv2
import numpy as np

from jndkit.observers.contract import Box, Floats, Map
from jndkit.observers.pooling.windows import Placed, place_sides, window_sides, worst_of_all
from jndkit.observers.ssimulacra2.constants import HALVED, SCALES
from jndkit.observers.ssimulacra2.measure import score, weights

CELL = 32
"""Pixels a side: one pixel of the coarsest scale."""
_NORMS = 18  # of the three planes, the sums of three maps and of their fourth powers


class Sums:
    """Over cells of 32 x 32 pixels, filled tile by tile.

    float64 (scales, 19, rows, columns): of a scale the 18 sums, then the pixels they are taken over, which at the far
    edges are not the same part of a cell at every scale.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        """shape: (H, W) of the picture."""
        self.shape = shape
        rows, columns = (math.ceil(side / CELL) for side in shape[:2])
        self._weighs = weights(scales_of(shape)) != 0.0
        self._layers: Floats = np.zeros((scales_of(shape), _NORMS + 1, rows, columns))

    def add(self, scale: int, plane: int, maps: list[Map], at: Box) -> None:
        """Take the three maps of one plane; what has no weight is not summed. Safe from several threads.

        at: the place of the maps in pixels of the picture; it begins with a cell.
        """
        row, column = at.y // CELL, at.x // CELL
        for index, values in enumerate(maps):
            for layer in (index, index + 3):
                if not self._weighs[plane, scale, layer]:
                    continue
                summed = values if layer == index else np.square(np.square(values))
                cells = _cells(summed, CELL >> scale)
                rows, columns = cells.shape
                target = self._layers[scale, 6 * plane + layer]
                target[row : row + rows, column : column + columns] = cells
        if plane == 0:
            cells = _cells(np.ones_like(maps[-1]), CELL >> scale)
            rows, columns = cells.shape
            self._layers[scale, _NORMS, row : row + rows, column : column + columns] = cells

    def whole(self) -> float:
        """The score of the picture in one piece."""
        sums = self._layers.sum(axis=(-2, -1))
        return float(_pooled(sums[..., None, None])[0, 0])

    def worst_window(self, ppd: float) -> Placed:
        """(score, place in cells) of the worst window of 20 x 13.5 degrees, either way up."""
        return self._worst(window_sides(ppd / CELL, *self._layers.shape[:1:-1]))

    def worst_place(self, ppd: float) -> Placed:
        """(score, place in cells) of the worst square of 3 degrees."""
        return self._worst([place_sides(ppd / CELL, *self._layers.shape[:1:-1])])

    def _worst(self, sides: list[tuple[int, int]]) -> Placed:
        # Cells count as one each: the pixels lie among the sums, since they differ from scale to scale.
        return worst_of_all(self._layers, np.ones(self._layers.shape[2:]), sides, _pooled)


def scales_of(shape: tuple[int, ...]) -> int:
    """How many scales a picture of (H, W) has."""
    count, side = 1, min(shape[:2])
    while count < SCALES and side >= HALVED:
        count, side = count + 1, -(-side // 2)
    return count


def _cells(values: Map, side: int) -> Floats:
    """Sums over cells of so many pixels a side, float64 (rows, columns); what lies beyond the far edges is zero."""
    if side > 1:
        height, width = values.shape
        if height % side or width % side:
            values = cv2.copyMakeBorder(values, 0, -height % side, 0, -width % side, cv2.BORDER_CONSTANT, value=0.0)
        values = cv2.resize(values, (values.shape[1] // side, values.shape[0] // side), interpolation=cv2.INTER_AREA)
    return np.asarray(values, np.float64) * side**2


def _pooled(sums: Floats) -> Floats:
    """The score of windows, float64 (tops, lefts). sums: (scales, 19, tops, lefts), or any multiple of them."""
    scales, _, tops, lefts = sums.shape
    # A difference of running sums may fall below zero by rounding.
    means = np.maximum(0.0, sums[:, :_NORMS] / sums[:, _NORMS:]).reshape(scales, 3, 2, 3, tops, lefts)
    means[:, :, 1] **= 0.25
    norms = means.reshape(scales, 3, 6, tops, lefts)
    return score(np.einsum("psn,spnyx->yx", weights(scales), norms))
