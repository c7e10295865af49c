"""From two pictures to the visible difference in every band, strip by strip.

The reference's work (pyramid, sensitivity) is done once in `Reference`; `differences` does a test picture's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jndkit.observers.cvvdp import pyramid
from jndkit.observers.cvvdp.constants import constants
from jndkit.observers.cvvdp.display import Plane, opponent_rows, to_opponent
from jndkit.observers.cvvdp.masking import HALO, visible_difference
from jndkit.observers.cvvdp.sensitivity import sensitivity, tables
from jndkit.picture import Pixels, one_colour
from jndkit.threads import over_strips
from jndkit.viewing import Viewing

_DARKEST = np.float32(0.01)  # cd/m2, floor of every background

# Receives band, first row, and the three channels' difference in those rows.
Collect = Callable[[int, int, list[Plane]], None]


@dataclass(frozen=True)
class _Band:
    contrast: list[Plane]  # reference contrast times sensitivity
    sensitivity: list[Plane]  # including the channel gain and the band's multiplier


@dataclass(frozen=True)
class Reference:
    """Everything of the reference that a probe needs."""

    viewing: Viewing
    shape: tuple[int, int]
    frequencies: list[float]
    bands: list[_Band]
    base: list[Plane]
    base_sensitivity: list[float]


@dataclass(frozen=True)
class Unprepared:
    """A reference too large to be kept: `differences` does its work again, beside that of every test picture.

    The finest band, three quarters of all, is then never held as a whole.
    """

    viewing: Viewing
    rgb: Pixels

    @property
    def shape(self) -> tuple[int, int]:
        return self.rgb.shape[0], self.rgb.shape[1]

    @property
    def frequencies(self) -> list[float]:
        return pyramid.band_frequencies(*self.shape, self.viewing.ppd)


def watch(rgb: Pixels, viewing: Viewing) -> Reference:
    """Prepare a reference. rgb: uint8 (H, W, 3), both sides at least 8 pixels."""
    shape = rgb.shape[0], rgb.shape[1]
    frequencies = pyramid.band_frequencies(*shape, viewing.ppd)
    planes = to_opponent(rgb, viewing)
    bands = []
    for level, frequency in enumerate(frequencies[:-1]):
        layers, background, planes = _split(planes)
        bands.append(_band(level, layers, background, frequency))
    return Reference(viewing, shape, frequencies, bands, *_base(planes, frequencies[-1]))


def _band(level: int, layers: list[Plane], background: Plane, frequency: float) -> _Band:
    """Contrast, in the layers' own memory, and sensitivity of one band."""
    # The published pyramid doubles all bands but the finest and the base.
    scale = constants().contrast_gain * (1.0 if level == 0 else 2.0)
    known = tables(frequency)
    sense: list[Plane] = [np.empty_like(background) for _ in layers]

    def work(top: int, bottom: int) -> None:
        rows = slice(top, bottom)
        for layer, plane, s, k in zip(layers, sense, sensitivity(background[rows], known), scale, strict=True):
            np.multiply(s, np.float32(k), out=plane[rows])
            layer[rows] /= background[rows]
            layer[rows] *= plane[rows]

    over_strips(work, *background.shape)
    return _Band(layers, sense)


def _base(planes: list[Plane], frequency: float) -> tuple[list[Plane], list[float]]:
    """Contrast and sensitivity of the base band."""
    level_mean, base = _base_contrast(planes)
    at_mean = sensitivity(np.full((1, 1), level_mean, np.float32), tables(frequency))
    return base, [float(s[0, 0]) for s in at_mean]


def differences(reference: Reference | Unprepared, rgb: Pixels, collect: Collect, row_multiple: int = 16) -> None:
    """Compute the visible difference of a test picture and hand it to `collect`, in strips of each band.

    rgb: uint8 of the reference's shape.  row_multiple: strips of band b start at multiples of row_multiple >> b.
    `collect` may be called from several threads at once, never twice for the same rows.
    """
    if isinstance(reference, Unprepared):
        _side_by_side(reference, rgb, collect, row_multiple)
        return
    planes = to_opponent(rgb, reference.viewing)
    for level, band in enumerate(reference.bands):
        layers, background, planes = _split(planes)
        _band_strips(level, band, layers, background, collect, max(1, row_multiple >> level))
    collect(len(reference.bands), 0, _base_difference(planes, reference.base, reference.base_sensitivity))


def _side_by_side(reference: Unprepared, rgb: Pixels, collect: Collect, row_multiple: int) -> None:
    """Both pyramids at once: the finest band strip by strip from the pixels, each other band while it is there."""
    viewing, shape, frequencies = reference.viewing, reference.shape, reference.frequencies
    ours, theirs = (_halved(pixels, viewing) for pixels in (reference.rgb, rgb))

    def finest(top: int, bottom: int) -> None:
        first, last = max(0, top - HALO), min(shape[0], bottom + HALO)
        layers, background = _finest_rows(reference.rgb, ours, first, last, viewing)
        band = _band(0, layers, background, frequencies[0])
        layers, background = _finest_rows(rgb, theirs, first, last, viewing)
        inside = slice(top - first, bottom - first)
        collect(0, top, visible_difference(_test_contrast(layers, background, band.sensitivity), band.contrast, inside))

    over_strips(finest, *shape, row_multiple)
    for level, frequency in enumerate(frequencies[1:-1], 1):
        layers, background, ours = _split(ours)
        band = _band(level, layers, background, frequency)
        layers, background, theirs = _split(theirs)
        _band_strips(level, band, layers, background, collect, max(1, row_multiple >> level))
        del band, layers, background  # before the next band needs its own
    collect(len(frequencies) - 1, 0, _base_difference(theirs, *_base(ours, frequencies[-1])))


