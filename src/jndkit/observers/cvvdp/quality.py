"""From differences pooled over an area to a quality figure, and to JND."""

from __future__ import annotations

import numpy as np

from jndkit.observers.contract import Floats
from jndkit.observers.cvvdp.constants import EPSILON, constants
from jndkit.visibility import JND_PER_JOD

_LINEAR_BELOW = 0.1  # of the pooled difference, as published


def safe_power(x: Floats, exponent: float) -> Floats:
    """(x + eps)^p - eps^p, the published metric's power."""
    power: Floats = (x + EPSILON) ** exponent - EPSILON**exponent
    return power


def jod(quality: Floats) -> Floats:
    """Quality in JOD (10 is no difference) of a pooled difference, linear near zero.

    Source: ColorVideoVDP, regression to just-objectionable differences.
    """
    c = constants()
    small = c.jod_a * _LINEAR_BELOW ** (c.jod_exponent - 1.0) * quality
    # `where` works out both sides, and what rounding leaves below 0 has no such power.
    return 10.0 - np.where(quality <= _LINEAR_BELOW, small, c.jod_a * np.maximum(quality, 1e-12) ** c.jod_exponent)


def pooled_jod(energy: Floats) -> Floats:
    """JOD from mean squared differences.

    energy: float64 (bands, 3, ...), the mean over the pooled area of safe_power(D, 2); trailing axes are kept.
    """
    c = constants()
    weights = np.ones(energy.shape[:2])
    weights[-1] = c.baseband_weight
    per_band = safe_power(energy, 0.5) * weights.reshape(weights.shape + (1,) * (energy.ndim - 2))
    per_channel = safe_power(safe_power(per_band, 4.0).sum(axis=0), 0.25)
    pooled = safe_power(safe_power(per_channel, 4.0).sum(axis=0), 0.25)
    return jod(pooled * c.image_integration)


def jnd_of_jod(quality: float) -> float:
    """Visible difference in JND of a quality in JOD."""
    return max(0.0, JND_PER_JOD * (10.0 - quality))
