"""How people look at two pictures beside each other: the worst places, each behind its own texture.

Source: the form is ours, fitted to people's answers (tools/side_by_side.py); that a place's pixel-wise JND tells
what it hides is the premise of Zhang et al., "VP-JND", IEEE TCSVT 2025; large exponents over places are probability
summation, Robson and Graham, Vision Research 21, 1981.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from jndkit.observers.contract import Floats, Map
from jndkit.observers.cvvdp.cells import Cells
from jndkit.observers.cvvdp.constants import EPSILON, constants
from jndkit.observers.cvvdp.quality import jod
from jndkit.observers.pooling.cells import CELL, box_of, cell_areas
from jndkit.observers.pooling.windows import Placed, Pool, place_sides, window_sides, worst_of_all
from jndkit.picture import Pixels
from jndkit.pixelwise import jnd_map
from jndkit.pixelwise.terms.luma import SMALLEST
from jndkit.protocols import Look
from jndkit.viewing import DISPLAYS, Viewing

_FITTED = DISPLAYS["desktop"].ppd  # where a place is one cell, and the map was made of the picture as it is
_FINER = 1.25  # displays with so many times its pixels to a degree have the map of a smaller picture
_PEAK = 6.1  # cycles per degree from which detail counts by its frequency: the second band at the desktop
_SMALL = 3 << 19  # samples of a picture whose map is kept for who asks next
_TILE = 4096  # pixels a side of what a map is made of at a time
_MARGIN = 16  # pixels beyond a tile that its map is made with, more than any model looks


class Places:
    """A reference's places, and how much each hides.

    side: of a place, pixels.  areas: float64 (rows, columns), pixels of the picture in each.
    """

    def __init__(self, rgb: Pixels, viewing: Viewing, look: Look) -> None:
        """rgb: uint8 (H, W, 3), both sides at least 8 pixels."""
        self._look = look
        self._shape = rgb.shape[:2]
        # Where there are more pixels to a degree a place has more of them.
        self._cells = max(1, round(viewing.ppd / _FITTED))
        self.side = self._cells * CELL
        self._per_degree = viewing.ppd / self.side
        mean = _mean_map(rgb, look.masking, viewing.ppd, self.side)
        mean = cv2.GaussianBlur(mean, (0, 0), 1.0, borderType=cv2.BORDER_REFLECT)  # by one place
        self._hidden: Map = (mean / np.float32(look.unit)) ** np.float32(look.exponent)
        self.areas = _grouped(cell_areas(self._shape), self._cells)

    def worst(self, cells: Cells, frequencies: list[float]) -> tuple[Placed, Placed]:
        """((JOD, place) of the worst window, the same of the worst 3 degrees).

        cells: squared differences.  frequencies: of their bands, cycles per degree, the base last.
        """
        sums, areas = self.sums(cells), self.areas
        rows, columns = areas.shape
        pool = self.pool(frequencies)
        large = worst_of_all(sums, areas, window_sides(self._per_degree, columns, rows), pool)
        small = worst_of_all(sums, areas, [place_sides(self._per_degree, columns, rows)], pool)
        inside = [(quality, box_of(box, self.side, self._shape)) for quality, box in (large, small)]
        return inside[0], inside[1]

    def sums(self, cells: Cells) -> Floats:
        """What is pooled, times the pixels of each place: float64 (bands, 3, rows, columns).

        The root mean square difference in a place over what the place hides, to the exponent of places.
        """
        energy = _grouped(cells.grid * cell_areas(cells.shape), self._cells) / self.areas
        energy = np.maximum(energy - EPSILON**2, 0.0)  # what rounding leaves of no difference
        raised: Floats = (energy / self._hidden.astype(np.float64) ** 2) ** (self._look.places / 2.0)
        return raised * self.areas

    def pool(self, frequencies: list[float]) -> Pool:
        """From means of that over any area, float64 (bands, 3, ...), to JOD.  frequencies: as of `worst`."""
        return pooled(self._look, frequencies, constants().baseband_weight)

    def by_cell(self) -> Floats:
        """By how much the place of each cell hides what is in it, float64 (rows, columns) of cells."""
        rows, columns = (-(-length // CELL) for length in self._shape)
        wide = self._hidden.astype(np.float64).repeat(self._cells, axis=0).repeat(self._cells, axis=1)
        return wide[:rows, :columns]

    def hidden(self) -> Map:
        """By how much each pixel's place hides what is in it, float32 (H, W); 1 is as the scale's own pictures do."""
        height, width = (count * self.side for count in self._hidden.shape)
        wide: Map = cv2.resize(self._hidden, (width, height), interpolation=cv2.INTER_LINEAR)
        return wide[: self._shape[0], : self._shape[1]]


def pooled(look: Look, frequencies: list[float], base: Floats | float = 1.0) -> Pool:
    """From means over any area of what `Places.sums` holds to JOD.

    frequencies: of the bands, cycles per degree.  base: weight of the last one, by channel.
    """
    weights = np.ones((len(frequencies), 3))
    weights[:, 0] = np.maximum(np.array(frequencies) / _PEAK, 1.0) ** look.detail
    weights[-1] *= base

    def pool(mean: Floats) -> Floats:
        difference = np.maximum(mean, 0.0) ** (1.0 / look.places)
        difference *= weights.reshape(weights.shape + (1,) * (difference.ndim - 2))
        return jod(np.sqrt((difference**2).sum(axis=(0, 1))) * constants().image_integration)

    return pool


def _grouped(grid: Floats, count: int) -> Floats:
    """Sums over count x count cells, the last ones fewer; (..., rows, columns)."""
    if count == 1:
        return np.asarray(grid, np.float64)
    for axis in (-2, -1):
        starts = np.arange(0, grid.shape[axis], count)
        grid = np.add.reduceat(grid, starts, axis=axis, dtype=np.float64)
    return grid


def _mean_map(rgb: Pixels, model: str, ppd: float, side: int) -> Map:
    """The mean of a pixel-wise JND map over squares of `side` pixels, float32 (rows, columns), code values.

    The map is made of the picture at the pixels per degree it was fitted at, where the display is finer; tile by tile.
    """
    height, width = rgb.shape[:2]
    if rgb.size <= _SMALL:
        return _of_small(rgb.tobytes(), rgb.shape, model, ppd, side)  # bytes can be looked up in a cache, arrays cannot
    mean: Map = np.empty((-(-height // side), -(-width // side)), np.float32)
    tile, margin = _TILE // side, -(-_MARGIN // side)
    for top in range(0, mean.shape[0], tile):
        for left in range(0, mean.shape[1], tile):
            first, start = max(0, top - margin), max(0, left - margin)
            patch = rgb[first * side : (top + tile + margin) * side, start * side : (left + tile + margin) * side]
            jnd = _means(_map(np.ascontiguousarray(patch), model, ppd), patch.shape[:2], side)
            inside = mean[top : top + tile, left : left + tile]
            inside[:] = jnd[top - first :, left - start :][: inside.shape[0], : inside.shape[1]]
    return mean


@lru_cache(maxsize=4)
def _of_small(pixels: bytes, shape: tuple[int, int, int], model: str, ppd: float, side: int) -> Map:
    """Whoever watches a small picture predicts it as well, and the map is most of the work."""
    rgb = np.frombuffer(pixels, np.uint8).reshape(shape)
    means = _means(_map(rgb, model, ppd), shape[:2], side)
    means.flags.writeable = False  # all who ask get this one array
    return means


def _map(rgb: Pixels, model: str, ppd: float) -> Map:
    finer = ppd / _FITTED
    if finer > _FINER:
        smaller = [max(SMALLEST, round(side / finer)) for side in rgb.shape[1::-1]]
        rgb = cv2.resize(rgb, smaller, interpolation=cv2.INTER_AREA)
    return jnd_map(rgb, model)


def _means(jnd: Map, shape: tuple[int, int], side: int) -> Map:
    """Means over the squares that lie on `side` pixels of a picture of that shape, whatever the size of its map."""
    rows, columns = (-(-length // side) for length in shape)
    if jnd.shape != shape:
        jnd = cv2.resize(jnd, shape[::-1], interpolation=cv2.INTER_LINEAR)
    padded = cv2.copyMakeBorder(jnd, 0, rows * side - shape[0], 0, columns * side - shape[1], cv2.BORDER_REFLECT)
    means: Map = cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA)
    return means
