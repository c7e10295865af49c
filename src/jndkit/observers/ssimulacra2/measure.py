"""SSIMULACRA 2.1, a measure of compressed pictures that knows colour and scale but no display.

Source: Sneyers, "SSIMULACRA 2: structural similarity unveiling local and compression related artifacts", version 2.1,
Cloudinary, 2023; its constants are in `observers.ssimulacra2.constants`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError, check_choice
from jndkit.observers.contract import Floats, Map
from jndkit.observers.ssimulacra2.constants import (
    ABSORBED,
    C2,
    HALVED,
    POLYNOMIAL,
    POSITIVE_XYB,
    POWER,
    SCALES,
    UNIT,
    WEIGHTS,
    WINDOW,
)
from jndkit.picture import Pixels
from jndkit.picture.colour.transfer import light_of_codes
from jndkit.pixelwise.terms.gaussian import gaussian

SMALLEST = 8
_STRIP_PIXELS = 1 << 14


class Window(NamedTuple):
    """weights: of 1.5 pixels, along either side.  above: what lies above and below the frame; beside it lies zero.
    halved: pixels a side from which a scale has another, half its size, below it."""

    weights: npt.NDArray[np.float64]
    above: int
    halved: int


VARIANTS = {
    # 15 pixels halve to 8, the least side that the package reads.
    "package": Window(gaussian(11, 1.5), cv2.BORDER_REFLECT, 15),
    "libjxl": Window(WINDOW, cv2.BORDER_CONSTANT, HALVED),
}


class Seen(NamedTuple):
    """One plane of the reference at one scale, float32 (H, W) each: itself, its local mean and local variance.

    The variance is empty, (0, W), where the structure map that needs it has no weight.
    """

    plane: Map
    mean: Map
    variance: Map


class Prepared:
    """A reference whose own share of the work is done; `read` judges pictures against it."""

    def __init__(self, reference: Pixels, variant: str = "libjxl") -> None:
        """reference, variant: as for `ssimulacra2`, with its errors."""
        check_choice("variant", variant, VARIANTS)
        if reference.dtype != np.uint8 or reference.ndim != 3 or reference.shape[2] != 3:
            raise UsageError("SSIMULACRA2 needs 8-bit pictures of three channels")
        if min(reference.shape[:2]) < SMALLEST:
            raise UsageError(f"SSIMULACRA2 needs pictures of {SMALLEST} pixels a side or more")
        self._shape = reference.shape
        self._window = VARIANTS[variant]
        self._scales = watch(reference, self._window)

    def read(self, test: Pixels) -> float:
        """The score of `test`, uint8 (H, W, 3), of the reference's size. Raises UsageError for another array."""
        if test.dtype != np.uint8 or test.shape != self._shape:
            raise UsageError("SSIMULACRA2 needs two 8-bit pictures of one size")
        scales = pyramid(test, self._window.halved)
        norms = [
            [_norms(differences(seen, plane, self._window)) for seen, plane in zip(scale, planes, strict=True)]
            for scale, planes in zip(self._scales, scales, strict=True)
        ]
        return float(score(weights(len(norms)).ravel() @ np.array(norms).swapaxes(0, 1).ravel()))


def prepare(reference: Pixels, *, variant: str = "libjxl") -> Prepared:
    """The reference made ready for any number of readings; arguments and errors as for `ssimulacra2`."""
    return Prepared(reference, variant)


def ssimulacra2(reference: Pixels, test: Pixels, *, variant: str = "libjxl") -> float:
    """SSIMULACRA 2.1 of two pictures: 100 where they are equal, below 0 for ruins.

    reference, test: uint8 (H, W, 3), sRGB-encoded, one size, at least 8 x 8.
    variant: "package", the Python package `ssimulacra2` 0.3.0: a sampled Gaussian of 11 weights, zero beside the frame,
    the picture mirrored above and below, no scale below 8 pixels a side; "libjxl", as the author's program is written:
    a window of truncated cosines, zero all round, scales down to 4 pixels. Zero beyond the frame hides what coding
    does near it: on Kodak pictures as JPEG, "libjxl" reads 0.1 to 0.5 higher at quality 90 and 0.9 to 3.3 at 20.
    Raises UsageError for arrays of different size, of another kind, or smaller, and for an unknown variant.

    Source: Sneyers 2023. Differs: the program runs its window as a recursion, which is the same filter; the structure
    map is written by the difference of the two pictures, the same number with fewer digits lost.
    """
    return prepare(reference, variant=variant).read(test)


def watch(rgb: Pixels, window: Window) -> list[list[Seen]]:
    """What a reading needs of a reference, uint8 (H, W, 3): for each scale its three planes."""
    scales = pyramid(rgb, window.halved)
    return [
        [seen_plane(plane, window, structure=bool(weighs)) for plane, weighs in zip(planes, scale, strict=True)]
        for planes, scale in zip(scales, _with_structure(len(scales)), strict=True)
    ]


def _with_structure(scales: int) -> npt.NDArray[np.bool_]:
    """bool (S, 3): whether the structure map of each scale and plane has a weight; at 1:1 that of Y alone has."""
    return np.asarray(weights(scales).reshape(3, scales, 2, 3)[..., 0].any(axis=2).T)


