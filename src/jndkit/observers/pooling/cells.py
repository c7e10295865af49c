"""From differences in every band to one quality figure, for the whole picture or any window of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.observers.contract import Box
from jndkit.observers.cvvdp.constants import EPSILON, Floats, constants
from jndkit.observers.cvvdp.display import Plane

CELL = 16  # pixels a side: the grain of the windows

_LINEAR_BELOW = 0.1


def safe_power(x: Floats, exponent: float) -> Floats:
    """(x + eps)^p - eps^p, the published metric's power."""
    out: Floats = (x + EPSILON) ** exponent - EPSILON**exponent
    return out


def jod(quality: Floats) -> Floats:
    """Quality in JOD (10 is no difference) of a pooled difference, linear near zero.

    Source: ColorVideoVDP, regression to just-objectionable differences.
    """
    c = constants()
    small = c.jod_a * _LINEAR_BELOW ** (c.jod_exponent - 1.0) * quality
    return 10.0 - np.where(quality <= _LINEAR_BELOW, small, c.jod_a * np.maximum(quality, 1e-12) ** c.jod_exponent)


def pooled_jod(energy: Floats) -> Floats:
    """JOD from mean squared differences.

    energy: float64 (bands, 3, ...), the mean over the pooled area of safe_power(D, 2); trailing axes are kept.
    """
    c = constants()
    weights = np.ones(energy.shape[:2])
    weights[-1] = c.baseband_weight
    per_band = safe_power(energy, 0.5) * weights.reshape(weights.shape + (1,) * (energy.ndim - 2))
    per_channel = safe_power(safe_power(per_band, 4.0).sum(axis=0), 0.25)
    pooled = safe_power(safe_power(per_channel, 4.0).sum(axis=0), 0.25)
    return jod(pooled * c.image_integration)


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
            squared = plane + np.float32(EPSILON)
            squared *= squared
            squared -= np.float32(EPSILON**2)
            sums[channel] = squared.sum(dtype=np.float64)
            self._place(band, channel, top // side, _cell_means(squared, side))
        self._strips.append((band, sums, difference[0].size))

    def _place(self, band: int, channel: int, row: int, means: Plane) -> None:
        layer = self.grid[band, channel]
        spread = max(1, (1 << band) // CELL)
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


def cell_areas(shape: tuple[int, int]) -> Floats:
    """float64 (rows, columns): pixels of a picture of that shape in each cell."""
    sides = [np.minimum(CELL, side - CELL * np.arange(math.ceil(side / CELL))) for side in shape]
    return np.outer(sides[0], sides[1]).astype(np.float64)


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
