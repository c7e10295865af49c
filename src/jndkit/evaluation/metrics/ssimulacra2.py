"""SSIMULACRA 2.1, a measure of compressed pictures that knows colour and scale but no display.

Source: Sneyers, "SSIMULACRA 2: structural similarity unveiling local and compression related artifacts", version 2.1,
Cloudinary, 2023; its constants are in `observers.ssimulacra2`.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError, check_choice
from jndkit.observers.ssimulacra2 import (
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
from jndkit.pixelwise.terms.luma import Map

SMALLEST = 8


class _Window(NamedTuple):
    """weights: of 1.5 pixels, along either side.  above: what lies above and below the frame; beside it lies zero.
    halved: pixels a side from which a scale has another, half its size, below it."""

    weights: npt.NDArray[np.float64]
    above: int
    halved: int


VARIANTS = {
    # 15 pixels halve to 8, the least side that the package reads.
    "package": _Window(gaussian(11, 1.5), cv2.BORDER_REFLECT, 15),
    "libjxl": _Window(WINDOW, cv2.BORDER_CONSTANT, HALVED),
}


class _Seen(NamedTuple):
    """One plane of the reference at one scale, float32 (H, W) each: itself, its local mean and local variance."""

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
        pyramid = _pyramid(reference, self._window.halved)
        self._scales = [[_seen(plane, self._window) for plane in planes] for planes in pyramid]

    def read(self, test: Pixels) -> float:
        """The score of `test`, uint8 (H, W, 3), of the reference's size. Raises UsageError for another array."""
        if test.dtype != np.uint8 or test.shape != self._shape:
            raise UsageError("SSIMULACRA2 needs two 8-bit pictures of one size")
        pyramid = _pyramid(test, self._window.halved)
        norms = [
            [_norms(seen, plane, self._window) for seen, plane in zip(scale, planes, strict=True)]
            for scale, planes in zip(self._scales, pyramid, strict=True)
        ]
        return _score(np.array(norms).swapaxes(0, 1))


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


def _pyramid(rgb: Pixels, halved: int) -> list[list[Map]]:
    """The three positive planes at each scale; the picture is halved in linear light."""
    light: Map = cv2.LUT(rgb, light_of_codes().astype(np.float32))
    scales = [_planes(light)]
    while len(scales) < SCALES and min(light.shape[:2]) >= halved:
        odd_rows, odd_columns = (side % 2 for side in light.shape[:2])
        if odd_rows or odd_columns:
            light = cv2.copyMakeBorder(light, 0, odd_rows, 0, odd_columns, cv2.BORDER_REPLICATE)
        light = cv2.resize(light, (light.shape[1] // 2, light.shape[0] // 2), interpolation=cv2.INTER_AREA)
        scales.append(_planes(light))
    return scales


def _planes(light: Map) -> list[Map]:
    roots = cv2.pow(cv2.transform(light, ABSORBED), 1.0 / 3.0)
    return list(cv2.split(cv2.transform(roots, POSITIVE_XYB)))


def _seen(plane: Map, window: _Window) -> _Seen:
    mean = _local(plane, window)
    return _Seen(plane, mean, _local(plane * plane, window) - mean * mean)


def _norms(seen: _Seen, plane: Map, window: _Window) -> list[float]:
    """The 1-norms of the structure, artefact and lost-detail maps of one plane at one scale, then their 4-norms."""
    error = plane - seen.plane
    mean_error = _local(error, window)
    mean = seen.mean + mean_error
    squared = mean_error * mean_error
    # Both variances less twice the covariance are the variance of the error, which is small and keeps its digits.
    structure = _local(error * error, window) - squared
    structure /= seen.variance + (_local(plane * plane, window) - mean * mean) + np.float32(C2)
    structure = squared + (1.0 - squared) * structure

    edge = cv2.absdiff(seen.plane, seen.mean)
    change = (cv2.absdiff(plane, mean) - edge) / (1.0 + edge)
    errors = [np.maximum(signed, 0.0) for signed in (structure, change, -change)]
    return [float(plane.mean(dtype=np.float64)) for plane in errors] + [_fourth(plane) for plane in errors]


def _fourth(error: Map) -> float:
    """The 4-norm: the sum of squares of squares."""
    return float((cv2.norm(error * error, cv2.NORM_L2SQR) / error.size) ** 0.25)


def _score(norms: npt.NDArray[np.float64]) -> float:
    """norms: (3, S, 6), planes and scales. A picture with fewer scales takes the first weights, as published."""
    weights = np.ravel(WEIGHTS)[: norms.size]
    error = UNIT * float(weights @ norms.ravel())
    error = sum(factor * error**power for power, factor in enumerate(POLYNOMIAL, start=1))
    return 100.0 - 10.0 * float(max(error, 0.0) ** POWER)


def _local(plane: Map, window: _Window) -> Map:
    one = np.ones(1)
    # One axis after the other, since above and beside the frame may lie different things.
    across = cv2.sepFilter2D(plane, cv2.CV_32F, window.weights, one, borderType=cv2.BORDER_CONSTANT)
    smoothed: Map = cv2.sepFilter2D(across, cv2.CV_32F, one, window.weights, borderType=window.above)
    return smoothed
