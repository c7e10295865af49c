"""VP-JNDnet: how visible the difference between two patches is, in JND units, from three branches.

Source: Y. Zhang et al., "VP-JND: Visual Perception Assisted Deep Picture-Wise Just Noticeable Difference Prediction
Model for Image Compression", IEEE TCSVT 2025, as its trained graph and figure have it: a branch shared by reference and
distorted picture, one of the same form for the JND map, channel attention after each of the first three stages, a
non-local block after the fourth, a quality and a weight head, a weighted mean over patches.
Differs: maps are compared before they are pooled, at every stage and after masking by the reference, since a difference
of pooled features misses errors that cancel; the first twelve maps of a stage, and how they are compared, begin as the
bands, sensitivity and masking of ColorVideoVDP, whose readings the network learns; attention is found on the reference
and applied to both, so that equal places stay equal; the two poolings, no-ops in the published graph, are global; the
quality is not one number but a visible energy in each of four scales and three opponent channels, which is what adds up
over patches; pixels per degree and luminance of the display are inputs. `vpjnd.paper` is the published form.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.observers.cvvdp.constants import constants
from jndkit.observers.vpjnd import SCALES, SIDE
from jndkit.training.contract import Contract
from jndkit.training.losses.light import to_light
from jndkit.training.vpjnd.visible_energy import BANDS, BLACK, CHANNELS, FLOOR, Comparison, laplacian, reduced

_EDGE: dict[str, Any] = {"padding_mode": "replicate"}


class VpJndNet(nn.Module):
    """Inputs: reference and distorted, float32 (N, 3, 128, 128), RGB in 0..1, sRGB-encoded; JND map, float32
    (N, 1, 128, 128), code values / 16; viewing, float32 (N, 2): log2(pixels per degree / 37.84), log2(peak / 200).

    Outputs: ln of the roots of the visible energies, float32 (N, 12), scales by channels; ln of the weight (N, 1);
    ln of the standard deviation of ln(JND) (N, 1).
    widths: channels of the four stages.  jnd_widths: those of the JND branch.
    """

    def __init__(
        self, widths: tuple[int, ...] = (16, 20, 24, 32), jnd_widths: tuple[int, ...] = (6, 8, 12, 16)
    ) -> None:
        super().__init__()
        self.front = Opponent()
        self.picture = Branch(CHANNELS, tuple(widths), contrast=True)
        self.jnd = Branch(1, tuple(jnd_widths), contrast=False)
        self.compare = nn.ModuleList(Comparison(width, scale) for scale, width in enumerate(widths))
        self.picture.begin()
        seen = 2 * sum(widths) + 2 * widths[-1] + 2
        self.quality = _head(seen, SCALES * CHANNELS)
        self.weight = _head(seen + 2 * jnd_widths[-1], 1)
        self.spread = _head(seen, 1)

    def forward(self, reference: Tensor, distorted: Tensor, jnd: Tensor, viewing: Tensor) -> tuple[Tensor, ...]:
        given, test = levels(self.front(reference)), levels(self.front(distorted))
        own, gates, deep = self.picture(given, None)
        other, _, deep_test = self.picture(test, gates)
        energies, visible = [], []
        # Of levels there is one more, by whose light the last stage is divided.
        for compare, first, second, level in zip(self.compare, own, other, given, strict=False):
            energy, *of_stage = compare(first, second, level, viewing)
            energies.append(energy)
            visible += of_stage
        pooled = [deep.mean((2, 3)), (deep - deep_test).abs().mean((2, 3))]
        seen = torch.cat([*visible, *pooled, viewing], 1)
        *_, deep_jnd = self.jnd(levels(jnd), None)
        masked = (deep_jnd.mean((2, 3)), deep_jnd.amax((2, 3)))
        # The head's answer is a correction: what the energies say by themselves is right from the start.
        blocks = torch.cat(energies, 1)
        quality = 0.5 * torch.log(blocks.mean((2, 3)) + FLOOR) + 3.0 * self.quality(seen)
        if self.training:
            return quality, self.weight(torch.cat([seen, *masked], 1)), 3.0 * self.spread(seen) - 2.0, blocks
        return quality, self.weight(torch.cat([seen, *masked], 1)), 3.0 * self.spread(seen) - 2.0

    def contract(self) -> Contract:
        n = {0: "n"}
        picture = (2, 3, SIDE, SIDE)
        return Contract(
            "reference and distorted float32 (N, 3, 128, 128), RGB in 0..1, sRGB-encoded; JND map float32 "
            "(N, 1, 128, 128), code values / 16; viewing float32 (N, 2), log2(ppd / 37.84) and log2(peak / 200)",
            "ln of the roots of visible energies float32 (N, 12), four scales by three opponent channels; ln of the "
            "weight (N, 1); ln of the standard deviation of ln(JND) (N, 1)",
            (picture, picture, (2, 1, SIDE, SIDE), (2, 2)),
            (n, n, n, n),
            SIDE,
            SIDE,
        )


class Opponent(nn.Module):
    """sRGB to the light of a display in a lit room, in opponent colours: achromatic, 1 for white, and two of colour."""

    def __init__(self) -> None:
        super().__init__()
        matrix = torch.tensor(constants().rgb_to_dkl, dtype=torch.float32)
        self.register_buffer("matrix", matrix.reshape(3, 3, 1, 1), persistent=False)

    def forward(self, rgb: Tensor) -> Tensor:
        return F.conv2d(to_light(rgb) * (1.0 - BLACK) + BLACK, self.matrix)


class Branch(nn.Module):
    """Four stages; each sees its input at its own scale, two by two pixels at a time, and the last one's features.

    given: planes of the input.  contrast: maps of the input are divided by the light around, its first plane smoothed,
    and those that began as bands stay blind to an even plane.
    """

    def __init__(self, given: int, widths: tuple[int, ...], contrast: bool) -> None:
        super().__init__()
        self.contrast = contrast
        self.stages = nn.ModuleList(nn.Conv2d(4 * given, width, 3, padding=1, **_EDGE) for width in widths)
        self.onward = nn.ModuleList(
            nn.Conv2d(few, many, 3, padding=1, bias=False, **_EDGE) for few, many in pairwise(widths)
        )
        self.attention = nn.ModuleList(ChannelAttention(width) for width in widths[:-1])
        self.non_local = NonLocal(widths[-1])

    def begin(self) -> None:
        """Start from the observer's own bands: from random filters nothing came of it."""
        with torch.no_grad():
            for stage in self.stages:
                stage.weight[:BANDS] = laplacian()
                nn.init.zeros_(stage.bias)
            for stage in self.onward:
                stage.weight[:BANDS] = 0.0

    def forward(self, levels: list[Tensor], gates: list[Tensor] | None) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """Maps of every stage before their ReLU, the attention of every stage, and what comes out at the end.

        levels: the input and its reductions.  gates: the attention to use; its own without.
        """
        maps, own_gates = list[Tensor](), list[Tensor]()
        features = levels[0]
        for index, stage in enumerate(self.stages):
            seen = F.pixel_unshuffle(levels[index], 2)
            if self.contrast:
                wide = F.pad(seen, (1, 1, 1, 1), mode="replicate")
                contrast = F.conv2d(wide, _blind(stage.weight)) / levels[index + 1][:, :1].clamp_min(BLACK)
                stage_map = contrast + stage.bias[:, None, None]
            else:
                stage_map = stage(seen)
            if index:
                stage_map = stage_map + self.onward[index - 1](features)
            maps.append(stage_map)
            features = F.relu(stage_map)
            if index < len(self.attention):
                own_gates.append(gates[index] if gates else self.attention[index](features))
                features = F.max_pool2d(features * own_gates[-1], 2)
        return maps, own_gates, self.non_local(features)


