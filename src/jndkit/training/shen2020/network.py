"""The structure of a patch at the edge of being noticed: a U-Net with attention at its bottleneck.

Source: Shen et al., "Just Noticeable Distortion Profile Inference: A Patch-Level Structural Visibility Learning
Approach", IEEE TIP 30, 2021, as its code has it. The paper's figure draws another network: residual blocks in the
middle, no attention, tanh at the end.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

from jndkit.training.contract import Contract

SIDE = 64
_BLOCK = 4  # pixels
_PLACES = ((0, 0), (0, 1), (1, 0), (1, 1))  # row and column of what a pixel becomes


class Shen2020(nn.Module):
    """Input and output: float32 (N, 1, 64, 64), luma in -1..1. Mean and contrast of the output do not matter.

    base: channels at full resolution, doubled at each of four halvings; 32 as published.
    gain: factor of what is added to the input; 1 as published. Below 1, the last layer starts at zero and learns in
        steps of the size of what it must add, which is a hundredth of the range.
    """

    def __init__(self, base: int = 32, gain: float = 1.0) -> None:
        super().__init__()
        self.base, self.gain = base, gain
        widths = [base * 2**level for level in range(5)]
        self.encoder = nn.ModuleList([_Block(1, base, 7)])
        self.encoder.extend(_Block(few, many, 3, stride=2) for few, many in pairwise(widths))
        self.attention = _SelfAttention(widths[-1])
        self.skips = nn.ModuleList(_GlobalFeature(width) for width in widths)
        self.raise_ = nn.ModuleList(_Up(many, few) for few, many in pairwise(widths))
        self.decoder = nn.ModuleList(_Block(2 * width, width, 3) for width in widths[:-1])
        self.tail = nn.Sequential(nn.ReflectionPad2d(3), _kaiming(nn.Conv2d(base, 1, 7)))
        if gain < 1:
            nn.init.zeros_(self.tail[1].weight)

    def forward(self, patch: Tensor) -> Tensor:
        levels = [patch]
        for block in self.encoder:
            levels.append(block(levels[-1]))
        features = self.skips[-1](self.attention(levels[-1]))
        for level in (3, 2, 1, 0):
            raised = self.raise_[level](features)
            features = self.decoder[level](torch.cat([raised, self.skips[level](levels[level + 1])], dim=1))
        return (self.gain * self.tail(features) + patch).clamp(-1.0, 1.0)

    def contract(self) -> Contract:
        patch = "float32 (N, 1, 64, 64), luma of a patch, code value / 127.5 - 1"
        output = f"{patch}, whose structure is the just noticeable one; its mean and contrast mean nothing"
        return Contract(patch, output, ((2, 1, SIDE, SIDE),), ({0: "n"},), SIDE, SIDE)

    def folded(self) -> nn.Module:
        """The same function for use, in four fifths of the time: spectral norms applied to their weights, batch
        norms taken into convolutions, convolutions of repeated pixels and to one channel in forms that run faster.
        """
        # A deep copy would share with this network the classes that parametrisations make.
        plain = Shen2020(self.base, self.gain)
        plain.load_state_dict(self.state_dict())
        plain.eval()
        for module in plain.modules():
            if is_parametrized(module, "weight"):
                remove_parametrizations(module, "weight", leave_parametrized=True)
        for module in plain.modules():
            if isinstance(module, _Block):
                module.conv, module.norm = fuse_conv_bn_eval(module.conv, module.norm), nn.Identity()
        plain.raise_ = nn.ModuleList(_UpInPhases(up.conv) for up in plain.raise_)
        plain.tail = _TailInBlocks(plain.tail[1])
        return plain


class _Block(nn.Module):
    """Reflected border, convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv = _limited(nn.Conv2d(inputs, outputs, kernel, stride))
        self.norm = nn.BatchNorm2d(outputs)
        nn.init.normal_(self.norm.weight, 1.0, 0.02)

    def forward(self, features: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(self.pad(features))))


