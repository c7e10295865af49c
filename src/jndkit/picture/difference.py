"""How far two arrays of samples lie apart."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.uint8] | npt.NDArray[np.floating[Any]]


def psnr(a: Samples, b: Samples) -> float:
    """Peak signal-to-noise ratio, dB, with a peak of 255; infinite where the two are equal.

    a, b: uint8 or float, in 8-bit code values, of one shape and dtype.
    The squared error is averaged over all planes together: over R, G and B of (H, W, 3), over luma of (H, W). Of a grey
    picture, whose planes are equal, both are the same.
    """
    squared = cv2.norm(a, b, cv2.NORM_L2SQR) / a.size
    return 10.0 * math.log10(255.0**2 / squared) if squared else math.inf
