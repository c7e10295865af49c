"""VP-JNDnet as published: is the coding of a picture seen or not, by a weighted mean over patches.

Source: Y. Zhang et al., "VP-JND: Visual Perception Assisted Deep Picture-Wise Just Noticeable Difference Prediction
Model for Image Compression", IEEE TCSVT 2025, as its trained graph has it.
Differs: the two global poolings are global. In the graph they are no-ops, and its heads have 98,304 inputs each.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.observers.vpjnd import SIDE
from jndkit.training.contract import Contract
from jndkit.training.vpjnd.network import ChannelAttention, NonLocal

_LEAST = 1e-6  # weight of a patch


class VpJndPaper(nn.Module):
    """Inputs: reference and distorted, float32 (N, 3, 128, 128), RGB in 0..1; JND map, float32 (N, 1, 128, 128), code
    values / 16. Outputs: quality of each patch, (N, 1), above 0 where a difference is seen; its weight (N, 1), to be
    divided by the sum over the patches of a picture. The picture's answer is the sign of the weighted sum.

    base: channels of the first stage, doubled at each of three more; 32 as published.  drop: of the heads' features.
    """

    def __init__(self, base: int = 32, drop: float = 0.5) -> None:
        super().__init__()
        widths = [base * 2**stage for stage in range(4)]
        self.picture, self.jnd = _Branch(3, widths), _Branch(1, widths)
        pooled, hidden = 2 * widths[-1], 16 * base
        self.quality = nn.Sequential(nn.Linear(3 * pooled, hidden), nn.ReLU(), nn.Dropout(drop), nn.Linear(hidden, 1))
        self.weight = nn.Sequential(nn.Linear(3 * pooled, hidden), nn.ReLU(), nn.Dropout(drop), nn.Linear(hidden, 1))
        nn.init.ones_(self.weight[3].bias)  # a weight that begins below zero never learns

    def forward(self, reference: Tensor, distorted: Tensor, jnd: Tensor) -> tuple[Tensor, Tensor]:
        first, second, masking = self.picture(reference - 0.5), self.picture(distorted - 0.5), self.jnd(jnd - 0.5)
        quality = self.quality(torch.cat([first, second, first - second], 1))
        weight = F.relu(self.weight(torch.cat([first, second, second * masking], 1))) + _LEAST
        return quality, weight

    def contract(self) -> Contract:
        picture, n = (2, 3, SIDE, SIDE), {0: "n"}
        return Contract(
            "reference and distorted float32 (N, 3, 128, 128), RGB in 0..1; JND map float32 (N, 1, 128, 128), code "
            "values / 16",
            "quality (N, 1), above 0 where seen; weight (N, 1), to be divided by its sum over a picture",
            (picture, picture, (2, 1, SIDE, SIDE)),
            (n, n, n),
            SIDE,
            SIDE,
        )


class _Branch(nn.Module):
    """Four stages, and the largest value and the mean of every channel."""

    def __init__(self, given: int, widths: list[int]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.Conv2d(few, many, 3, padding=1) for few, many in pairwise((given, *widths)))
        self.attention = nn.ModuleList(ChannelAttention(width, ratio=16) for width in widths[:-1])
        self.non_local = NonLocal(widths[-1])

    def forward(self, planes: Tensor) -> Tensor:
        features = planes
        for stage, attention in zip(self.stages, self.attention, strict=False):  # the last stage has none
            features = F.relu(stage(features))
            features = F.max_pool2d(features * attention(features), 2)
        features = F.max_pool2d(self.non_local(F.relu(self.stages[-1](features))), 2)
        return torch.cat([features.amax((2, 3)), features.mean((2, 3))], 1)
