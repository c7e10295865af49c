"""The observer's face: watch a reference, read versions of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from jndkit.observers.card import Card
from jndkit.observers.contract import Box, Map, Reading
from jndkit.observers.cvvdp import bands, pyramid
from jndkit.observers.cvvdp.cells import Cells, worst_place, worst_window
from jndkit.observers.cvvdp.constants import constants
from jndkit.observers.cvvdp.display import Plane
from jndkit.observers.cvvdp.places import Places
from jndkit.observers.cvvdp.quality import jnd_of_jod, jod, pooled_jod, safe_power
from jndkit.observers.pooling.cells import CELL
from jndkit.observers.pooling.tiles import core, tiles
from jndkit.observers.pooling.views import at_least, views, views_beside
from jndkit.observers.pooling.windows import Placed, decisive
from jndkit.picture import Picture, Pixels
from jndkit.protocols import AIC, Look, Protocol
from jndkit.viewing import Viewing
from jndkit.visibility import JND_PER_JOD, interval

SMALLEST = 8  # pixels: smaller pictures are repeated at the edge up to this
_TILE = 4096  # pixels: larger pictures are read in tiles, so that memory stays bounded
_HALO = 256  # pixels around a tile, a multiple of every band's grain
_KEEP_PIXELS = 20_000_000  # references up to this size stay prepared; larger ones are prepared again per reading


@dataclass(frozen=True)
class Cvvdp:
    """ColorVideoVDP in JND units."""

    name: str = "cvvdp"
    looks = True

    @property
    def version(self) -> str:
        return constants().version

    def watch(self, reference: Picture, viewing: Viewing, protocol: Protocol = AIC) -> WatchedCvvdp:
        """Do the per-picture work once. A reference with alpha is watched over black, mid grey and white.

        protocol: how people look, and how far from them a reading lies.
        """
        return WatchedCvvdp(reference, viewing, protocol)


class WatchedCvvdp:
    """A reference being watched."""

    def __init__(self, reference: Picture, viewing: Viewing, protocol: Protocol = AIC) -> None:
        self.viewing = viewing
        self.shape = reference.rgb.shape[:2]
        self._protocol = protocol
        self._alpha = reference.alpha is not None
        self._scenes = [_Scene(rgb, viewing, protocol.look) for rgb in views(reference, self._alpha)]

    def __call__(self, decoded: Picture) -> Reading:
        """Read a decoded version. Raises UsageError where its size differs from the reference's."""
        pairs = self._pairs(decoded)
        return max((self._reading(scene, scene.cells(rgb)) for scene, rgb in pairs), key=lambda reading: reading.jnd)

    def map(self, decoded: Picture) -> Map:
        """float32 (H, W): local visible difference in JND units; over several backdrops, the worst."""
        maps = [scene.difference_map(rgb) for scene, rgb in self._pairs(decoded)]
        worst: Map = np.maximum.reduce(maps)
        return worst

    def q_jod(self, rgb: Pixels) -> float:
        """Quality of the whole picture in JOD, pooled as the published metric pools it. rgb: uint8 (H, W, 3)."""
        return float(pooled_jod(self._scenes[0].cells(rgb).picture_energy()))

    def with_cells(self, rgb: Pixels) -> tuple[Reading, Cells]:
        """The reading of an opaque picture, and the squared differences over the grid of cells it was made from."""
        cells = self._scenes[0].cells(rgb)
        return self._reading(self._scenes[0], cells), cells

    def _pairs(self, decoded: Picture) -> Iterator[tuple[_Scene, Pixels]]:
        return zip(self._scenes, views_beside(decoded, self.shape, self._alpha), strict=True)

    def _reading(self, scene: _Scene, cells: Cells) -> Reading:
        window, place = scene.worst_of(cells)
        jnd, where = decisive(window, place)
        if scene.places is None:
            return Reading(jnd, place[0], where, interval(jnd, self._protocol))
        (seen, where), (local, _) = scene.seen_in(cells)
        return Reading(seen, local, where, interval(seen, self._protocol), unmasked=jnd)

    def worst(self, rgb: Pixels) -> tuple[Placed, Placed]:
        """((JND, place) of the worst window, the same of the worst 3 degrees) of an opaque picture."""
        return self._scenes[0].worst(rgb)


