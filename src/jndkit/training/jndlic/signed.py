"""What predicts a slice from all its neighbours with their signs, as edges go on from block to block."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jndkit.codecs.jndlic.layout import GROUP_OF, SLICES
from jndkit.training.jndlic.entropy import MEANS, SliceContext, neighbours
from jndkit.training.jndlic.integer import IntegerConv, clipped, floored
from jndkit.training.jndlic.unit import ONE, CommonUnit

_SIGNED = 127  # the largest size of what is told with its sign
_REACH = 1100  # eighths; as much as lets sums over 210 neighbours stay below 2^24
_COARSE = 0.0625  # of an eighth of a symbol: means are told in two units
_CHANNELS = (18, 45, 60, 108)  # of symbols that a slice looks at with their signs, the first of which are the means
_MEANS = 3
_BESIDE, _AROUND = 1, 2  # blocks that a place looks away, for symbols and for means
_UNITS = 64  # sums over neighbours that are learned
_SLOW = 0.1  # of layers whose smallest change is felt at once


class SignedContext(SliceContext):
    """Means and scales of a slice behind the means, at the places of one pass; it is told the field of steps.

    channels, features: as of SliceContext.  width: of the hidden layers.
    """

    def __init__(self, channels: tuple[int, int], features: int, width: int) -> None:
        super().__init__(channels, features, width, linear=False)
        index = SLICES.index(channels)
        self.looked = _CHANNELS[index - 1]
        beside, around = (2 * _BESIDE + 1) ** 2 * (self.looked - _MEANS), (2 * _AROUND + 1) ** 2 * _MEANS
        self.patch = IntegerConv(beside + 2 * around, _UNITS, low=-_SIGNED, high=_SIGNED, reach=_SIGNED)
        self.unit = CommonUnit()
        own, wide = self.end - self.begin, self.hidden[0].weight.shape[1]
        self.far = None
        if index == 1:  # whose symbols are large at fine steps
            self.far = IntegerConv(beside + around, self.turns * own, low=-MEANS, high=MEANS, reach=_REACH)
            with torch.no_grad():
                self.far.weight.normal_(0.0, 0.002)
        self.hidden[0] = IntegerConv(wide + 2 * _UNITS, width)
        self.mean = IntegerConv(width + _UNITS, own, low=-MEANS, high=MEANS, gain=_SLOW)
        nn.init.zeros_(self.mean.weight)

    def before(self, features: Tensor, step: Tensor, symbols: Tensor) -> list[Tensor]:
        """What is the same in every turn of the slice, the field of steps last."""
        return [*super().before(features, step, symbols), step]

    def at(self, before: list[Tensor], symbols: Tensor, turn: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        *seen, step = before
        parts, _ = self.seen(seen, symbols, turn, places)
        beside, apart = self._signed(symbols[:, : self.looked], step, places)
        near = torch.cat([beside, apart, floored(apart * _COARSE + 0.5)], dim=1).clamp(-_SIGNED, _SIGNED)
        units = self.patch(near[..., None])
        hidden = torch.cat([*parts, units, units.abs()], dim=1)
        for layer in self.hidden:
            hidden = layer(hidden)
        mean, scale = self.mean(torch.cat([hidden, units], dim=1)), self.scale(hidden)
        if self.far is not None:
            every = self.far(torch.cat([beside, apart], dim=1).clamp(-_REACH, _REACH)[..., None])
            turns = torch.arange(self.turns, dtype=turn.dtype, device=turn.device)
            which = (turns == turn).to(mean.dtype)[None, :, None, None, None]
            mean = clipped(mean + (every.unflatten(1, (self.turns, -1)) * which).sum(dim=1), -MEANS, MEANS)
        return mean[..., 0], scale[..., 0]

    def _signed(self, symbols: Tensor, step: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """The symbols around the places in eighths of their own steps, and by how much means differ, (N, inputs, n)."""
        fields = step.index_select(1, torch.from_numpy(GROUP_OF[: self.looked]).to(step.device))
        shared = self.unit(symbols, fields)
        factor = self.unit.factor(-fields.flatten(2).index_select(2, places))
        beside = _gathered(shared[:, _MEANS:], _BESIDE, places)
        around = _gathered(shared[:, :_MEANS], _AROUND, places)
        inside = _gathered(torch.ones_like(shared[:1, :1]), _AROUND, places)
        middle = shared[:, None, :_MEANS].flatten(3).index_select(3, places)
        beside = floored(beside * factor[:, None, _MEANS:] / ONE).flatten(1, 2)
        apart = floored((around - middle) * inside * factor[:, None, :_MEANS] / ONE).flatten(1, 2)
        return beside, apart

    def grown(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The weights of a narrower SliceContext for this one, which then predicts what that one did without linear."""
        grown = {name: each.clone() for name, each in self.state_dict().items()}
        for name, each in state.items():
            if name.startswith("linear."):
                continue
            if name == "hidden.0.weight":  # textures, of linear, come last
                each = each[:, : grown[name].shape[1] - 2 * _UNITS]
            if each.ndim > 1:  # what is new has no say yet in what there was
                grown[name][: len(each)] = 0.0
            grown[name][tuple(slice(side) for side in each.shape)] = each
        return grown


def _gathered(planes: Tensor, radius: int, places: Tensor) -> Tensor:
    """What lies around the places, 0 beyond the border: (N, C, h, w) to (N, shifts, C, n)."""
    moved = neighbours(planes, radius).flatten(2).index_select(2, places)
    return moved.unflatten(1, (-1, planes.shape[1]))