def alike(reference: Unprepared, rgb: Pixels) -> bool:
    """Whether both pictures are of one colour each, so that all rows of every band are alike."""
    coarsest = min(reference.shape) >> len(reference.frequencies)
    return coarsest > HALO and one_colour(reference.rgb) and one_colour(rgb)


def differences_alike(reference: Unprepared, rgb: Pixels, collect: Collect, rows: int) -> None:
    """`differences`, of pictures that are `alike`, in the first `rows` rows alone."""
    height, frequencies = reference.shape[0], reference.frequencies
    ours, theirs = (opponent_rows(pixels[:1], reference.viewing) for pixels in (reference.rgb, rgb))
    for level, frequency in enumerate(frequencies[:-1]):
        layers, background, ours = _split(_repeated(ours, height))
        band = _band(level, layers, background, frequency)
        layers, background, theirs = _split(_repeated(theirs, height))
        test = _test_contrast(layers, background, band.sensitivity)
        collect(level, 0, visible_difference(test, band.contrast, slice(0, max(1, rows >> level))))
        height = -(-height // 2)
    base = _base_difference(theirs, *_base(ours, frequencies[-1]))
    collect(len(frequencies) - 1, 0, [plane[: max(1, rows >> len(frequencies) - 1)] for plane in base])


def _repeated(planes: list[Plane], height: int) -> list[Plane]:
    """As many equal rows as blurs and the pyramid look at, and of the height's parity, which decides its border."""
    return [np.repeat(plane[:1], 2 * (HALO + 10) + height % 2, axis=0) for plane in planes]


def _halved(rgb: Pixels, viewing: Viewing) -> list[Plane]:
    """The opponent planes at half the size, without their ever being there at full size."""
    height, width = rgb.shape[:2]
    return pyramid.reduce_rows(lambda first, last: opponent_rows(rgb[first:last], viewing), height, width, count=3)


def _finest_rows(
    rgb: Pixels, smaller: list[Plane], first: int, last: int, viewing: Viewing
) -> tuple[list[Plane], Plane]:
    """Rows of the finest layers, and of their background. first: even."""
    layers = opponent_rows(rgb[first:last], viewing)
    smooth = [pyramid.expand_rows(small, first, last, rgb.shape[1]) for small in smaller]
    for layer, away in zip(layers, smooth, strict=True):
        layer -= away
    return layers, np.maximum(smooth[0], _DARKEST, out=smooth[0])


def _base_difference(planes: list[Plane], reference: list[Plane], senses: list[float]) -> list[Plane]:
    _, base = _base_contrast(planes)
    # The published metric masks nothing in the base band.
    return [np.abs(t - r) * s for t, r, s in zip(base, reference, senses, strict=True)]


def _test_contrast(layers: list[Plane], background: Plane, senses: list[Plane]) -> list[Plane]:
    """Contrast of a test picture by its own background, times the reference's sensitivity."""
    inverse = np.reciprocal(background)
    return [layer * inverse * sense for layer, sense in zip(layers, senses, strict=True)]


def _split(planes: list[Plane]) -> tuple[list[Plane], Plane, list[Plane]]:
    """One Laplacian step: the layers (in the planes' own memory), the achromatic background, the reduced planes."""
    smaller = [pyramid.reduce(plane) for plane in planes]
    background = pyramid.subtract_expanded(planes[0], smaller[0])
    np.maximum(background, _DARKEST, out=background)
    for plane, small in zip(planes[1:], smaller[1:], strict=True):
        pyramid.subtract_expansion(plane, small)
    return planes, background, smaller


def _base_contrast(planes: list[Plane]) -> tuple[float, list[Plane]]:
    mean = float(np.maximum(planes[0], _DARKEST).mean(dtype=np.float64))  # the base band has one background, its mean
    return mean, [plane / np.float32(mean) for plane in planes]


def _band_strips(
    level: int, band: _Band, layers: list[Plane], background: Plane, collect: Collect, multiple: int
) -> None:
    height, width = background.shape

    def work(top: int, bottom: int) -> None:
        first, last = max(0, top - HALO), min(height, bottom + HALO)
        around = slice(first, last)
        seen, sense = ([plane[around] for plane in planes] for planes in (layers, band.sensitivity))
        test = _test_contrast(seen, background[around], sense)
        inside = slice(top - first, bottom - first)
        collect(level, top, visible_difference(test, [plane[around] for plane in band.contrast], inside))

    if min(height, width) <= HALO:  # too small to blur: one strip, so that every strip agrees
        work(0, height)
    else:
        over_strips(work, height, width, multiple)
