"""The peak signal-to-noise ratio of tensors, for scores; a loss takes the squared error itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_LEAST = 1e-12  # of a mean squared error: equal pictures have 120 dB, not an infinite score


def psnr(reference: Tensor, test: Tensor) -> float:
    """dB over all values of two tensors of one shape, in 0..1."""
    return decibels(float(torch.mean((reference - test) ** 2)))


def decibels(error: float) -> float:
    """dB of a mean squared error of values in 0..1."""
    return -10.0 * math.log10(max(error, _LEAST))
