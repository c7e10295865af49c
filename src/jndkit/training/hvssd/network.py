"""The generator of HVS-SD JND: a picture and two maps of its degradation to the just noticeable difference.

Source: Jin, Xue, Zhang, Meng, Zhao, Lin, "HVS-Inspired Signal Degradation Network for Just Noticeable Difference
Estimation", arXiv 2208.07583, and its code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.errors import UsageError
from jndkit.training.contract import Contract

INPUTS = ("code", "figure")
# Reaches: the convolutions 1 + 1 + 2 + 2 + 4 + 4 pixels, the two enlargements 4 + 2.
CONTEXT = 24
_QUIETER = 0.02  # of the last layer's weights; see below


class Hvssd(nn.Module):
    """Inputs: float32 (N, 3, H, W), RGB in 0..1, and of the degradation network (N, 1, H, W) and (N, 3, H, W).

    Output: the JND of R, G and B, float32 (N, 3, H, W) in 0..1. Sides must be multiples of 4.
    inputs: "code" takes the picture, the activation map and its product with the gradient, 7 channels; "figure", as the
        paper draws it, the picture, the activation map and the size of the gradient, 5 channels.
    Differs: the published code enlarges to 176 x 176 whatever the picture, here to the picture's own size.
    """

    def __init__(self, inputs: str = "code") -> None:
        super().__init__()
        if inputs not in INPUTS:
            raise UsageError(f"inputs = {inputs!r}: choose {', '.join(INPUTS)}")
        self.inputs = inputs
        channels = 7 if inputs == "code" else 5
        shapes = ((channels, 32, 1), (32, 32, 2), (32, 64, 1), (64, 64, 2), (64, 32, 1), (32, 3, 1))
        self.convs = nn.ModuleList(nn.Conv2d(few, many, 3, stride=stride) for few, many, stride in shapes)
        for layer in self.convs:
            nn.init.kaiming_normal_(layer.weight, a=0.01)
            nn.init.zeros_(layer.bias)
        # Beyond 1 the output has no slope: what starts there stays, as spikes of the whole range.
        with torch.no_grad():
            self.convs[-1].weight *= _QUIETER

    def forward(self, picture: Tensor, cam: Tensor, gradient: Tensor) -> Tensor:
        if self.inputs == "code":
            features = torch.cat([picture, cam, cam * gradient], dim=1)
        else:
            size = torch.sqrt((gradient * gradient).mean(dim=1, keepdim=True) + 1e-12)  # the root has no slope at 0
            features = torch.cat([picture, cam, size], dim=1)
        for layer in self.convs:
            features = F.leaky_relu(layer(F.pad(features, (1, 1, 1, 1), mode="reflect")), 0.01)
        for _ in range(2):
            features = F.interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)
        return features.abs().clamp(0.0, 1.0)  # as published: the sign says nothing

    def contract(self) -> Contract:
        picture = "float32 (N, 3, H, W), RGB in 0..1, sRGB-encoded"
        inputs = f"{picture}; float32 (N, 1, H, W) and (N, 3, H, W), what the degradation network makes of it"
        output = "float32 (N, 3, H, W), the JND of R, G and B, in 0..1 of the range of code values"
        axes = {0: "n", 2: "h", 3: "w"}
        example = ((1, 3, 64, 96), (1, 1, 64, 96), (1, 3, 64, 96))
        return Contract(inputs, output, example, (axes,) * 3, multiple=4, context=CONTEXT)
