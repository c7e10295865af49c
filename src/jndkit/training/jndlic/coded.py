"""What both sizes of JND-LIC make of a batch."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Coded(NamedTuple):
    """picture: float32 (N, 3, H, W), RGB, 0..1 and a little beyond.

    bits, side_bits: float32 (N,), of the symbols, and of what is sent beside them.
    symbols: of the latents, in steps.  step: the step field, in sixteenths of an octave.
    """

    picture: Tensor
    bits: Tensor
    side_bits: Tensor
    symbols: Tensor
    step: Tensor
