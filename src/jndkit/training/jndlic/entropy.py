"""What predicts the symbols of JND-LIC: features of the hyper-latent, and a network a slice that sees what came before.

Every number in here is whole; see `integer`. Layers are 1 x 1 or depthwise convolutions and gathered neighbours,
so that no runtime turns one into an inexact fast convolution.
Source: the channel slices are those of Minnen and Singh, "Channel-wise autoregressive entropy models for learned image
compression", ICIP 2020; the checkerboard is that of He et al., "Checkerboard context model for efficient learned image
compression", CVPR 2021.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.codecs.jndlic.layout import GROUPS, PHASES, SLICES, STEP_LIMIT, SYMBOL_LIMIT, Z_LIMIT
from jndkit.training.jndlic.integer import ACTIVATION, BIAS_UNIT, IntegerConv, clipped, floored
from jndkit.training.jndlic.likelihood import FRACTIONS, SCALES

KNOTS = 6  # of the knob, on which features may bend
_TURNS = 4  # passes of a slice, at most
MEANS = SYMBOL_LIMIT * FRACTIONS
_SIGNED = 18  # channels whose signs are looked at: means and the lowest frequencies
_LINEAR_SLICES = 2  # whose means are also predicted linearly, from signed neighbours
_REACH = 1500  # as much as lets sums over 162 neighbours stay below 2^24
_TEXTURES = 8
_SLOW, _SLOWER = 0.1, 0.02  # of layers whose smallest change is felt at once
_GAIN = 32.0  # a neighbour that counts whole has the weight FRACTIONS


def knob_planes(knob: Tensor) -> Tensor:
    """Whole numbers 0..255 that a network can bend its features on: (N, KNOTS, 1, 1) of a knob (N,)."""
    starts = torch.arange(KNOTS, dtype=knob.dtype, device=knob.device) * 10.0
    return ((floored(knob[:, None] + 0.5) - starts) * 16.0).clamp(0.0, 240.0)[:, :, None, None]


class HyperDecoder(nn.Module):
    """z (N, channels, h/4, w/4) and the knob to features (N, width, h, w) and the step field (N, GROUPS, h, w).

    channels: of z.  steps: "derived" from the features; "coded", in the last GROUPS channels of z; "fixed", none.
    """

    def __init__(self, channels: int, width: int, steps: str = "derived") -> None:
        super().__init__()
        self.steps = steps
        inner = 2 * width
        self.first = IntegerConv(channels + KNOTS, inner)
        self.near = IntegerConv(inner, inner, 3, groups=inner)
        self.first_up = IntegerConv(inner, 4 * width)
        self.between = IntegerConv(width, width, 5, groups=width)
        self.second_up = IntegerConv(width, 4 * width)
        self.close = IntegerConv(width, width, 5, groups=width)
        self.last = IntegerConv(width + KNOTS, width)
        self.step = None
        if steps == "derived":
            self.step = IntegerConv(width, GROUPS, low=-STEP_LIMIT, high=STEP_LIMIT, gain=_SLOWER)
            nn.init.zeros_(self.step.weight)
        for layer in (self.near, self.between, self.close):
            _start_as_identity(layer)

    def forward(self, z: Tensor, knob: Tensor) -> tuple[Tensor, Tensor]:
        planes = knob_planes(knob)
        # What z says is small beside the planes of the knob.
        both = torch.cat([z * 8.0, planes.expand(-1, -1, *z.shape[2:])], dim=1)
        rising = self.near(self.first(both))
        rising = F.pixel_shuffle(self.first_up(rising), 2)
        rising = F.pixel_shuffle(self.second_up(self.between(rising)), 2)
        rising = self.close(rising)
        features = self.last(torch.cat([rising, planes.expand(-1, -1, *rising.shape[2:])], dim=1))
        if self.step is not None:
            return features, self.step(features)
        if self.steps == "coded":
            field = clipped(z[:, -GROUPS:] * 2.0, -STEP_LIMIT, STEP_LIMIT)
            return features, field.repeat_interleave(4, dim=2).repeat_interleave(4, dim=3)
        return features, features[:, :GROUPS] * 0.0


class SliceContext(nn.Module):
    """Means and scales of one slice's symbols at the places of one pass.

    channels: an element of SLICES.  features: channels of the hyper-decoder's.  width: of the hidden layers.
    linear: whether the first slices are predicted from raw symbols of neighbours too.
    """

    def __init__(self, channels: tuple[int, int], features: int, width: int, *, linear: bool = True) -> None:
        super().__init__()
        index = SLICES.index(channels)
        self.begin, self.end = channels
        self.turns = len(PHASES[index])
        own, signed = self.end - self.begin, min(self.end, _SIGNED)
        self.around = IntegerConv(self.begin, self.begin, 5, groups=self.begin) if self.begin else None
        self.beside = IntegerConv(own, own, 5, groups=own)
        self.linear = None
        wide = 2 * signed + 2 * (self.begin + own) + features + _TURNS
        if linear and index < _LINEAR_SLICES:
            shifts = 25 if index == 0 else 9
            outputs = self.turns * (own + _TEXTURES)
            self.linear = IntegerConv(self.end * shifts, outputs, low=-MEANS, high=MEANS, reach=_REACH, gain=_GAIN)
            self._start_from_neighbours(self.linear, index)
            wide += 2 * _TEXTURES
        self.hidden = nn.ModuleList([IntegerConv(wide, width), IntegerConv(width, width)])
        self.mean = IntegerConv(width, own, low=-MEANS, high=MEANS, gain=_SLOW)
        self.scale = IntegerConv(width, own, low=0, high=SCALES - 1, gain=_SLOW)
        nn.init.zeros_(self.mean.weight)
        nn.init.normal_(self.scale.weight, 0.0, 0.05)
        with torch.no_grad():  # about what photographs have: falling with frequency
            self.scale.bias.copy_(torch.linspace(36.0, 6.0, SLICES[-1][1])[self.begin : self.end] / BIAS_UNIT)
        if index == 0:
            nn.init.constant_(self.scale.bias, 48.0 / BIAS_UNIT)
        for layer in (self.around, self.beside):
            if layer is not None:
                nn.init.constant_(layer.weight, 1.0 / 16.0)

    def _start_from_neighbours(self, layer: IntegerConv, index: int) -> None:
        """For the first slice: the mean of the four nearest known neighbours, and differences of two for textures."""
        own = self.end - self.begin
        with torch.no_grad():
            layer.weight.normal_(0.0, 0.002)
            if index:
                return
            weight = layer.weight.view(self.turns, own + _TEXTURES, own, 5, 5)
            nearest = ((1, 1), (1, 3), (3, 1), (3, 3)), ((1, 2), (3, 2), (2, 1), (2, 3))
            for turn, where in ((1, nearest[0]), (2, nearest[1]), (3, nearest[1])):
                for row, column in where:
                    for plane in range(own):
                        weight[turn, plane, plane, row, column] += FRACTIONS / _GAIN / len(where)
                for texture in range(_TEXTURES):
                    sign = 1.0
                    for at in (where[texture % 4], where[(texture // 4 + texture + 1) % 4]):
                        weight[turn, own + texture, texture // 4, at[0], at[1]] += sign * FRACTIONS / _GAIN
                        sign = -1.0

    def forward(self, features: Tensor, *further: Tensor) -> tuple[Tensor, Tensor]:
        """features (N, C, h, w); step (N, GROUPS, h, w), for what is told it; symbols (N, 192, h, w), 0 where unknown;
        turn (1,); places int64 (n,).

        Returns two tensors (N, own, n): means in eighths of a symbol, and indices of scales.
        """
        *step, symbols, turn, places = further
        return self.at(self.before(features, step[0] if step else features, symbols), symbols, turn, places)

    def before(self, features: Tensor, _: Tensor, symbols: Tensor) -> list[Tensor]:
        """What is the same in every turn of the slice, in which the field of steps has no part."""
        if self.around is None:
            return [features]
        earlier = _sizes(symbols[:, : self.begin])
        return [features, earlier, self.around(earlier)]

    def at(self, before: list[Tensor], symbols: Tensor, turn: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        parts, line = self.seen(before, symbols, turn, places)
        hidden = torch.cat(parts, dim=1)
        for layer in self.hidden:
            hidden = layer(hidden)
        mean, scale = self.mean(hidden), self.scale(hidden)
        if line is not None:
            mean = clipped(mean + line, -MEANS, MEANS)
        return mean[..., 0], scale[..., 0]

    def seen(
        self, before: list[Tensor], symbols: Tensor, turn: Tensor, places: Tensor
    ) -> tuple[list[Tensor], Tensor | None]:
        """What the hidden layers are told, (N, channels, n, 1) each, and what is predicted without them."""
        own = _sizes(symbols[:, self.begin : self.end])
        low = symbols[:, : min(self.end, _SIGNED)]
        planes = [*before, self.beside(own), own, low.clamp(-127.0, 127.0), low.abs().clamp_max(ACTIVATION)]
        wide, line = torch.cat(planes, dim=1).flatten(2).index_select(2, places)[..., None], None
        which = (torch.arange(_TURNS, dtype=turn.dtype, device=turn.device) == turn) * 127.0
        parts = [wide, which[None, :, None, None].expand(wide.shape[0], -1, wide.shape[2], 1)]
        if self.linear is not None:
            line, textures = self._linear(self.linear, symbols, which, places)
            parts += [textures.clamp_max(ACTIVATION), floored(textures * 0.0625).clamp_max(ACTIVATION)]
        return parts, line

    def _linear(self, layer: IntegerConv, symbols: Tensor, which: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """Weighted sums of the neighbours, by weights of the turn: means, in eighths, and sizes of differences."""
        earlier = symbols[:, : self.end].clamp(-_REACH, _REACH)
        radius = 2 if self.begin == 0 else 1
        # The weights of all turns at once, and those of this one picked by a product: a runtime needs no branch.
        all_turns = layer(neighbours(earlier, radius).flatten(2).index_select(2, places)[..., None])
        by_turn = all_turns.unflatten(1, (self.turns, -1))
        chosen = (by_turn * (which[: self.turns] / 127.0)[None, :, None, None, None]).sum(dim=1)
        own = self.end - self.begin
        return chosen[:, :own], chosen[:, own:].abs()


def neighbours(planes: Tensor, radius: int) -> Tensor:
    """Every plane moved by up to `radius` each way, zeros beyond: (N, C, H, W) to (N, C * (2 radius + 1)^2, H, W)."""
    height, width = planes.shape[2:]
    wide = F.pad(planes, (radius,) * 4)
    shifts = range(2 * radius + 1)
    return torch.cat([wide[:, :, i : i + height, j : j + width] for i in shifts for j in shifts], dim=1)


def bounded(z: Tensor) -> Tensor:
    """Hyper-latents that a file can hold."""
    return clipped(z, -Z_LIMIT, Z_LIMIT)


def _sizes(symbols: Tensor) -> Tensor:
    """0..255: sixteen times the size of each symbol, as far as that goes."""
    return (symbols.abs() * 16.0).clamp_max(ACTIVATION)


def _start_as_identity(layer: IntegerConv) -> None:
    """A depthwise layer that starts by passing its input on, a little smoothed."""
    with torch.no_grad():
        layer.weight.normal_(0.0, 0.02)
        middle = layer.weight.shape[-1] // 2
        layer.weight[:, :, middle, middle] += 0.9
