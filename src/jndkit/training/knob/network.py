"""The network `knob`: how far a picture's curve of ln(JND) lies from the typical one, for every codec, and how sure."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jndkit.picturewise.knob import FEATURES, KNOTS
from jndkit.training.contract import Contract

CODECS = len(KNOTS)
POINTS = len(next(iter(KNOTS.values())))
_SIGMA = 0.15  # of ln(JND), where training starts


class KnobNet(nn.Module):
    """(N, FEATURES) -> (N, codecs, knots, 2): residual of ln(JND), and ln of its standard deviation.

    A linear map and a small perceptron beside it, which starts at nothing.

    width: of the hidden layers.  dropout: share of them left out while training.
    """

    calibration: Tensor

    def __init__(self, width: int = 64, dropout: float = 0.1) -> None:
        super().__init__()
        self.linear = nn.Linear(FEATURES, CODECS * POINTS)
        self.hidden = nn.Sequential(
            nn.Linear(FEATURES, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width), nn.GELU()
        )
        self.head = nn.Linear(width, CODECS * POINTS * 2)
        # ln of the factor on all standard deviations that makes 90 % intervals hold 90 % of validation readings.
        self.register_buffer("calibration", torch.zeros(()))
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        nn.init.normal_(self.head.weight, std=1e-3)
        nn.init.zeros_(self.head.bias)
        with torch.no_grad():
            self.head.bias.view(CODECS, POINTS, 2)[..., 1] = float(torch.log(torch.tensor(_SIGMA)))

    def contract(self) -> Contract:
        return Contract(
            input=f"float32 (N, {FEATURES}): picturewise.knob.features",
            output=f"float32 (N, {CODECS}, {POINTS}, 2): residual of ln(JND) to the typical curve, ln of its deviation",
            example=((4, FEATURES),),
            dynamic=({0: "n"},),
        )

    def forward(self, told: Tensor) -> Tensor:  # the input is called so in the files that ship
        scaled = (told + 1.0) / 1.5  # ln(JND) of photographs lies around there
        out = self.head(self.hidden(scaled)).view(-1, CODECS, POINTS, 2)
        residual = out[..., :1] + self.linear(scaled).view(-1, CODECS, POINTS, 1)
        return torch.cat([residual, out[..., 1:].clamp(-4.0, 1.0) + self.calibration], dim=-1)