class _Up(nn.Module):
    """Twice the resolution by repetition, and a convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.pad = nn.ReflectionPad2d(1)
        self.conv = _limited(nn.Conv2d(inputs, outputs, 3))

    def forward(self, features: Tensor) -> Tensor:
        raised: Tensor = self.conv(self.pad(F.interpolate(features, scale_factor=2.0, mode="nearest")))
        return raised


class _UpInPhases(nn.Module):
    """What `_Up` computes, from 2 x 2 pixels for each of the four places that a pixel becomes, not from 3 x 3."""

    def __init__(self, conv: Any) -> None:
        super().__init__()
        self.outputs = conv.out_channels
        phases = [_merged(_merged(conv.weight, row, 2), column, 3) for row, column in _PLACES]
        self.weight = nn.Parameter(torch.cat(phases))
        self.bias = nn.Parameter(conv.bias.repeat(4))

    def forward(self, features: Tensor) -> Tensor:
        height, width = features.shape[2:]
        # Repeated pixels, reflected, are the outermost ones once more.
        phases = F.conv2d(F.pad(features, (1, 1, 1, 1), mode="replicate"), self.weight, self.bias)
        places = [
            part[:, :, row : row + height, column : column + width]
            for part, (row, column) in zip(phases.split(self.outputs, 1), _PLACES, strict=True)
        ]
        return F.pixel_shuffle(torch.stack(places, dim=2).flatten(1, 2), 2)


def _merged(weight: Tensor, phase: int, axis: int) -> Tensor:
    """A kernel of three taps as two, for phase 0 or 1 of a pixel: two of the three fall on the same one."""
    first, middle, last = weight.unbind(axis)
    taps = (first, middle + last) if phase == 0 else (first + middle, last)
    return torch.stack(taps, dim=axis)


class _TailInBlocks(nn.Module):
    """What the tail computes, 4 x 4 pixels as channels: one channel alone leaves most of a processor's lanes empty."""

    def __init__(self, conv: Any) -> None:
        super().__init__()
        kernel = conv.weight.shape[2]
        wide = torch.zeros(_BLOCK**2, conv.in_channels, kernel + _BLOCK - 1, kernel + _BLOCK - 1)
        for row in range(_BLOCK):
            for column in range(_BLOCK):
                wide[row * _BLOCK + column, :, row : row + kernel, column : column + kernel] = conv.weight[0]
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.weight = nn.Parameter(wide.detach())
        self.bias = nn.Parameter(conv.bias.detach().repeat(_BLOCK**2))

    def forward(self, features: Tensor) -> Tensor:
        return F.pixel_shuffle(F.conv2d(self.pad(features), self.weight, self.bias, stride=_BLOCK), _BLOCK)


class _GlobalFeature(nn.Module):
    """The mean over the patch, through two layers, offered to every place."""

    def __init__(self, width: int) -> None:
        super().__init__()
        few = max(1, width // 16)
        self.layers = nn.Sequential(_limited(nn.Linear(width, few)), nn.ReLU(), _limited(nn.Linear(few, width)))
        self.mix = _limited(nn.Conv2d(2 * width, width, 1))

    def forward(self, features: Tensor) -> Tensor:
        known = self.layers(features.mean(dim=(2, 3)))
        # The layer on both side by side, without repeating what is known at every place.
        here, everywhere = self.mix.weight.chunk(2, dim=1)
        return F.conv2d(features, here, self.mix.bias) + (known @ everywhere[:, :, 0, 0].T)[:, :, None, None]


class _SelfAttention(nn.Module):
    """Every place looks at every other. Source: Zhang et al., Self-attention generative adversarial networks, 2019."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = _limited(nn.Conv2d(width, width // 8, 1))
        self.key = _limited(nn.Conv2d(width, width // 8, 1))
        self.value = _limited(nn.Conv2d(width, width, 1))
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        query, key, value = (layer(features).flatten(2) for layer in (self.query, self.key, self.value))
        weights = torch.softmax(query.transpose(1, 2) @ key, dim=-1)
        seen = (value @ weights.transpose(1, 2)).view_as(features)
        return features + self.gamma * seen


def _limited(layer: Any) -> Any:
    """Its weights divided by their largest singular value."""
    # The singular vectors are found here and followed from step to step: the weights must have their start before.
    return spectral_norm(_kaiming(layer))


def _kaiming(layer: Any) -> Any:
    nn.init.kaiming_normal_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
