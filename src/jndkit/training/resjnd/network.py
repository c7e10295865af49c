"""ResJND: the critical perceptually lossless picture, predicted as a residual; and a small network for the same task.

Source: Jiang, Liu, Wang, Wang, Lin, "Rethinking and Conceptualizing Just Noticeable Difference Estimation by Residual
Learning", IEEE TCSVT 2024.
"""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.training.contract import Contract

_INPUT = "float32 (N, 3, H, W), RGB in 0..1, sRGB-encoded"
_OUTPUT = "float32 (N, 3, H, W), the critical perceptually lossless picture less the one given"


class ResJnd(nn.Module):
    """The published network: one block of two convolutions applied again and again, its weights shared.

    Input: float32 (N, 3, H, W), RGB in 0..1. Output: the residual, of the same shape; picture + residual is critical.
    channels: 128 as published.  recursions: 25 as published.
    compat: the published code's in-place ReLU, which adds the rectified features in every recursion instead of the
        features; needed for its checkpoint.
    zero_start: begin with a residual of zero, not with the published random one, which takes long to unlearn.
    Differs: the published code adds the picture inside; what adds it may round coarser than the residual is small.
    """

    def __init__(
        self, channels: int = 128, recursions: int = 25, compat: bool = False, zero_start: bool = False
    ) -> None:
        super().__init__()
        self.recursions = recursions
        self.compat = compat
        self.input = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.output = nn.Conv2d(channels, 3, 3, padding=1, bias=False)
        for layer in (self.input, self.conv1, self.conv2, self.output):
            nn.init.normal_(layer.weight, 0.0, math.sqrt(2.0 / (9 * layer.out_channels)))  # as published
        if zero_start:
            nn.init.zeros_(self.output.weight)

    def forward(self, picture: Tensor) -> Tensor:
        features = self.input(F.relu(picture))
        kept = F.relu(features) if self.compat else features
        for _ in range(self.recursions):
            features = self.conv2(F.relu(self.conv1(F.relu(features)))) + kept
        residual: Tensor = self.output(F.relu(features))
        return residual

    def contract(self) -> Contract:
        # Two convolutions a recursion, one before, one after: what a weight can reach.
        return Contract(_INPUT, _OUTPUT, context=2 * self.recursions + 2)


class ResJndSmall(nn.Module):
    """The same task at a four-hundredth of the work: plain residual blocks on 4 x 4 pixels at a time.

    Input and output as `ResJnd`; sides must be multiples of 4. The residual starts at zero.
    width: channels at a quarter of the resolution.  blocks: residual blocks of two convolutions.
    """

    def __init__(self, width: int = 64, blocks: int = 3) -> None:
        super().__init__()
        self.head = nn.Conv2d(48, width, 3, padding=1)
        self.body = nn.Sequential(*(_Block(width) for _ in range(blocks)))
        self.tail = nn.Conv2d(width, 48, 3, padding=1)
        nn.init.zeros_(self.tail.weight)
        if self.tail.bias is not None:
            nn.init.zeros_(self.tail.bias)

    def forward(self, picture: Tensor) -> Tensor:
        # Centred at the middle of the range, so that the zeros beyond the border are an ordinary grey.
        features = self.head(F.pixel_unshuffle(picture - 0.5, 4))
        # No ReLU before the last layer: most of the answer is a linear filter of the picture, whose sign it would take.
        residual: Tensor = F.pixel_shuffle(self.tail(self.body(features)), 4)
        return residual

    def contract(self) -> Contract:
        return Contract(_INPUT, _OUTPUT, multiple=4, context=4 * (2 * len(self.body) + 2))


class _Block(nn.Module):
    """Features plus two convolutions of them, each after a ReLU."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        change: Tensor = self.second(F.relu(self.first(F.relu(features))))
        return features + change