def pyramid(rgb: Pixels, halved: int) -> list[list[Map]]:
    """The three positive planes at each scale; the picture is halved in linear light."""
    table = light_of_codes().astype(np.float32)
    planes, light = _scale(rgb.shape[:2], halved, lambda first, last: cv2.LUT(rgb[first:last], table))
    scales = [planes]
    while len(scales) < SCALES and light is not None:
        planes, light = _scale(light.shape[:2], halved, partial(_rows, light))
        scales.append(planes)
    return scales


def _rows(light: Map, first: int, last: int) -> Map:
    return light[first:last]


def _scale(shape: tuple[int, ...], halved: int, light: Callable[[int, int], Map]) -> tuple[list[Map], Map | None]:
    """The three planes, and the light at half the size, None where that is no scale.

    light: first, last -> these rows, float32 (last - first, W, 3). Few at a time, so that they stay in the cache.
    """
    height, width = shape
    planes: list[Map] = [np.empty((height, width), np.float32) for _ in range(3)]
    smaller: Map | None = None
    if min(height, width) >= halved:
        smaller = np.empty((-(-height // 2), -(-width // 2), 3), np.float32)
    rows = max(1, _STRIP_PIXELS // width // 2) * 2
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        strip = light(top, bottom)
        positive = cv2.transform(cv2.pow(cv2.transform(strip, ABSORBED), 1.0 / 3.0), POSITIVE_XYB)
        for channel, plane in enumerate(planes):
            cv2.extractChannel(positive, channel, plane[top:bottom])
        if smaller is not None:
            if (bottom - top) % 2 or width % 2:
                strip = cv2.copyMakeBorder(strip, 0, (bottom - top) % 2, 0, width % 2, cv2.BORDER_REPLICATE)
            half = smaller[top // 2 : -(-bottom // 2)]
            cv2.resize(strip, half.shape[1::-1], dst=half, interpolation=cv2.INTER_AREA)
    return planes, smaller


def seen_plane(plane: Map, window: Window, *, structure: bool = True) -> Seen:
    mean = _local(plane, window)
    if not structure:
        return Seen(plane, mean, mean[:0])
    return Seen(plane, mean, _local(plane * plane, window) - mean * mean)


def differences(seen: Seen, plane: Map, window: Window) -> list[Map]:
    """The structure, artefact and lost-detail maps of one plane at one scale, float32 (H, W) each, none negative.

    seen: of the reference; without its variance the structure map is empty, (0, W).  plane: the same of the version.
    """
    error = plane - seen.plane
    mean_error = _local(error, window)
    mean = seen.mean + mean_error
    structure = _structure(seen, plane, mean, error, mean_error, window) if seen.variance.size else error[:0]

    edge = cv2.absdiff(seen.plane, seen.mean)
    change = cv2.absdiff(plane, mean)
    change -= edge
    edge += 1.0
    change /= edge
    artefact = np.maximum(change, 0.0)
    # What is left of a change that is no artefact is detail that was lost.
    return [structure, artefact, np.subtract(artefact, change, out=change)]


def _structure(seen: Seen, plane: Map, mean: Map, error: Map, mean_error: Map, window: Window) -> Map:
    """The structure map; `error` and `mean_error` are used up.

    mean: local, of the version.  error, mean_error: of the version less the reference, and locally.
    """
    squared = np.multiply(mean_error, mean_error, out=mean_error)
    # Both variances less twice the covariance are the variance of the error, which is small and keeps its digits.
    structure = _local(np.multiply(error, error, out=error), window)
    structure -= squared
    variance = _local(plane * plane, window)
    variance -= mean * mean
    variance += seen.variance
    variance += np.float32(C2)
    structure /= variance
    structure *= np.subtract(1.0, squared, out=variance)
    structure += squared
    return np.maximum(structure, 0.0, out=structure)


def _norms(maps: list[Map]) -> list[float]:
    """The 1-norms of the maps, then their 4-norms; of an empty map, which has no weight, 0."""
    first = [float(plane.mean(dtype=np.float64)) if plane.size else 0.0 for plane in maps]
    return first + [_fourth(plane) if plane.size else 0.0 for plane in maps]


def _fourth(error: Map) -> float:
    """The 4-norm: the sum of squares of squares."""
    return float((cv2.norm(error * error, cv2.NORM_L2SQR) / error.size) ** 0.25)


def weights(scales: int) -> Floats:
    """float64 (3, S, 6): of the norms of each plane and scale, the 1-norms of its maps before the 4-norms.

    A picture with fewer scales takes the first weights, as published.
    """
    return np.ravel(WEIGHTS)[: 3 * scales * 6].reshape(3, scales, 6)


def score(error: Floats | float) -> Floats:
    """The score, float64 of any shape, 100 at best. error: sums of norms by their weights."""
    error = UNIT * error
    error = np.asarray(sum(factor * error**power for power, factor in enumerate(POLYNOMIAL, start=1)))
    return np.asarray(100.0 - 10.0 * np.maximum(error, 0.0) ** POWER)


def _local(plane: Map, window: Window) -> Map:
    if window.above == cv2.BORDER_CONSTANT:
        both: Map = cv2.sepFilter2D(plane, cv2.CV_32F, window.weights, window.weights, borderType=window.above)
        return both
    one = np.ones(1)
    # One axis after the other, since above and beside the frame may lie different things.
    across = cv2.sepFilter2D(plane, cv2.CV_32F, window.weights, one, borderType=cv2.BORDER_CONSTANT)
    smoothed: Map = cv2.sepFilter2D(across, cv2.CV_32F, one, window.weights, borderType=window.above)
    return smoothed
