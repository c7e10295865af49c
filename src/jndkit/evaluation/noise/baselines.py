"""Noise that no model has shaped, in the place of a JND map."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from jndkit.injection import uniform
from jndkit.pixelwise.terms.luma import Map


def flat(height: int, width: int, seed: int) -> Map:
    """White noise of two values: a map that is 1 everywhere, float32 (H, W)."""
    return np.ones((height, width), np.float32)


def gaussian(height: int, width: int, seed: int) -> Map:
    """White Gaussian noise: with random signs, this map of the sizes of its values, float32 (H, W), mean square 1.

    Source: Box and Muller 1958.
    """
    # Of 1 less the uniform number, which may be 0 but never 1: the logarithm stays finite.
    radius = np.sqrt(-2.0 * np.log(1.0 - uniform(height, width, seed, stream=2)))
    values: Map = (radius * np.cos(2.0 * math.pi * uniform(height, width, seed, stream=3))).astype(np.float32)
    return np.abs(values)


BASELINES: dict[str, Callable[[int, int, int], Map]] = {"flat": flat, "gaussian": gaussian}
