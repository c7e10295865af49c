"""How a picture answers quantisation: a sample of it quantised as codecs do, and read in every band by the observer.

What a codec will do to a picture depends on where its detail lies and what hides it there, and this is the shortest
question that finds out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jndkit.codecs.chroma import reduce_chroma
from jndkit.observers.contract import Box
from jndkit.observers.cvvdp import bands
from jndkit.observers.cvvdp.cells import Cells, worst_window
from jndkit.observers.cvvdp.places import Places
from jndkit.observers.cvvdp.quality import pooled_jod
from jndkit.observers.pooling.cells import CELL, cell_areas
from jndkit.observers.pooling.windows import WINDOW
from jndkit.picture import Pixels
from jndkit.picturewise.quantisation import Quantiser
from jndkit.protocols import Look
from jndkit.viewing import Viewing
from jndkit.visibility import JND_PER_JOD

Floats = npt.NDArray[np.float64]
Sums = npt.NDArray[np.float32] | Floats

PATCH = 128  # pixels a side, a multiple of every block and cell
PATCHES = 24  # a larger picture is judged by so many of them
SMALLEST = 64  # pixels a side: what a pyramid and a block of 16 need to say anything
BANDS = 8  # kept of a reading: the seven finest, and the base

JPEG_QUALITIES = (60, 92)
FLAT_STEPS = (8.0, 32.0)  # code values
RESPONSES = 1 + len(JPEG_QUALITIES) + len(FLAT_STEPS)
"""Readings of a sample: its chroma merely halved, two quantisations weighted as JPEG weights them, two unweighted."""


@dataclass(frozen=True)
class Sample:
    """Part of a picture, as one small picture.

    rgb: uint8 (h, w, 3).  shape: of the whole picture.  places: where each patch lies in it.  boxes: where each lies in
    the sample, at multiples of a cell.
    """

    rgb: Pixels
    shape: tuple[int, int]
    places: tuple[Box, ...]
    boxes: tuple[Box, ...]


def sample(rgb: Pixels) -> Sample:
    """All of a picture of up to 24 patches' pixels; of a larger one 24 patches of 128 x 128 at most, evenly spread.

    rgb: uint8 (H, W, 3).
    """
    height, width = rgb.shape[:2]
    if height * width <= PATCHES * PATCH * PATCH or min(height, width) < PATCH:
        if max(height, width) > PATCHES * PATCH:  # a strip too narrow for patches is cut to as many pixels
            rgb = rgb[: PATCHES * PATCH, : PATCHES * PATCH]
        tiles = tuple(_tiles(*rgb.shape[:2]))
        return Sample(rgb, (height, width), tiles, tiles)
    columns = max(1, min(PATCHES, round(math.sqrt(PATCHES * width / height)), width // PATCH))
    rows = max(1, min(PATCHES // columns, height // PATCH))
    columns = min(PATCHES // rows, width // PATCH)
    places: list[Box] = []
    boxes: list[Box] = []
    mosaic = np.empty((rows * PATCH, columns * PATCH, 3), np.uint8)
    for row, y in enumerate(_spread(height, rows)):
        for column, x in enumerate(_spread(width, columns)):
            box = Box(column * PATCH, row * PATCH, PATCH, PATCH)
            mosaic[box.y : box.y + PATCH, box.x : box.x + PATCH] = rgb[y : y + PATCH, x : x + PATCH]
            places.append(Box(x, y, PATCH, PATCH))
            boxes.append(box)
    return Sample(mosaic, (height, width), tuple(places), tuple(boxes))


def _tiles(height: int, width: int) -> list[Box]:
    return [
        Box(x, y, min(PATCH, width - x), min(PATCH, height - y))
        for y in range(0, height, PATCH)
        for x in range(0, width, PATCH)
    ]


def _spread(side: int, count: int) -> list[int]:
    """Starts of `count` patches from one end of a side to the other, at multiples of a cell."""
    free = side - PATCH
    return [round(free * k / max(1, count - 1)) // CELL * CELL if count > 1 else free // 2 for k in range(count)]


class Answer(NamedTuple):
    """What is seen of one version of a sample.

    energy: squared visible differences in every window of 20 x 13.5 degrees, the whole picture where it is no larger;
    float64 (windows, BANDS, 3); axes are window, band from the finest with the base last, and channel (achromatic,
    red-green, violet-yellow).
    jnd: of the worst window.  masked: the same as people see it who look from place to place, texture masking what
    lies in it; None where nobody asked.
    """

    energy: Floats
    jnd: float
    masked: float | None


class WatchedSample:
    """A sample being watched, so that versions of it can be read.

    whole: whether it is the whole picture.  quantiser: what makes versions of it.
    places: its places, where it was asked how people look.
    """

    def __init__(self, part: Sample, viewing: Viewing, look: Look | None = None) -> None:
        """look: how people look, to be read as well."""
        self.sample = part
        self.quantiser = Quantiser(part.rgb)
        self._viewing = viewing
        self.whole = part.rgb.shape[:2] == part.shape
        self._reference = bands.watch(part.rgb, viewing)
        self.places = None if look is None else Places(part.rgb, viewing, look)
        self._share = _windows(part, viewing)

    def cells(self, version: Pixels) -> Cells:
        """Squared differences of a version, uint8 as large as the sample, over the grid of cells."""
        cells = Cells(self.sample.rgb.shape[:2], len(self.frequencies))
        bands.differences(self._reference, version, cells.add)
        return cells

    @property
    def frequencies(self) -> list[float]:
        """Of the bands, cycles per degree, the base last."""
        return self._reference.frequencies

    def answer(self, cells: Cells) -> Answer:
        """What those differences come to. Where the sample is the whole picture, what the observer itself reads."""
        areas = cell_areas(cells.shape).astype(np.float32)
        every = np.tensordot(self._share, by_patch(cells.grid * areas, areas, CELL, self.sample), axes=1)
        kept = min(cells.bands - 1, BANDS - 1)
        energy = np.zeros((len(every), BANDS, 3))
        energy[:, :kept], energy[:, -1] = every[:, :kept], every[:, -1]
        np.maximum(energy, 0.0, out=energy)
        if self.whole:
            quality = worst_window(cells, self._viewing.ppd)[0]
        else:
            quality = float(pooled_jod(np.moveaxis(energy, 0, -1)).min())
        return Answer(energy, _jnd(quality), self._masked(cells))

    def _masked(self, cells: Cells) -> float | None:
        if self.places is None:
            return None
        if self.whole:
            return _jnd(self.places.worst(cells, self.frequencies)[0][0])
        sums, areas = self.places.sums(cells), self.places.areas
        means = np.tensordot(self._share, by_patch(sums, areas, self.places.side, self.sample), axes=1)
        return _jnd(float(self.places.pool(self.frequencies)(np.moveaxis(means, 0, -1)).min()))


class Responses(NamedTuple):
    """How a picture answered, response by response.

    energy: float64 (windows, RESPONSES, BANDS, 3), see `Answer`.
    jnd: float64 (RESPONSES,), what the worst window reads.  masked: as in `Answer`; None where nobody asked.
    """

    energy: Floats
    jnd: Floats
    masked: Floats | None


def responses(watched: WatchedSample) -> Responses:
    """The answers of a sample to every kind of quantisation."""
    answers = [watched.answer(watched.cells(version)) for version in versions(watched)]
    masked = [answer.masked for answer in answers if answer.masked is not None]
    return Responses(
        np.stack([answer.energy for answer in answers], axis=1),
        np.array([answer.jnd for answer in answers]),
        np.array(masked) if masked else None,
    )


def versions(watched: WatchedSample) -> Iterator[Pixels]:
    """The sample after every kind of quantisation."""
    yield reduce_chroma(watched.sample.rgb)
    yield from (watched.quantiser.jpeg(quality) for quality in JPEG_QUALITIES)
    yield from (watched.quantiser.flat(step) for step in FLAT_STEPS)


def _jnd(quality: float) -> float:
    return max(0.0, JND_PER_JOD * (10.0 - quality))


def by_patch(sums: Sums, areas: Sums, side: int, part: Sample) -> Floats:
    """Means over every patch, float64 (patches, bands, 3).

    sums: (bands, 3, rows, columns), over squares of `side` pixels.  areas: (rows, columns), their pixels.
    A square belongs to the patch that its middle lies in.
    """
    rows, columns = (
        (starts + np.minimum(starts + side, length)) / 2.0
        for length in part.rgb.shape[:2]
        for starts in [np.arange(0, length, side)]
    )
    means = np.zeros((len(part.boxes), *sums.shape[:2]))
    for patch, box in enumerate(part.boxes):
        down = slice(*np.searchsorted(rows, (box.y, box.y + box.height)))
        across = slice(*np.searchsorted(columns, (box.x, box.x + box.width)))
        area = float(areas[down, across].sum())
        if area:
            means[patch] = sums[:, :, down, across].sum(axis=(2, 3)) / area
    return means


def _windows(part: Sample, viewing: Viewing) -> Floats:
    """The weight of every patch in every window, float64 (windows, patches), rows summing to 1."""
    height, width = part.shape
    area = np.array([box.width * box.height for box in part.places], float)
    middle = np.array([(box.x + box.width / 2, box.y + box.height / 2) for box in part.places])
    shapes = {}  # windows that hold the same patches count once
    for long, short in (WINDOW, WINDOW[::-1]):
        wide, tall = min(width, long * viewing.ppd), min(height, short * viewing.ppd)
        # As in `pooling.windows`: a picture that is hardly larger than a window is taken whole.
        if wide * 1.1 >= width and tall * 1.1 >= height:
            whole: Floats = area[None] / area.sum()
            return whole
        for x, y in middle:
            left, top = np.clip(x - wide / 2, 0, width - wide), np.clip(y - tall / 2, 0, height - tall)
            across = np.abs(middle[:, 0] - left - wide / 2) <= max(wide, PATCH) / 2
            inside = across & (np.abs(middle[:, 1] - top - tall / 2) <= max(tall, PATCH) / 2)
            if inside.any():
                shapes[inside.tobytes()] = inside
    held = np.array(list(shapes.values())) * area
    share: Floats = held / held.sum(axis=1, keepdims=True)
    return share
