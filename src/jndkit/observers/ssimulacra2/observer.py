"""The observer's face: watch a reference, read versions of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import cv2
import numpy as np

from jndkit.observers.card import Card
from jndkit.observers.contract import Box, Map, Reading, check_viewing
from jndkit.observers.pooling.cells import box_of
from jndkit.observers.pooling.tiles import core, tiles
from jndkit.observers.pooling.views import at_least, views, views_beside
from jndkit.observers.pooling.windows import Placed, decisive
from jndkit.observers.ssimulacra2.measure import (
    SMALLEST,
    VARIANTS,
    Seen,
    differences,
    pyramid,
    score,
    watch,
    weights,
)
from jndkit.observers.ssimulacra2.scale import scale
from jndkit.observers.ssimulacra2.sums import CELL, Sums, scales_of
from jndkit.picture import Picture, Pixels
from jndkit.protocols import AIC, Error, Protocol
from jndkit.threads import side_by_side
from jndkit.viewing import DISPLAYS, Viewing
from jndkit.visibility import interval

_TILE = 1088  # pixels: larger pictures are read in tiles, side by side, so that memory stays bounded; 1080 rows in one
_HALO = 128  # pixels around a tile: the window's reach of 4 at the coarsest scale, 1:32
_STRIP = 64  # rows of a scale at a time, so that the working arrays stay in the cache; whole cells at every scale
_REACH = 4  # rows that the window looks beyond
_KEEP_PIXELS = 8_000_000  # references up to this size stay prepared, at 48 bytes a pixel; larger ones are made again
_WINDOW = VARIANTS["libjxl"]
_LEVEL = 0.9


@dataclass(frozen=True)
class Ssimulacra2:
    """SSIMULACRA 2.1 in JND units, at the desktop display."""

    name: str = "ssimulacra2"

    @property
    def version(self) -> str:
        return scale().version

    def holds_at(self, viewing: Viewing) -> bool:
        """Whether people answered at that display: the desktop's pixels per degree, whatever its light.

        2 % either way: less than whoever sits there moves.
        """
        return math.isclose(viewing.ppd, DISPLAYS["desktop"].ppd, rel_tol=0.02)

    def watch(self, reference: Picture, viewing: Viewing, protocol: Protocol = AIC) -> WatchedSsimulacra2:
        """Do the per-picture work once. A reference with alpha is watched over black, mid grey and white.

        The measure knows no display, so that it says the same at every one; people's answers, to which its scale in
        JND was fitted, are of one. Of the protocol only its error counts.

        Raises UsageError for pixels per degree other than the desktop's.
        """
        check_viewing(self, viewing)
        return WatchedSsimulacra2(reference, viewing, protocol)


class WatchedSsimulacra2:
    """A reference being watched."""

    def __init__(self, reference: Picture, viewing: Viewing, protocol: Protocol = AIC) -> None:
        self.viewing = viewing
        self.shape = reference.rgb.shape[:2]
        self._protocol = protocol
        self._alpha = reference.alpha is not None
        self._scenes = [_Scene(rgb) for rgb in views(reference, self._alpha)]

    def __call__(self, decoded: Picture) -> Reading:
        """Read a decoded version. Raises UsageError where its size differs from the reference's."""
        window, place = self.places(decoded)
        jnd, where = decisive(window, place, scale().local_ratio)
        least, _ = _interval(jnd, scale().plain, self._protocol)
        return Reading(jnd, place[0], where, _interval(jnd, scale().error, self._protocol), doubt=jnd - least)

    def map(self, decoded: Picture) -> Map:
        """float32 (H, W): JND that a picture would read if all of it differed as this pixel does, at every scale.

        Over several backdrops, the worst.
        """
        worst: Map = np.maximum.reduce([scene.local(rgb) for scene, rgb in self._pairs(decoded)])
        return worst

    def places(self, decoded: Picture) -> tuple[Placed, Placed]:
        """((JND, place) of the worst window, the same of the worst 3 degrees); over several backdrops, the worst."""
        ppd = self.viewing.ppd
        sums = [scene.sums(rgb) for scene, rgb in self._pairs(decoded)]
        window, place = min(cells.worst_window(ppd) for cells in sums), min(cells.worst_place(ppd) for cells in sums)
        return self._placed(window), self._placed(place)

    def whole(self, decoded: Picture) -> float:
        """The score of the whole picture, 100 at best, as published; over several backdrops, the worst."""
        return min(scene.sums(rgb).whole() for scene, rgb in self._pairs(decoded))

    def _pairs(self, decoded: Picture) -> Iterator[tuple[_Scene, Pixels]]:
        return zip(self._scenes, views_beside(decoded, self.shape, self._alpha), strict=True)

    def _placed(self, placed: Placed) -> Placed:
        """In JND and pixels."""
        lowest, cells = placed
        return float(scale().curve(lowest)), box_of(cells, CELL, self.shape)


