"""One unit for symbols of places whose steps differ: eighths of a step at field 0. All numbers are whole."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jndkit.codecs.jndlic.layout import STEP_LIMIT
from jndkit.training.jndlic.integer import floored
from jndkit.training.jndlic.likelihood import FRACTIONS

LARGEST = 32767.0  # eighths of a step at field 0
ONE = 64.0  # what stands for a factor of 1


class CommonUnit(nn.Module):
    """To the common unit and back to that of a place."""

    factors: Tensor

    def __init__(self) -> None:
        super().__init__()
        step = torch.arange(-STEP_LIMIT, STEP_LIMIT + 1, dtype=torch.float64)
        self.register_buffer("factors", (ONE * torch.exp2(step / 16.0)).round().float(), persistent=False)

    def forward(self, symbols: Tensor, step: Tensor) -> Tensor:
        """Symbols in eighths of a step at field 0, whole and within 16 bits. step: of each, all of one shape."""
        return floored(symbols * self.factor(step) * (FRACTIONS / ONE) + 0.5).clamp(-LARGEST, LARGEST)

    def factor(self, step: Tensor) -> Tensor:
        """ONE * 2^(step / 16), whole."""
        return self.factors[(step + STEP_LIMIT).to(torch.int64)]
