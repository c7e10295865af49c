"""What predicts hyper-latents from those that are known around them, in four passes. Every number in here is whole."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jndkit.codecs.jndlic.layout import Z_LIMIT, Phase, places
from jndkit.training.jndlic.entropy import KNOTS, knob_planes, neighbours
from jndkit.training.jndlic.integer import BIAS_UNIT, IntegerConv, floored
from jndkit.training.jndlic.likelihood import FRACTIONS, SCALES, symbol_bits

_REACH = 127  # of what the hidden layers are told; a hyper-latent counts eight
_MEANS = Z_LIMIT * FRACTIONS
_SLOW = 0.1  # of layers whose smallest change is felt at once
_WIDTH = 128


class SideContext(nn.Module):
    """Means and scales of all channels of hyper-latents at the places of one pass.

    channels: of the hyper-latents.  passes: in their order.
    """

    def __init__(self, channels: int, passes: tuple[tuple[Phase, ...], ...]) -> None:
        super().__init__()
        self.channels, self.passes = channels, passes
        first = IntegerConv(2 * 9 * channels + KNOTS + len(passes), _WIDTH, reach=_REACH)
        self.hidden = nn.ModuleList([first, IntegerConv(_WIDTH, _WIDTH)])
        self.mean = IntegerConv(_WIDTH, channels, low=-_MEANS, high=_MEANS, gain=_SLOW)
        # All are coded: none has the scale 0.
        self.scale = IntegerConv(_WIDTH, channels, low=1, high=SCALES - 1, gain=_SLOW)
        nn.init.zeros_(self.mean.weight)
        nn.init.constant_(self.scale.bias, 30.0 / BIAS_UNIT)

    def forward(self, z: Tensor, knob: Tensor, turn: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        """z (N, C, h, w), 0 where unknown; knob (N,); turn (1,); where int64 (n,).

        Returns two tensors (N, C, n): means in eighths of a hyper-latent, and indices of scales.
        """
        around = (neighbours(z, 1).flatten(2).index_select(2, where) * 8.0).clamp(-_REACH, _REACH)
        batch, _, count = around.shape
        turns = torch.arange(len(self.passes), dtype=turn.dtype, device=turn.device)
        which = ((turns == turn) * float(_REACH))[None, :, None].expand(batch, -1, count)
        planes = floored(knob_planes(knob)[..., 0] * 0.5).expand(-1, -1, count)
        hidden = torch.cat([around, around.abs(), planes, which], dim=1)[..., None]
        for layer in self.hidden:
            hidden = layer(hidden)
        return self.mean(hidden)[..., 0], self.scale(hidden)[..., 0]

    def bits(self, z: Tensor, knob: Tensor) -> Tensor:
        """Bits of each hyper-latent; z (N, C, h, w), whole, knob (N,)."""
        known, spent = torch.zeros_like(z.flatten(2)), torch.zeros_like(z.flatten(2))
        for index, phases in enumerate(self.passes):
            where = torch.from_numpy(places(z.shape[2], z.shape[3], phases)).to(z.device)
            turn = torch.full((1,), float(index), device=z.device)
            mean, scale = self(known.unflatten(2, z.shape[2:]), knob, turn, where)
            mine = z.flatten(2).index_select(2, where)
            spent = spent.index_copy(2, where, symbol_bits(mine, mean, scale))
            # Predictions see hyper-latents as they are: no slope leads back through them.
            known = known.index_copy(2, where, mine.detach())
        return spent.unflatten(2, z.shape[2:])