def _interval(jnd: float, error: Error, protocol: Protocol) -> tuple[float, float]:
    """90 % interval of a reading, JND.

    The people of `aic` are those that the error was measured on. For others what is known is how far the psychophysical
    observer lies from them; that error and ours are taken as independent: half-widths add as squares, on either side.
    """
    low, high = error.around(jnd, NormalDist().inv_cdf(0.5 + _LEVEL / 2.0))
    if protocol.form == "aic":
        return low, high
    least, most = interval(jnd, protocol, level=_LEVEL)
    return max(0.0, jnd - math.hypot(jnd - low, jnd - least)), jnd + math.hypot(high - jnd, most - jnd)


class _Scene:
    """One opaque reference, in one piece or in tiles."""

    def __init__(self, rgb: Pixels) -> None:
        self._rgb = at_least(rgb, SMALLEST)
        self._shape = rgb.shape[:2]
        self._tiles = list(tiles(self._rgb.shape, _TILE, _HALO))
        keep = self._rgb.shape[0] * self._rgb.shape[1] <= _KEEP_PIXELS
        self._watched = side_by_side(self._watch, self._tiles) if keep else None

    def sums(self, rgb: Pixels) -> Sums:
        """What the measure sums, over cells."""
        rgb = at_least(rgb, SMALLEST)
        sums = Sums(rgb.shape[:2])

        def read(index: int) -> None:
            for level, plane, maps, at in self._differences(index, rgb):
                sums.add(level, plane, maps, at)

        side_by_side(read, range(len(self._tiles)))
        return sums

    def local(self, rgb: Pixels) -> Map:
        rgb = at_least(rgb, SMALLEST)
        height, width = rgb.shape[:2]
        out: Map = np.empty((height, width), np.float32)
        # The norms of a map that is one number everywhere are that number, both of them.
        both = weights(scales_of(rgb.shape)).reshape(3, -1, 2, 3).sum(axis=2)

        def read(index: int) -> None:
            own = core(self._tiles[index], rgb.shape, _HALO)
            error = np.zeros((own.height, own.width), np.float32)
            for level, plane, maps, at in self._differences(index, rgb):
                added = sum(
                    values * np.float32(weight)
                    for values, weight in zip(maps, both[plane, level], strict=True)
                    if values.size
                )
                rows = error[at.y - own.y :]
                enlarged = _enlarged(np.asarray(added), level)[: len(rows), : own.width]
                rows[: len(enlarged)] += enlarged
            out[own.y : own.y + own.height, own.x : own.x + own.width] = scale().curve(score(error.astype(np.float64)))

        side_by_side(read, range(len(self._tiles)))
        return out[: self._shape[0], : self._shape[1]]

    def _differences(self, index: int, rgb: Pixels) -> Iterator[tuple[int, int, list[Map], Box]]:
        """(scale, plane, three maps, their place in the picture) of the strips of one tile, without its halo."""
        tile = self._tiles[index]
        own = core(tile, rgb.shape, _HALO)
        watched = self._watched[index] if self._watched else self._watch(tile)
        for level, planes in enumerate(pyramid(_cut(rgb, tile), _WINDOW.halved)):
            rows = _scaled(own.y - tile.y, own.height, level)
            columns = _scaled(own.x - tile.x, own.width, level)
            for plane, values in enumerate(planes):
                for top in range(rows.start, rows.stop, _STRIP):
                    bottom = min(top + _STRIP, rows.stop)
                    first, last = max(0, top - _REACH), bottom + _REACH
                    seen = Seen(*(layer[first:last] for layer in watched[level][plane]))
                    maps = differences(seen, values[first:last], _WINDOW)
                    at = Box(own.x, tile.y + (top << level), own.width, (bottom - top) << level)
                    yield level, plane, [strip[top - first : bottom - first, columns] for strip in maps], at

    def _watch(self, tile: Box) -> list[list[Seen]]:
        return watch(_cut(self._rgb, tile), _WINDOW)


def _cut(rgb: Pixels, tile: Box) -> Pixels:
    return np.ascontiguousarray(rgb[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width])


def _scaled(start: int, length: int, level: int) -> slice:
    """Pixels of a scale, of a stretch that starts with a pixel of it; an odd side is rounded up."""
    return slice(start >> level, -(-(start + length) >> level))


def _enlarged(values: Map, level: int) -> Map:
    if level == 0:
        return values
    height, width = (side << level for side in values.shape)
    enlarged: Map = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
    return enlarged


CARD = Card(
    name="ssimulacra2",
    make=Ssimulacra2,
    summary="SSIMULACRA 2.1 in JND units, by a curve fitted to people's answers; at the desktop display alone",
    paper="Sneyers 2023, version 2.1, Cloudinary",
    year=2023,
    licence="Apache-2.0, its constants BSD-3-Clause",
    second="cvvdp",
)
