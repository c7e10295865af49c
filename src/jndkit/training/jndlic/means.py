"""What predicts the means of blocks: coarse places first, and in units that a place and its neighbours share.

A symbol counts steps, and steps change from place to place; before neighbours are compared all are brought to one
unit. Chroma knows luma everywhere, so that it can follow it. Every number in here is whole; see `integer`.
Source: chroma that follows luma is that of Trudeau, Egge, Barr, "Predicting chroma from luma in AV1", DCC 2018.
Differs: a network learns how far; and places are coded from coarse to fine, not row by row.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jndkit.codecs.jndlic.layout import GROUP_OF, SYMBOL_LIMIT
from jndkit.training.jndlic.integer import ACTIVATION, BIAS_UNIT, IntegerConv, clipped, floored
from jndkit.training.jndlic.likelihood import FRACTIONS, SCALES
from jndkit.training.jndlic.unit import LARGEST, ONE, CommonUnit

_DISTANCES = (8, 4, 4, 2, 2, 1, 1, 1)  # of each pass, in blocks: between a place and its neighbours
_DIAGONAL = (1, 3, 5)  # passes whose four nearest lie at the corners
TURNS = len(_DISTANCES)
_RADIUS = 2  # distances, that a place looks up, down and to both sides
_MEANS = SYMBOL_LIMIT * FRACTIONS
_REACH = 3000  # eighths; as much as lets sums over 75 neighbours stay below 2^24
_SLOW = 0.1  # of layers whose smallest change is felt at once


def _offsets() -> list[tuple[int, int]]:
    span = range(-_RADIUS, _RADIUS + 1)
    return [(row, column) for row in span for column in span]


def _known(turn: int, row: int, column: int) -> bool:
    """Whether the place so many distances away was coded in an earlier pass."""
    if turn == 0:
        return False
    if turn in _DIAGONAL:
        return row % 2 == 1 and column % 2 == 1
    if turn == TURNS - 1:  # all but those of its own pass
        return row % 2 == 1 or column % 2 == 1
    return (row + column) % 2 == 1


def _nearest(turn: int) -> list[tuple[int, int]]:
    """Four offsets, opposite ones together."""
    return [(-1, -1), (1, 1), (-1, 1), (1, -1)] if turn in _DIAGONAL else [(-1, 0), (1, 0), (0, -1), (0, 1)]


class MeanContext(nn.Module):
    """Means and scales of the symbols of one plane or two at the places of one pass.

    begin, end: the channels.  features: of the hyper-decoder.  width: of the hidden layers.
    """

    known: Tensor
    nearest: Tensor

    def __init__(self, begin: int, end: int, features: int, width: int) -> None:
        super().__init__()
        self.begin, self.end = begin, end
        offsets = _offsets()
        own = torch.tensor([[float(_known(turn, *each)) for each in offsets] for turn in range(TURNS)])
        planes = [torch.ones_like(own)] * begin + [own] * (end - begin)  # of an earlier slice all is known
        self.register_buffer("known", torch.cat(planes, dim=1), persistent=False)
        picks = torch.zeros(TURNS, 4, len(offsets))
        for turn in range(1, TURNS):
            for index, each in enumerate(_nearest(turn)):
                picks[turn, index, offsets.index(each)] = 1.0
        self.register_buffer("nearest", picks, persistent=False)
        self.unit = CommonUnit()
        inputs, outputs = end * len(offsets), end - begin
        self.linear = IntegerConv(inputs, TURNS * outputs, low=-_MEANS, high=_MEANS, reach=_REACH)
        wide = 3 * inputs + features + TURNS + end
        self.hidden = nn.ModuleList([IntegerConv(wide, width), IntegerConv(width, width)])
        self.mean = IntegerConv(width, outputs, low=-_MEANS, high=_MEANS, gain=_SLOW)
        self.scale = IntegerConv(width, outputs, low=0, high=SCALES - 1, gain=_SLOW)
        nn.init.zeros_(self.mean.weight)
        nn.init.normal_(self.scale.weight, 0.0, 0.05)
        nn.init.constant_(self.scale.bias, 40.0 / BIAS_UNIT)
        with torch.no_grad():
            self.linear.weight.normal_(0.0, 0.002)

    def forward(
        self, features: Tensor, step: Tensor, symbols: Tensor, turn: Tensor, places: Tensor
    ) -> tuple[Tensor, Tensor]:
        """features (N, C, h, w); step (N, GROUPS, h, w); symbols (N, 192, h, w); places int64 (n,), of any passes.

        turn: (1,), or (n,), the pass of each place. What is not known in that pass is not looked at.
        Returns two tensors (N, own, n): means in eighths of a symbol, and indices of scales.
        """
        return self.at(self.before(features, step, symbols), symbols, turn, places)

    def before(self, features: Tensor, step: Tensor, _: Tensor) -> list[Tensor]:
        """What is the same in every turn of the slice."""
        return [features, step]

    def at(self, before: list[Tensor], symbols: Tensor, turn: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        features, step = before
        turns = torch.arange(TURNS, dtype=turn.dtype, device=turn.device)
        which = (turns[:, None] == turn[None]).to(symbols.dtype)  # (TURNS, 1 or n)
        fields = step.index_select(1, torch.from_numpy(GROUP_OF[: self.end]).to(step.device))
        here = fields.flatten(2).index_select(2, places)
        around, inside = self._around(self.unit(symbols[:, : self.end], fields), which, places)
        base = self._base(around, inside, which)
        known = (which[:, None] * self.known[..., None]).sum(dim=0).unflatten(0, (self.end, -1))
        apart = (around - base[:, :, None]) * inside * known
        line = self._line(apart.clamp(-_REACH, _REACH).flatten(1, 2)[..., None], which)
        shared = clipped(base[:, self.begin :] + line, -LARGEST, LARGEST)
        line = floored(shared * self.unit.factor(-here[:, self.begin :]) / ONE + 0.5)
        near = floored(apart.clamp(-LARGEST, LARGEST) * self.unit.factor(-here)[:, :, None] / ONE).flatten(1, 2)
        sizes, count = near.abs(), places.shape[0]
        planes = [
            floored(near * 0.5).clamp(-127.0, 127.0),
            sizes.clamp_max(ACTIVATION),
            floored(sizes * 0.0625).clamp_max(ACTIVATION),
            features.flatten(2).index_select(2, places),
            (which * 127.0)[None].expand(near.shape[0], -1, count),
            here * 4.0,
        ]
        hidden = torch.cat(planes, dim=1)[..., None]
        for layer in self.hidden:
            hidden = layer(hidden)
        mean = clipped(self.mean(hidden)[..., 0] + line, -_MEANS, _MEANS)
        return mean, self.scale(hidden)[..., 0]

    def _around(self, values: Tensor, which: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """Neighbours in the distance of the pass, (N, planes, offsets, n); whether they lie inside, (offsets, n)."""
        height, width = values.shape[2:]
        distances = torch.tensor(_DISTANCES, dtype=which.dtype, device=which.device)
        distance = (which * distances[:, None]).sum(dim=0).to(torch.int64)
        # Looked up: exporters know no remainder by a size that may change.
        rows = torch.arange(height, device=places.device)[:, None].expand(height, width).flatten()
        columns = torch.arange(width, device=places.device)[None].expand(height, width).flatten()
        row, column = rows.index_select(0, places), columns.index_select(0, places)
        down, right = torch.tensor(_offsets(), device=places.device).T[..., None]  # (offsets, 1) each
        at_row, at_column = row + down * distance, column + right * distance  # (offsets, n)
        within = (at_row >= 0) & (at_row < height) & (at_column >= 0) & (at_column < width)
        at = at_row.clamp(0, height - 1) * width + at_column.clamp(0, width - 1)
        inside = within.to(values.dtype)
        found = values.flatten(2).index_select(2, at.flatten()).unflatten(2, (len(_offsets()), -1))
        return found * inside, inside

    def _base(self, around: Tensor, inside: Tensor, which: Tensor) -> Tensor:
        """The mean of the four nearest known ones, (N, planes, n); for one outside, its opposite."""
        picks = (which[:, None, None] * self.nearest[..., None]).sum(dim=0)  # (4, offsets, 1 or n)
        four = [(around * pick).sum(dim=2) for pick in picks]
        there = [(inside * pick).sum(dim=0) for pick in picks]
        pairs, held = [], []
        for first, second in ((0, 1), (2, 3)):
            pairs.append(four[first] * (2.0 - there[second]) + four[second] * (2.0 - there[first]))
            held.append(torch.maximum(there[first], there[second]))
        both = pairs[0] * (2.0 - held[1]) + pairs[1] * (2.0 - held[0])
        return floored(both * 0.25 + 0.5)

    def _line(self, apart: Tensor, which: Tensor) -> Tensor:
        every = self.linear(apart)[..., 0].unflatten(1, (TURNS, -1))
        return (every * which[None, :, None]).sum(dim=1)
