"""Layers whose outputs are whole numbers, the same on every machine: what decides the symbol tables of JND-LIC.

Weights are whole numbers of at most six bits and a sign, activations of eight bits, and every sum stays below 2^24,
where float32 is exact in any order; the result is multiplied by a power of two and floored. While training, whole
numbers pass their slopes on as if they had not been rounded.
Source: Balle, Johnston, Minnen, "Integer networks for data compression with latent-variable models", ICLR 2019.
Differs: float32 holds the integers, so that any runtime's plain convolution will do.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.errors import UsageError

ACTIVATION = 255  # eight bits
WEIGHT = 63  # six bits, and a sign
_EXACT = 2**24  # below it float32 holds every whole number
_BIAS_LIMIT = 2**20  # what biases may take of the exact range
BIAS_UNIT = 16.0  # a bias learns as fast as weights on activations of this size


class _Floor(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, given: Tensor) -> Tensor:
        return torch.floor(given)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Tensor:
        return slopes[0]


class _Clip(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, given: Tensor, low: float, high: float) -> Tensor:
        kept = given.clamp(low, high)
        ctx.save_for_backward(given - kept)
        return kept

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        (beyond,) = ctx.saved_tensors
        slope = slopes[0]
        # Beyond the limits only what leads back inside: descent moves against the slope.
        return slope * (beyond * slope >= 0), None, None


def floored(given: Tensor) -> Tensor:
    """The largest whole number that is not above, with a slope of 1."""
    # Where no slopes are wanted a plain floor, which can be exported.
    return _Floor.apply(given) if given.requires_grad else torch.floor(given)


def rounded(given: Tensor) -> Tensor:
    """The nearest whole number, halves upward, with a slope of 1."""
    return floored(given + 0.5)


def clipped(given: Tensor, low: float, high: float) -> Tensor:
    """Within the limits, with a slope of 1 there and, outside, of what leads back."""
    return _Clip.apply(given, low, high) if given.requires_grad else given.clamp(low, high)


class IntegerConv(nn.Module):
    """A convolution from whole numbers to whole numbers in low..high.

    kernel: odd.  groups: as in Conv2d.  low, high: of the output.  reach: the largest size of an input.
    gain: what the parameters are multiplied by, for weights that must learn to be large.
    Raises UsageError where a sum could leave what float32 holds exactly.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        *,
        groups: int = 1,
        low: int = 0,
        high: int = ACTIVATION,
        reach: int = ACTIVATION,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        if inputs // groups * kernel**2 * WEIGHT * reach + _BIAS_LIMIT + 2**14 >= _EXACT:
            raise UsageError(f"{inputs} inputs of up to {reach} and a kernel of {kernel}: sums could leave float32")
        self.weight = nn.Parameter(torch.empty(outputs, inputs // groups, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.groups, self.low, self.high, self.gain = groups, low, high, gain
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu" if low == 0 else "linear")

    def whole(self) -> tuple[Tensor, Tensor, Tensor]:
        """Weights and biases as whole numbers, and the power of two (outputs, 1, 1) that their sums are divided by.

        The bias holds the half that makes the floor a rounding.
        """
        own = self.weight * self.gain
        largest = own.detach().abs().amax(dim=(1, 2, 3)).clamp_min(1e-6)  # not 0, where all weights are
        power = torch.exp2(torch.floor(torch.log2(WEIGHT / largest)).clamp(1, 13))
        weight = clipped(rounded(own * power[:, None, None, None]), -WEIGHT, WEIGHT)
        bias = clipped(rounded(self.bias * (BIAS_UNIT * power)), -_BIAS_LIMIT, _BIAS_LIMIT)
        return weight, bias + 0.5 * power, power[:, None, None]

    def forward(self, given: Tensor) -> Tensor:
        weight, bias, power = self.whole()
        return _finish(given, weight, bias, 1.0 / power, self)

    def folded(self) -> nn.Module:
        return _Frozen(self)


class _Frozen(nn.Module):
    """An IntegerConv whose whole numbers are constants."""

    weight: Tensor
    bias: Tensor
    factor: Tensor

    def __init__(self, layer: IntegerConv) -> None:
        super().__init__()
        weight, bias, power = (whole.detach() for whole in layer.whole())
        self.register_buffer("weight", weight.to(torch.int8))  # a quarter of the file
        self.register_buffer("bias", bias)
        self.register_buffer("factor", 1.0 / power)
        self.groups, self.low, self.high = layer.groups, layer.low, layer.high

    def forward(self, given: Tensor) -> Tensor:
        return _finish(given, self.weight.to(torch.float32), self.bias, self.factor, self)


def _finish(given: Tensor, weight: Tensor, bias: Tensor, factor: Tensor, layer: Any) -> Tensor:
    sums = F.conv2d(given, weight, bias, padding=weight.shape[-1] // 2, groups=layer.groups)
    return clipped(floored(sums * factor), layer.low, layer.high)


def frozen(model: nn.Module) -> nn.Module:
    """A copy with whole numbers in the place of everything that they are made of, to be exported."""
    copied = copy.deepcopy(model)
    for name, layer in list(copied.named_modules()):
        if isinstance(layer, IntegerConv):
            owner, _, last = name.rpartition(".")
            setattr(copied.get_submodule(owner), last, layer.folded())
    return copied.eval()
