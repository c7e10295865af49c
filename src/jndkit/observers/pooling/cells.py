"""The grid over which every observer pools: sums over small cells, so that any window costs a few additions."""

from __future__ import annotations

import math

import numpy as np

from jndkit.observers.contract import Box, Floats

CELL = 16
"""Pixels a side: the grain of the windows."""


def cell_areas(shape: tuple[int, ...]) -> Floats:
    """float64 (rows, columns): the pixels that a picture of `shape` (H, W) has in each cell; fewer at its far edges."""
    sides = [np.minimum(CELL, side - CELL * np.arange(math.ceil(side / CELL))) for side in shape]
    return np.outer(sides[0], sides[1]).astype(np.float64)


def box_of(cells: Box, side: int, shape: tuple[int, ...]) -> Box:
    """A box of cells in pixels, without what lies beyond the picture. side: of a cell.  shape: (H, W) in pixels."""
    x, y = cells.x * side, cells.y * side
    return Box(x, y, min(cells.width * side, shape[1] - x), min(cells.height * side, shape[0] - y))