class _Scene:
    """One opaque reference, in one piece or in tiles."""

    def __init__(self, rgb: Pixels, viewing: Viewing, look: Look | None) -> None:
        self._rgb = at_least(rgb, SMALLEST)
        self._shape = rgb.shape[:2]
        self._viewing = viewing
        height, width = self._rgb.shape[:2]
        self._tiles = list(_tiles(height, width))
        keep = height * width <= _KEEP_PIXELS
        self._watched = [bands.watch(self._cut(tile), viewing) for tile in self._tiles] if keep else None
        first = self._tiles[0]
        self._frequencies = pyramid.band_frequencies(first.height, first.width, viewing.ppd)
        self.places = None if look is None else Places(self._rgb, viewing, look)

    def cells(self, rgb: Pixels) -> Cells:
        """Squared differences over the grid of cells."""
        rgb = at_least(rgb, SMALLEST)
        cells = Cells(rgb.shape[:2], len(self._frequencies))
        for reference, tile in self._references():
            patch = rgb[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
            if len(self._tiles) == 1:
                bands.differences(reference, patch, cells.add)
            else:
                cells.paste(_part(reference, patch), tile, core(tile, rgb.shape, _HALO))
        return cells

    def worst(self, rgb: Pixels) -> tuple[Placed, Placed]:
        """((JND, place) of the worst window, the same of the worst 3 degrees)."""
        return self.worst_of(self.cells(rgb))

    def worst_of(self, cells: Cells) -> tuple[Placed, Placed]:
        """The same, of cells that were made before."""
        ppd = self._viewing.ppd
        (window_jod, window), (local_jod, place) = worst_window(cells, ppd), worst_place(cells, ppd)
        return (jnd_of_jod(window_jod), window), (jnd_of_jod(local_jod), place)

    def seen_in(self, cells: Cells) -> tuple[Placed, Placed]:
        """The same as people see it who look from place to place."""
        assert self.places is not None
        (window_jod, window), (local_jod, place) = self.places.worst(cells, self._frequencies)
        return (jnd_of_jod(window_jod), window), (jnd_of_jod(local_jod), place)

    def difference_map(self, rgb: Pixels) -> Map:
        rgb = at_least(rgb, SMALLEST)
        out: Map = np.empty(rgb.shape[:2], np.float32)
        for reference, tile in self._references():
            patch = np.ascontiguousarray(rgb[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width])
            own = core(tile, rgb.shape, _HALO)
            local = _local_map(reference, patch)
            inside = local[own.y - tile.y :, own.x - tile.x :][: own.height, : own.width]
            out[own.y : own.y + own.height, own.x : own.x + own.width] = inside
        if self.places is not None:
            out /= self.places.hidden()
        return out[: self._shape[0], : self._shape[1]]

    def _references(self) -> Iterator[tuple[bands.Reference | bands.Unprepared, Box]]:
        for index, tile in enumerate(self._tiles):
            yield self._watched[index] if self._watched else bands.Unprepared(self._viewing, self._cut(tile)), tile

    def _cut(self, tile: Box) -> Pixels:
        return self._rgb[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]


def _tiles(height: int, width: int) -> Iterator[Box]:
    """Tiles with their halo, of about equal size. A picture of up to 20 megapixels is one tile."""
    if height * width <= _KEEP_PIXELS:
        yield Box(0, 0, width, height)
        return
    yield from tiles((height, width), _TILE, _HALO)


def _part(reference: bands.Reference | bands.Unprepared, rgb: Pixels) -> Cells:
    """Squared differences over the cells of one tile."""
    part = Cells(reference.shape, len(reference.frequencies))
    if isinstance(reference, bands.Unprepared) and bands.alike(reference, rgb):
        row = Cells((CELL, rgb.shape[1]), part.bands)
        bands.differences_alike(reference, rgb, row.add, CELL)
        part.grid[...] = row.grid
    else:
        bands.differences(reference, rgb, part.add)
    return part


def _local_map(reference: bands.Reference | bands.Unprepared, rgb: Pixels) -> Map:
    """Visible difference of each pixel in JND units: channels pooled in each band, then the bands added up."""
    c = constants()
    count = len(reference.frequencies)
    height, width = reference.shape
    layers: list[Plane] = []
    for _ in range(count):
        layers.append(np.zeros((height, width), np.float32))
        height, width = -(-height // 2), -(-width // 2)

    def collect(band: int, top: int, difference: list[Plane]) -> None:
        weights = (c.baseband_weight if band == count - 1 else np.ones(3)) * c.image_integration
        fourth = sum(
            safe_power(plane.astype(np.float64) * weight, 4.0)
            for plane, weight in zip(difference, weights, strict=True)
        )
        # `bands` doubles the contrast of the others, as the published pyramid does; bands add up to a picture without.
        step = 1.0 if band in (0, count - 1) else 0.5
        layers[band][top : top + len(difference[0])] = safe_power(np.asarray(fourth), 0.25) * step

    bands.differences(reference, rgb, collect)
    total = np.maximum(pyramid.collapse(layers), 0.0)
    return (JND_PER_JOD * (10.0 - jod(total.astype(np.float64)))).astype(np.float32)


CARD = Card(
    name="cvvdp",
    make=Cvvdp,
    summary="psychophysical: display, contrast sensitivity, masking and pooling of ColorVideoVDP, in JND units",
    paper="Mantiuk et al. 2024, ACM Trans. Graph. 43(4)",
    year=2024,
    licence="Apache-2.0, its constants MIT",
)
