"""Where visible differences lie inside the patches of a picture, as its answers to quantisation tell."""

from __future__ import annotations

import math

import numpy as np

from jndkit.observers.contract import Box
from jndkit.observers.cvvdp.constants import constants
from jndkit.observers.peaks import Peaks, errors
from jndkit.observers.vpjnd import SCALES, SIDE
from jndkit.picture import Pixels
from jndkit.picturewise.masking import table
from jndkit.picturewise.responses import PATCH, PATCHES, Floats, Sample, WatchedSample, versions
from jndkit.protocols import Look
from jndkit.viewing import Viewing

_COARSE = 40  # quality of JPEG: where half of the viewers notice
_FAINT = 1e-9  # energy, so that a band in which nothing happened has a logarithm
_ERROR = 0.05  # of ln(JND), on pictures of valid/ and Kodak


def peaks(rgb: Pixels, tops: list[int], lefts: list[int], viewing: Viewing, look: Look) -> Peaks:
    """Of the patches that the learned observer looks at, SCALES bands by three channels. rgb: uint8 (H, W, 3)."""
    part = _patches(rgb, tops, lefts)
    watched = WatchedSample(part, viewing, look)
    assert watched.places is not None
    energy, plain, wrong = [], [], []
    for version in (*list(versions(watched))[1:], watched.quantiser.jpeg(_COARSE)):
        grid = np.maximum(watched.cells(version).grid.astype(np.float64), 0.0)
        energy.append(_grouped(grid, 2.0))
        plain.append(_grouped(grid, 1.0))
        wrong.append(errors(part.rgb, version, SCALES))
    counts = np.exp(np.mean(np.log(np.array(plain) + _FAINT) - np.log(np.array(energy) + _FAINT), axis=0))

    def cut(version: Pixels) -> Pixels:
        return _patches(version, tops, lefts).rgb

    worth = counts / watched.places.by_cell() ** 2  # energies are squares, and so is what masks them
    error = _ERROR if part.rgb.shape[:2] == part.shape else math.hypot(_ERROR, table()["sample"])
    return Peaks(part.rgb, part.boxes, cut, np.array(wrong), np.array(energy), worth, look.places, error)


def _patches(rgb: Pixels, tops: list[int], lefts: list[int]) -> Sample:
    """The patches as a sample: in the whole picture where that is small, else beside each other."""
    height, width = rgb.shape[:2]
    places = tuple(Box(left, top, SIDE, SIDE) for top in tops for left in lefts)
    if height * width <= PATCHES * PATCH * PATCH:
        return Sample(rgb, (height, width), places, places)
    boxes = tuple(
        Box(column * SIDE, row * SIDE, SIDE, SIDE) for row in range(len(tops)) for column in range(len(lefts))
    )
    rows = [np.hstack([rgb[top : top + SIDE, left : left + SIDE] for left in lefts]) for top in tops]
    return Sample(np.ascontiguousarray(np.vstack(rows)), (height, width), places, boxes)


def _grouped(grid: Floats, power: float) -> Floats:
    """By SCALES and channels, the last scale holding all coarser bands: (bands, 3, ...) to (V, ...).

    power: to which energies add: 2 where bands pool to their fourth power, 1 where they pool as squares.
    """
    grid = grid.copy()
    # The base band is read with a weight of its own, which the groups no longer know.
    grid[-1] *= np.square(constants().baseband_weight)[:, None, None]
    coarse = (grid[SCALES - 1 :] ** power).sum(axis=0, keepdims=True) ** (1.0 / power)
    every: Floats = np.concatenate([grid[: SCALES - 1], coarse])
    return every.reshape(-1, *grid.shape[2:])
