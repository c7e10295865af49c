"""The observer's face: watch a reference with its map, read versions of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from jndkit.errors import UsageError
from jndkit.observers.card import Card
from jndkit.observers.contract import Map, Reading
from jndkit.observers.intervals import reading_interval
from jndkit.observers.mapped.constants import Constants, constants, version
from jndkit.observers.mapped.exceedance import inverse_threshold, low_pass_reach, low_passed_error, raised
from jndkit.observers.mapped.grid import Grid
from jndkit.observers.pooling.cells import CELL
from jndkit.observers.pooling.views import at_least, views, views_beside
from jndkit.observers.pooling.windows import decisive
from jndkit.picture import Picture, Pixels
from jndkit.pixelwise import MODELS
from jndkit.pixelwise.terms.luma import SMALLEST
from jndkit.protocols import AIC, Protocol
from jndkit.threads import over_strips
from jndkit.viewing import Viewing


@dataclass(frozen=True)
class Mapped:
    """The JND map of a model, pooled, in JND units. name: of a model with fitted constants. Raises UsageError else."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in constants():
            raise UsageError(f"no constants were fitted for the map {self.name!r}: choose {', '.join(constants())}")

    @property
    def version(self) -> str:
        return version()

    def watch(self, reference: Picture, viewing: Viewing, protocol: Protocol = AIC) -> WatchedMapped:
        """Make the map once. A reference with alpha is watched over black, mid grey and white.

        Of the viewing only the pixels per degree count: a JND map is in code values and knows no display. Of the
        protocol only its error does.
        """
        return WatchedMapped(reference, viewing, self.name, constants()[self.name], protocol)


class WatchedMapped:
    """A reference being watched."""

    def __init__(
        self, reference: Picture, viewing: Viewing, model: str, fit: Constants, protocol: Protocol = AIC
    ) -> None:
        self.viewing = viewing
        self._protocol = protocol
        self.shape = reference.rgb.shape[:2]
        self._fit = fit
        self._alpha = reference.alpha is not None
        self._scenes = [_Scene(rgb, viewing.ppd, model, fit) for rgb in views(reference, self._alpha)]

    def __call__(self, decoded: Picture) -> Reading:
        """Read a decoded version. Raises UsageError where its size differs from the reference's."""
        return max(
            (self._read(scene.grid(rgb)) for scene, rgb in self._pairs(decoded)), key=lambda reading: reading.jnd
        )

    def map(self, decoded: Picture) -> Map:
        """float32 (H, W): JND that a picture would read if all of it exceeded its thresholds as this pixel does.

        Over several backdrops, the worst.
        """
        worst: Map = np.maximum.reduce([scene.local(rgb) for scene, rgb in self._pairs(decoded)])
        return worst

    def whole(self, decoded: Picture) -> float:
        """JND of the whole picture pooled as one window, which is what the constants were fitted on."""
        return max(reading(scene.grid(rgb).mean(), self._fit) for scene, rgb in self._pairs(decoded))

    def _pairs(self, decoded: Picture) -> Iterator[tuple[_Scene, Pixels]]:
        return zip(self._scenes, views_beside(decoded, self.shape, self._alpha), strict=True)

    def _read(self, grid: Grid) -> Reading:
        (large, window), (small, place) = grid.worst_window(self.viewing.ppd), grid.worst_place(self.viewing.ppd)
        local = reading(small, self._fit)
        jnd, where = decisive((reading(large, self._fit), window), (local, place), self._fit.local_ratio)
        return Reading(jnd, local, where, reading_interval(jnd, self._fit.error, self._protocol))


def reading(mean: float, fit: Constants) -> float:
    """k E^g in JND, of the mean of x^beta over a window."""
    return float(fit.gain * mean ** (fit.power / fit.beta))


class _Scene:
    """One opaque reference with its map."""

    def __init__(self, rgb: Pixels, ppd: float, model: str, fit: Constants) -> None:
        self._rgb = at_least(rgb, SMALLEST)
        self._shape = rgb.shape[:2]
        self._ppd = ppd
        self._fit = fit
        self._inverse = inverse_threshold(self._rgb, model)

    def grid(self, rgb: Pixels) -> Grid:
        """Sums of x^beta over cells."""
        rgb = at_least(rgb, SMALLEST)
        height, width = rgb.shape[:2]
        grid = Grid((height, width))
        over_strips(lambda top, bottom: grid.add(top, self._exceedance(rgb, top, bottom)), height, width, CELL)
        return grid

    def local(self, rgb: Pixels) -> Map:
        rgb = at_least(rgb, SMALLEST)
        out: Map = np.empty(rgb.shape[:2], np.float32)

        def work(top: int, bottom: int) -> None:
            exceedance = self._exceedance(rgb, top, bottom)
            out[top:bottom] = self._fit.gain * cv2.pow(exceedance, self._fit.power / self._fit.beta)

        over_strips(work, *rgb.shape[:2])
        return out[: self._shape[0], : self._shape[1]]

    def _exceedance(self, rgb: Pixels, top: int, bottom: int) -> Map:
        """x^beta over the rows from `top` to `bottom`."""
        reach = low_pass_reach(self._ppd)
        first, last = max(0, top - reach), min(len(rgb), bottom + reach)
        error = low_passed_error(self._rgb[first:last], rgb[first:last], self._ppd)[top - first : bottom - first]
        luma, chroma = raised(error, self._inverse[top:bottom], self._fit.beta)
        exceedance: Map = cv2.scaleAdd(chroma, self._fit.chroma**self._fit.beta, luma)
        return exceedance


def card(name: str) -> Card:
    """The card of the observer that a model's map makes. name: of a model with fitted constants."""
    model = MODELS[name]
    factor = math.exp(constants()[name].error)
    return Card(
        name=name,
        make=partial(Mapped, name),
        summary=f"the JND map of {name}, pooled; reads within a factor of {factor:.2f} of cvvdp (standard error)",
        paper=model.paper,
        year=model.year,
    )
