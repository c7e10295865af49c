"""The learned observer: VP-JNDnet looks at patches of reference and version, and what it sees is pooled like vision.

Source: Y. Zhang et al., "VP-JND: Visual Perception Assisted Deep Picture-Wise Just Noticeable Difference Prediction
Model for Image Compression", IEEE TCSVT 2025: patches, their weighted mean, and whether the picture is seen to differ.
Differs: it answers in JND units with an interval, for any display; yes and no follow for any share of viewers. Patches
lie on a grid, not at random. What the network says of each are the energies that ColorVideoVDP would find in its bands,
so they are pooled as those are, in the same windows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jndkit.inference import session
from jndkit.observers.card import Card
from jndkit.observers.contract import Box, Floats, Map, Reading
from jndkit.observers.cvvdp.cells import Cells, worst_place, worst_window
from jndkit.observers.cvvdp.places import pooled
from jndkit.observers.cvvdp.pyramid import band_frequencies
from jndkit.observers.cvvdp.quality import jnd_of_jod, pooled_jod
from jndkit.observers.intervals import reading_interval
from jndkit.observers.peaks import Peaked
from jndkit.observers.pooling.cells import CELL, box_of, cell_areas
from jndkit.observers.pooling.views import views, views_beside
from jndkit.observers.pooling.windows import Placed, decisive, place_sides, window_sides, worst_of_all
from jndkit.picture import Picture, Pixels
from jndkit.pixelwise.chou1995 import HALO, chou1995
from jndkit.protocols import AIC, Protocol
from jndkit.viewing import DISPLAYS, Viewing
from jndkit.visibility import JND_PER_JOD
from jndkit.weights import Weights, find

Patches = npt.NDArray[np.float32]

SIDE = 128  # pixels a side of a patch
MOST = 32  # patches of a picture
SCALES = 4  # the last holds all coarser bands
MAP_UNIT = 16.0  # code values of a JND map that the network takes for 1
_DENSITY, _PEAK = (-1.0, 1.8), (0.0, 1.4)  # what it learned: log2 over the desktop's


@dataclass(frozen=True)
class Vpjnd:
    """VP-JNDnet. name: that of its weights. Its readings scatter from setting to setting: searches must expect it."""

    name: str = "vpjnd"
    noisy = True

    @property
    def version(self) -> str:
        return find(self.name).card.name

    def watch(
        self, reference: Picture, viewing: Viewing, protocol: Protocol = AIC, peaked: Peaked | None = None
    ) -> WatchedVpjnd:
        """Cut the patches and make their JND maps once. A reference with alpha is watched over black, grey and white.

        protocol: whose error a reading has, and how people look where `peaked` tells what lies inside the patches.
        Raises MissingError without weights.
        """
        return WatchedVpjnd(reference, viewing, find(self.name), protocol, peaked)


class WatchedVpjnd:
    """A reference being watched."""

    def __init__(
        self,
        reference: Picture,
        viewing: Viewing,
        weights: Weights,
        protocol: Protocol = AIC,
        peaked: Peaked | None = None,
    ) -> None:
        self.viewing = viewing
        self.shape = reference.rgb.shape[:2]
        self._alpha = reference.alpha is not None
        self._scenes = [_Scene(rgb, viewing, weights, protocol, peaked) for rgb in views(reference, self._alpha)]

    def __call__(self, decoded: Picture) -> Reading:
        """Read a decoded version. Raises UsageError where its size differs from the reference's."""
        return self.with_spread(decoded)[0]

    def with_spread(self, decoded: Picture) -> tuple[Reading, float]:
        """The reading, and the standard deviation of its logarithm about what the psychophysical observer reads."""
        return max((scene.read(rgb) for scene, rgb in self._pairs(decoded)), key=lambda answer: answer[0].jnd)

    def map(self, decoded: Picture) -> Map:
        """float32 (H, W): JND of the nearest patch by itself; over several backdrops, the worst."""
        worst: Map = np.maximum.reduce([scene.local(rgb) for scene, rgb in self._pairs(decoded)])
        return worst

    def _pairs(self, decoded: Picture) -> Iterator[tuple[_Scene, Pixels]]:
        return zip(self._scenes, views_beside(decoded, self.shape, self._alpha), strict=True)


class Cut:
    """One opaque reference, cut into patches, and their JND maps. Versions of it are cut at the same places."""

    def __init__(self, rgb: Pixels) -> None:
        self._shape = rgb.shape[:2]
        rgb = _at_least(rgb)
        self._size = rgb.shape[:2]
        self._tops, self._lefts = starts(*self._size)
        self._reference = self._cut(rgb)
        self._jnd = np.stack([_jnd_map(rgb, top, left) for top in self._tops for left in self._lefts])[:, None]

    def _cut(self, rgb: Pixels) -> Patches:
        """Patches of a version, float32 (N, 3, 128, 128) in 0..1."""
        rgb = _at_least(rgb)
        patches = [rgb[top : top + SIDE, left : left + SIDE] for top in self._tops for left in self._lefts]
        return np.ascontiguousarray(np.stack(patches).transpose(0, 3, 1, 2), np.float32) / np.float32(255.0)

    def _spread_out(self, values: Floats) -> Map:
        """One value a patch (N,) at every pixel of the picture: that of the nearest patch, float32 (H, W)."""
        planes = _nearest(values[:, None], self._tops, self._lefts, self._size, 1)
        spread: Map = planes[0, : self._shape[0], : self._shape[1]].astype(np.float32)
        return spread

    def _place(self, patch: int) -> Box:
        """The part of a patch that lies in the picture."""
        row, column = divmod(patch, len(self._lefts))
        return _inside(Box(self._lefts[column], self._tops[row], SIDE, SIDE), self._shape)