class ChannelAttention(nn.Module):
    """Which channels count. Source: Woo et al., CBAM, 2018, its channel part."""

    def __init__(self, width: int, ratio: int = 8) -> None:
        super().__init__()
        few = max(2, width // ratio)
        self.layers = nn.Sequential(nn.Linear(width, few), nn.ReLU(), nn.Linear(few, width))

    def forward(self, features: Tensor) -> Tensor:
        gate = torch.sigmoid(self.layers(features.mean((2, 3))) + self.layers(features.amax((2, 3))))
        return gate[:, :, None, None]


class NonLocal(nn.Module):
    """Every place sees every other. Source: Wang et al., Non-local neural networks, 2018, embedded Gaussian."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.theta, self.phi, self.value = (nn.Conv2d(width, width // 2, 1) for _ in range(3))
        self.out = nn.Conv2d(width // 2, width, 1)
        nn.init.zeros_(self.out.weight)

    def forward(self, features: Tensor) -> Tensor:
        query, key, value = (layer(features).flatten(2) for layer in (self.theta, self.phi, self.value))
        near = torch.softmax(query.transpose(1, 2) @ key / math.sqrt(key.shape[1]), -1)
        seen = (value @ near.transpose(1, 2)).unflatten(2, (features.shape[2], features.shape[3]))
        return features + self.out(seen)


def _blind(weight: Tensor) -> Tensor:
    """The filters, those of the bands without their answer to an even plane of any one colour."""
    bands = weight[:BANDS].unflatten(1, (CHANNELS, 4))
    return torch.cat([(bands - bands.mean((2, 3, 4), keepdim=True)).flatten(1, 2), weight[BANDS:]])


def _head(inputs: int, outputs: int) -> nn.Sequential:
    layers = nn.Sequential(nn.LayerNorm(inputs), nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, outputs))
    nn.init.zeros_(layers[3].weight)
    nn.init.zeros_(layers[3].bias)
    return layers


def levels(planes: Tensor) -> list[Tensor]:
    """The planes and their reductions, one more than there are stages."""
    levels = [planes]
    for _ in range(SCALES):
        levels.append(reduced(levels[-1]))
    return levels
