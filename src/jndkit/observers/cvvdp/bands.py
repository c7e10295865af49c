"""From two pictures to the visible difference in every band, strip by strip.

The reference's work (pyramid, sensitivity) is done once in `Reference`; `differences` does a test picture's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jndkit.observers.cvvdp import pyramid
from jndkit.observers.cvvdp.constants import constants
from jndkit.observers.cvvdp.display import Plane, to_opponent
from jndkit.observers.cvvdp.masking import HALO, visible_difference
from jndkit.observers.cvvdp.sensitivity import sensitivity
from jndkit.picture import Pixels
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


def watch(rgb: Pixels, viewing: Viewing) -> Reference:
    """Prepare a reference. rgb: uint8 (H, W, 3), both sides at least 8 pixels."""
    height, width = rgb.shape[:2]
    frequencies = pyramid.band_frequencies(height, width, viewing.ppd)
    gain = constants().contrast_gain
    planes = to_opponent(rgb, viewing)
    bands = []
    for level, frequency in enumerate(frequencies[:-1]):
        layers, background, planes = _split(planes)
        scale = gain * (1.0 if level == 0 else 2.0)
        sense = sensitivity(background, frequency)
        for layer, s, k in zip(layers, sense, scale, strict=True):
            s *= np.float32(k)
            layer /= background
            layer *= s
        bands.append(_Band(layers, sense))
    level_mean, base = _base_contrast(planes)
    at_mean = sensitivity(np.full((1, 1), level_mean, np.float32), frequencies[-1])
    return Reference(viewing, (height, width), frequencies, bands, base, [float(s[0, 0]) for s in at_mean])


def differences(reference: Reference, rgb: Pixels, collect: Collect, row_multiple: int = 16) -> None:
    """Compute the visible difference of a test picture and hand it to `collect`, in strips of each band.

    rgb: uint8 of the reference's shape.  row_multiple: strips of band b start at multiples of row_multiple >> b.
    `collect` may be called from several threads at once, never twice for the same rows.
    """
    planes = to_opponent(rgb, reference.viewing)
    for level, band in enumerate(reference.bands):
        layers, background, planes = _split(planes)
        _band_strips(level, band, layers, background, collect, max(1, row_multiple >> level))
    _, base = _base_contrast(planes)
    collect(
        len(reference.bands),
        0,
        [np.abs(t - r) * s for t, r, s in zip(base, reference.base, reference.base_sensitivity, strict=True)],
    )


def _split(planes: list[Plane]) -> tuple[list[Plane], Plane, list[Plane]]:
    """One Laplacian step: the layers (in the planes' own memory), the achromatic background, the reduced planes."""
    smaller = [pyramid.reduce(plane) for plane in planes]
    background = pyramid.subtract_expanded(planes[0], smaller[0])
    np.maximum(background, _DARKEST, out=background)
    for plane, small in zip(planes[1:], smaller[1:], strict=True):
        pyramid.subtract_expansion(plane, small)
    return planes, background, smaller


def _base_contrast(planes: list[Plane]) -> tuple[float, list[Plane]]:
    mean = float(np.maximum(planes[0], _DARKEST).mean(dtype=np.float64))
    return mean, [plane / np.float32(mean) for plane in planes]


def _band_strips(
    level: int, band: _Band, layers: list[Plane], background: Plane, collect: Collect, multiple: int
) -> None:
    height, width = background.shape

    def work(top: int, bottom: int) -> None:
        first, last = max(0, top - HALO), min(height, bottom + HALO)
        around = slice(first, last)
        inverse = np.reciprocal(background[around])
        test = [layer[around] * inverse * sense[around] for layer, sense in zip(layers, band.sensitivity, strict=True)]
        inside = slice(top - first, bottom - first)
        collect(level, top, visible_difference(test, [plane[around] for plane in band.contrast], inside))

    if min(height, width) <= HALO:  # too small to blur: one strip, so that every strip agrees
        work(0, height)
    else:
        over_strips(work, height, width, multiple)