class _Scene(Cut):
    """A reference cut into patches, and the network that reads versions of it."""

    def __init__(
        self, rgb: Pixels, viewing: Viewing, weights: Weights, protocol: Protocol, peaked: Peaked | None
    ) -> None:
        super().__init__(rgb)
        self._protocol = protocol
        self._viewing = viewing
        self._run = session(weights.path)
        self._factor = float(weights.card.scores.get("interval_factor", 1.0))
        self._display = np.tile(np.array(display(viewing), np.float32), (len(self._reference), 1))
        self._peaks = None
        if protocol.look is not None and peaked is not None:
            self._peaks = peaked(_at_least(rgb), self._tops, self._lefts)
            height, width = self._size
            finest = band_frequencies(height, width, viewing.ppd)[: SCALES - 1]
            # What is coarser has its weight already, and counts as it is.
            self._pool = pooled(protocol.look, [*finest, 0.0])

    def read(self, rgb: Pixels) -> tuple[Reading, float]:
        energy, weight, spread = self._look(rgb)
        window, place = worst(energy, weight, self._tops, self._lefts, self._size, self._viewing.ppd)
        (jnd, where), local = decisive(window, place), place[0]
        error, unmasked = math.hypot(spread, self._sampling(energy)), None
        if self._peaks is not None:
            unmasked = jnd
            (jnd, where), (local, _) = self._looked(self._peaks.raised(_at_least(rgb), energy))
            error = math.hypot(error, self._peaks.error)
        interval = reading_interval(jnd, error, self._protocol)
        return Reading(jnd, local, _inside(where, self._shape), interval, unmasked), error

    def _looked(self, raised: Floats) -> tuple[Placed, Placed]:
        """As `worst`, as people see it who look from place to place. raised: see `Peaks`."""
        areas, pool = cell_areas(self._size), self._pool
        planes = _nearest(raised, self._tops, self._lefts, self._size, CELL)
        sums = planes.reshape(SCALES, -1, *areas.shape) * areas
        per_degree = self._viewing.ppd / CELL
        rows, columns = areas.shape
        large = worst_of_all(sums, areas, window_sides(per_degree, columns, rows), pool)
        small = worst_of_all(sums, areas, [place_sides(per_degree, columns, rows)], pool)
        window, place = ((jnd_of_jod(quality), box_of(box, CELL, self._size)) for quality, box in (large, small))
        return window, place

    def local(self, rgb: Pixels) -> Map:
        energy, _, _ = self._look(rgb)
        if self._peaks is None:
            return self._spread_out(jnd_of(energy.T))
        raised = self._peaks.raised(_at_least(rgb), energy)
        quality = self._pool(raised.T.reshape(SCALES, -1, len(raised)))
        return self._spread_out(np.maximum(JND_PER_JOD * (10.0 - quality), 0.0))

    def _look(self, rgb: Pixels) -> tuple[Floats, Floats, float]:
        """Of each patch the visible energies, float64 (N, 12), and the weight (N,); the spread of ln(JND)."""
        root, weight, spread = self._run(self._reference, self._cut(rgb), self._jnd, self._display)
        share = np.exp(weight[:, 0].astype(np.float64) - float(weight.max()))  # less the largest: never above 1
        # The network answers with logarithms of the roots of energies.
        return np.exp(2.0 * root.astype(np.float64)), share, self._factor * math.exp(float(spread.mean()))

    def _sampling(self, energy: Floats) -> float:
        """Standard deviation of ln(JND) from the patches that were not looked at, as of a random choice of them."""
        looked = min(1.0, len(energy) * SIDE**2 / (self._size[0] * self._size[1]))
        total = energy.sum(axis=1)
        variation = float(total.std() / max(total.mean(), 1e-12))
        # JND goes with the root of energy, nearly.
        return 0.5 * variation * math.sqrt((1.0 - looked) / len(energy))


class _PatchCells(Cells):
    """Cells that were filled as a whole."""

    def picture_energy(self) -> Floats:
        areas = cell_areas(self.shape)
        energy: Floats = (self.grid * (areas / areas.sum())).sum(axis=(2, 3), dtype=np.float64)
        return energy


