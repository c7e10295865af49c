"""What is to be expected of a JPEG file whose coefficients are rounded further."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jndkit.codecs.jpeg.tables import scale
from jndkit.picturewise.prediction import Prediction

# By how much more ln(JND) is read than of the picture coded anew at that quality, over the steps of the quality as a
# share of those of the file: finer steps change nothing, and little coarser ones round a second time.
# Read on six validation photographs, saved at 75, 85 and 95.
_SHARES = (0.60, 0.67, 0.72, 0.80, 0.88, 0.96, 1.04, 1.13, 1.27, 1.50, 2.00, 3.00)
_MORE = (-3.0, -1.9, -1.6, -0.8, -0.1, 0.15, 0.38, 0.53, 0.65, 0.50, 0.35, 0.20)
_MILD = 0.3  # scale: the second rounding of a file with steps finer than this adds less
_SIGMA = 0.4  # of what was read about that
_FINEST = 0.01  # scale: that of quality 100 is none


def expected(prediction: Prediction, quality: float, grid: Sequence[float]) -> Prediction:
    """What `jpeg:requantised` reads.

    prediction: of the picture coded anew.  quality: of its file, as `nearest_quality` tells.  grid: of the knob.
    """
    own = max(scale(quality), _FINEST)
    shares = [scale(value) / own for value in grid]
    more = np.interp(shares, _SHARES, _MORE)
    more *= np.where(more > 0.0, min(own / _MILD, 1.0), 1.0)
    curve = np.interp(grid, prediction.grid, prediction.curve) + more
    sigma = np.hypot(np.interp(grid, prediction.grid, prediction.sigma), _SIGMA)
    return Prediction(tuple(grid), tuple(curve.tolist()), tuple(sigma.tolist()), prediction.source)
