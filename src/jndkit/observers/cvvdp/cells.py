"""Differences in every band over the grid of cells, and the worst windows of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.observers.contract import Box, Floats
from jndkit.observers.cvvdp.constants import EPSILON
from jndkit.observers.cvvdp.display import Plane
from jndkit.observers.cvvdp.quality import pooled_jod
from jndkit.observers.pooling.cells import CELL, box_of, cell_areas
from jndkit.observers.pooling.windows import Placed, place_sides, window_sides, worst_of_all


@dataclass
class Cells:
    """Mean squared differences over a grid of 16 x 16-pixel cells, one layer per band and channel.

    Filled by `add`, strip by strip, or by `paste`, tile by tile.
    """

    shape: tuple[int, int]
    bands: int
    grid: npt.NDArray[np.float32] = field(init=False)
    _strips: list[tuple[int, Floats, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows, columns = (math.ceil(side / CELL) for side in self.shape)
        self.grid = np.zeros((self.bands, 3, rows, columns), np.float32)

    def add(self, band: int, top: int, difference: list[Plane]) -> None:
        """Take a strip of one band; `top` is a multiple of the band's cell side. Safe from several threads."""
        sums = np.empty(3)
        side = max(1, CELL >> band)
        for channel, plane in enumerate(difference):
            # safe_power(plane, 2), written out so that it stays in float32.
            squared = plane + np.float32(EPSILON)
            squared *= squared
            squared -= np.float32(EPSILON**2)
            sums[channel] = squared.sum(dtype=np.float64)
            self._place(band, channel, top // side, _cell_means(squared, side))
        self._strips.append((band, sums, difference[0].size))

    def _place(self, band: int, channel: int, row: int, means: Plane) -> None:
        layer = self.grid[band, channel]
        spread = max(1, (1 << band) // CELL)  # from band 5 on a sample covers several cells
        if spread > 1:
            means = np.repeat(np.repeat(means, spread, axis=0), spread, axis=1)
        rows = layer[row * spread : row * spread + means.shape[0]]
        rows[:, : means.shape[1]] = means[: rows.shape[0], : layer.shape[1]]

    def paste(self, part: Cells, at: Box, core: Box) -> None:
        """Take the `core` of a tile that lies `at` a place; both in pixels, starting at multiples of a cell."""
        inner = part.grid[:, :, (core.y - at.y) // CELL :, (core.x - at.x) // CELL :]
        rows, columns = -(-core.height // CELL), -(-core.width // CELL)
        y, x = core.y // CELL, core.x // CELL
        self.grid[:, :, y : y + rows, x : x + columns] = inner[:, :, :rows, :columns]
        areas = cell_areas((core.height, core.width))
        for band in range(self.bands):
            sums = (self.grid[band, :, y : y + rows, x : x + columns] * areas).sum(axis=(1, 2), dtype=np.float64)
            self._strips.append((band, sums, core.height * core.width))

    def picture_energy(self) -> Floats:
        """float64 (bands, 3): the mean over the whole picture, exactly as the published metric pools it."""
        energy = np.zeros((self.bands, 3))
        pixels = np.zeros(self.bands)
        for band, sums, size in self._strips:
            energy[band] += sums
            pixels[band] += size
        return energy / pixels[:, None]


def worst_window(cells: Cells, ppd: float) -> Placed:
    """(JOD, place) of the worst window of 20 x 13.5 degrees. Windows keep their area where the picture is narrow."""
    rows, columns = cells.grid.shape[2:]
    sides = window_sides(ppd / CELL, columns, rows)
    if (columns, rows) in sides:
        return float(pooled_jod(cells.picture_energy())), Box(0, 0, cells.shape[1], cells.shape[0])
    return _worst(cells, sides)


def worst_place(cells: Cells, ppd: float) -> Placed:
    """(JOD, place) of the worst square of 3 degrees."""
    rows, columns = cells.grid.shape[2:]
    return _worst(cells, [place_sides(ppd / CELL, columns, rows)])


def _worst(cells: Cells, sides: list[tuple[int, int]]) -> Placed:
    areas = cell_areas(cells.shape)
    # A difference of running sums may fall below zero by rounding.
    quality, box = worst_of_all(cells.grid * areas, areas, sides, lambda energy: pooled_jod(np.maximum(energy, 0.0)))
    return quality, box_of(box, CELL, cells.shape)


def _cell_means(squared: Plane, side: int) -> Plane:
    """Means over side x side blocks; the last row and column of blocks may be smaller."""
    if side == 1:
        return squared
    height, width = squared.shape
    if height % side or width % side:
        # Edge blocks average the pixels they have: a mirrored border keeps their mean close without a special case.
        squared = cv2.copyMakeBorder(squared, 0, -height % side, 0, -width % side, cv2.BORDER_REFLECT)
    means: Plane = cv2.resize(
        squared, (squared.shape[1] // side, squared.shape[0] // side), interpolation=cv2.INTER_AREA
    )
    return means
