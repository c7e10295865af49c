"""Structural similarity, a baseline that knows neither display nor viewer.

Source: Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP 13(4), 2004.
"""

from __future__ import annotations

import numpy as np

from jndkit.errors import UsageError
from jndkit.pixelwise.terms.gaussian import smooth
from jndkit.pixelwise.terms.luma import Map, Plane

_SIZE, _SIGMA = 11, 1.5
_MIDDLE = np.float32(127.5)  # taken off, so that squares lose fewer digits in float32
_C1, _C2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2


def ssim(reference: Plane, decoded: Plane) -> float:
    """Mean structural similarity of two planes of luma, 1 where they are equal.

    reference, decoded: uint8 or float32 (H, W), code values 0 .. 255, at least 11 pixels a side. The mean is over the
    places where the window, 11 x 11 of a Gaussian of 1.5 pixels, lies inside, as in the published code.
    Raises UsageError for planes of different or smaller shape.

    Source: Wang et al. 2004, Eq. 13, K1 = 0.01 and K2 = 0.03.
    """
    if reference.shape != decoded.shape or min(reference.shape) < _SIZE:
        raise UsageError(f"structural similarity needs two planes of one shape, {_SIZE} pixels a side or more")
    x, y = (plane.astype(np.float32) - _MIDDLE for plane in (reference, decoded))
    mean_x, mean_y = _local(x), _local(y)
    variance_x, variance_y = _local(x * x) - mean_x**2, _local(y * y) - mean_y**2
    covariance = _local(x * y) - mean_x * mean_y
    mean_x, mean_y = mean_x + _MIDDLE, mean_y + _MIDDLE
    likeness = (2.0 * mean_x * mean_y + _C1) * (2.0 * covariance + _C2)
    likeness /= (mean_x**2 + mean_y**2 + _C1) * (variance_x + variance_y + _C2)
    return float(likeness.mean(dtype=np.float64))


def _local(plane: Map) -> Map:
    half = _SIZE // 2
    return smooth(plane, _SIZE, _SIGMA, "reflect")[half:-half, half:-half]
