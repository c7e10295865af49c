"""PSNR as rows hold it: a number, which JSON has no infinity for."""

from __future__ import annotations

from jndkit.picture import Pixels
from jndkit.picture.difference import psnr

LOSSLESS = 100.0
"""dB of a decoded picture that is the picture, and the most that is told of any."""


def finite_psnr(reference: Pixels, decoded: Pixels) -> float:
    """dB, at most 100. reference, decoded: uint8 of one shape."""
    return min(psnr(reference, decoded), LOSSLESS)