def starts(height: int, width: int, most: int = MOST) -> tuple[list[int], list[int]]:
    """(tops, lefts) of the patches that are looked at: side by side where they are few, else evenly spread.

    height, width: pixels, at least 128.
    """
    if height > width:  # either way up the same places
        lefts, tops = starts(width, height, most)
        return tops, lefts
    rows, columns = (-(-side // SIDE) for side in (height, width))
    if rows * columns > most:
        shape = rows / columns
        pairs = [(down, min(columns, most // down)) for down in range(1, min(rows, most) + 1)]
        full = max(down * across for down, across in pairs)
        # Nearly as many patches as may be; of such pairs the one whose shape is nearest to the picture's.
        enough = [pair for pair in pairs if pair[0] * pair[1] >= 0.85 * full]
        rows, columns = min(enough, key=lambda pair: abs(math.log(pair[0] / pair[1] / shape)))
    return _spread(height, rows), _spread(width, columns)


def _spread(size: int, count: int) -> list[int]:
    """So many starts from one end to the other, all but the last on the grid of coding blocks."""
    last = size - SIDE
    if count == 1:
        return [last // 16 * 8]  # the middle, on the grid of coding blocks
    return [*(last * index // (count - 1) // 8 * 8 for index in range(count - 1)), last]


def display(viewing: Viewing) -> tuple[float, float]:
    """What the network is told of a viewing: log2 of its pixels per degree and peak luminance over the desktop's.

    Beyond what it learned, the nearest that it did.
    """
    desktop = DISPLAYS["desktop"]
    density, peak = math.log2(viewing.ppd / desktop.ppd), math.log2(viewing.peak / desktop.peak)
    return min(max(density, _DENSITY[0]), _DENSITY[1]), min(max(peak, _PEAK[0]), _PEAK[1])


def worst(
    energy: Floats, weight: Floats, tops: list[int], lefts: list[int], size: tuple[int, ...], ppd: float
) -> tuple[Placed, Placed]:
    """((JND, place) of the worst window, the same of the worst 3 degrees), each place as its nearest patch has it.

    energy: (N, 12), visible energies of the patches, row by row.  weight: (N,).  tops, lefts: see `starts`.
    size: (H, W) in pixels.
    """
    cells = _PatchCells((size[0], size[1]), SCALES + 1)
    # The network's coarsest energies are weighted already: the base band of the pooling is left empty.
    planes = _nearest(energy * (weight / weight.mean())[:, None], tops, lefts, size, CELL)
    cells.grid[:SCALES] = planes.reshape(SCALES, -1, *planes.shape[1:])
    (large, window), (small, place) = worst_window(cells, ppd), worst_place(cells, ppd)
    return (jnd_of_jod(large), window), (jnd_of_jod(small), place)


def jnd_of(energy: Floats) -> Floats:
    """JND of visible energies pooled over an area. energy: float64 (12, ...), the mean over it."""
    bands = energy.reshape(SCALES, -1, *energy.shape[1:])
    quality = pooled_jod(np.concatenate([bands, np.zeros_like(bands[:1])]))
    jnd: Floats = np.maximum(JND_PER_JOD * (10.0 - quality), 0.0)
    return jnd


def _nearest(values: Floats, tops: list[int], lefts: list[int], size: tuple[int, ...], grain: int) -> Floats:
    """Values of the patches (N, V) at the nearest of every `grain` x `grain` pixels: (V, h, w)."""
    rows, columns = (
        np.abs(grain * np.arange(-(-side // grain))[:, None] + 0.5 * (grain - SIDE) - np.array(first)).argmin(axis=1)
        for side, first in zip(size, (tops, lefts), strict=False)
    )
    planes: Floats = values.reshape(len(tops), len(lefts), -1)[rows[:, None], columns].transpose(2, 0, 1)
    return planes


def _jnd_map(rgb: Pixels, top: int, left: int) -> Patches:
    # Of the patch and its surroundings alone: most of a large picture is not looked at.
    first, start = max(0, top - HALO), max(0, left - HALO)
    around = np.ascontiguousarray(rgb[first : top + SIDE + HALO, start : left + SIDE + HALO])
    jnd = chou1995(around)[top - first :, left - start :][:SIDE, :SIDE]
    return np.ascontiguousarray(jnd / np.float32(MAP_UNIT))


def _inside(box: Box, shape: tuple[int, ...]) -> Box:
    """The part of a place that is in the picture, not in what was mirrored."""
    height, width = shape
    x, y = min(box.x, width - 1), min(box.y, height - 1)
    return Box(x, y, min(box.width, width - x), min(box.height, height - y))


def _at_least(rgb: Pixels) -> Pixels:
    """Mirrored at its lower and right edge up to a patch."""
    down, right = (max(0, SIDE - side) for side in rgb.shape[:2])
    return np.pad(rgb, ((0, down), (0, right), (0, 0)), mode="symmetric") if down or right else rgb


CARD = Card(
    name="vpjnd",
    make=Vpjnd,
    summary="learned: a network looks at up to 32 patches and answers in JND units, with an interval of its own",
    paper="Zhang et al. 2025, IEEE TCSVT",
    year=2025,
)
