"""How likely the symbols of JND-LIC are, while training, and the tables of frequencies that its files use instead."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.codecs.jndlic.layout import KNOB_HIGH, Z_LIMIT
from jndkit.training.jndlic.integer import clipped

SCALES = 64
_LEAST, _LARGEST = 0.07, 200.0  # standard deviation, symbols
_RATIO = math.log(_LARGEST / _LEAST) / (SCALES - 1)
FRACTIONS = 8  # of a symbol, that a mean is told in
# The narrow and the wide of two distributions: by how many scales each lies below the scale that is told, and the logit
# of the narrow one's share; polynomials of scale / 32 - 1. From tools/jndlic_shapes.py.
_NARROW, _WIDE = (3.370, -0.289, -1.523), (-2.207, 1.647, -5.466)
_SHARE = (0.079, 2.206, 8.670)
_CENTRE = 255
_COLUMNS = 512  # the last is the escape
TOTAL = 2**16  # of the frequencies of a table


def symbol_bits(symbols: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """Bits of symbols whose distribution is a mixture of two logistic ones, all of one shape.

    mean: in eighths of a symbol.  scale: 0..63, of which each is a standard deviation 13 % above the last. What is
    predicted has more small errors and more large ones than a logistic distribution of one width.
    """
    distance = (symbols - mean / FRACTIONS).abs()
    at = scale / (SCALES / 2) - 1.0
    share = _along(_SHARE, at)
    narrow = _log_logistic(distance, scale - _along(_NARROW, at)) + F.logsigmoid(share)
    wide = _log_logistic(distance, scale - _along(_WIDE, at)) + F.logsigmoid(-share)
    return torch.logaddexp(narrow, wide) * (-1.0 / math.log(2.0))


def slope_logarithm(scale: Tensor) -> Tensor:
    """ln of the slope of a logistic distribution, by its scale."""
    return math.log(math.pi / math.sqrt(3.0) / _LEAST) - _RATIO * scale


def _along(factors: tuple[float, float, float], at: Tensor) -> Tensor:
    return factors[0] + at * (factors[1] + at * factors[2])


def _log_logistic(distance: Tensor, scale: Tensor) -> Tensor:
    """ln of the share of whole numbers at a distance from the mean of a logistic distribution."""
    slope = torch.exp(slope_logarithm(scale))
    near, far = (distance - 0.5) * slope, (distance + 0.5) * slope
    # ln of the difference of two sigmoids, which themselves would lose their digits in the tails.
    return torch.log(-torch.expm1(-slope)) - F.softplus(near) - F.softplus(-far)


def symbol_tables() -> Tensor:
    """Frequencies of differences, whole numbers (SCALES, FRACTIONS, 512); see the format's description."""
    difference = torch.arange(_COLUMNS - 2, dtype=torch.float64) - _CENTRE
    mean = torch.arange(FRACTIONS, dtype=torch.float64) - FRACTIONS // 2
    shape = (SCALES, FRACTIONS, len(difference))
    scale = torch.arange(SCALES, dtype=torch.float64)[:, None, None].expand(shape)
    bits = symbol_bits(difference.expand(shape), mean[:, None].expand(shape), scale)
    tables = torch.zeros(SCALES, FRACTIONS, _COLUMNS)
    for row in range(SCALES):
        deviation = _LEAST * math.exp(_RATIO * row)
        reach = min(_CENTRE - 1, max(2, math.ceil(8.0 * deviation)))
        support = torch.exp2(-bits[row, :, _CENTRE - reach : _CENTRE + reach + 1])
        escape = (1.0 - support.sum(dim=1, keepdim=True)).clamp_min(0.0)
        counts = to_frequencies(torch.cat([support, escape], dim=1))
        tables[row, :, _CENTRE - reach : _CENTRE + reach + 1] = counts[:, :-1]
        tables[row, :, -1] = counts[:, -1]  # of all that lies beyond: the escape
    return tables


class HyperPrior(nn.Module):
    """The likelihood of each hyper-latent: a mixture of two logistic distributions that moves with the knob."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        start = torch.zeros(channels, 2, 2)  # mixture, and at 0 and 1 of the knob's range
        self.mean = nn.Parameter(start + torch.tensor([-0.2, 0.2])[:, None])
        self.scale = nn.Parameter(start.clone())
        self.weight = nn.Parameter(start.clone())

    def bits(self, z: Tensor, knob: Tensor) -> Tensor:
        """Bits of each hyper-latent; z (N, C, h, w), whole, knob (N,)."""
        return -torch.log2(self._likelihood(z, knob).clamp_min(1e-6))

    def tables(self, knob: Tensor) -> Tensor:
        """Probabilities of -Z_LIMIT..Z_LIMIT at a knob, (C, 2 * Z_LIMIT + 1)."""
        values = torch.arange(-Z_LIMIT, Z_LIMIT + 1, dtype=knob.dtype, device=knob.device)
        given = values.expand(1, self.mean.shape[0], 1, -1)
        return self._likelihood(given, knob)[0, :, 0]

    def _likelihood(self, z: Tensor, knob: Tensor) -> Tensor:
        at = (knob / KNOB_HIGH)[:, None, None]
        mean, log_scale, weight = (
            torch.lerp(ends[None, :, :, 0], ends[None, :, :, 1], at) for ends in (self.mean, self.scale, self.weight)
        )
        shares = weight.softmax(dim=2)
        likelihood = torch.zeros_like(z)
        for index in range(2):
            centre = mean[:, :, index, None, None]
            slope = torch.exp(-clipped(log_scale[:, :, index, None, None], -3.0, 4.0))
            distance = (z - centre).abs()
            # By the distance both lie in the lower tail, where their difference keeps its digits.
            upper, lower = torch.sigmoid((0.5 - distance) * slope), torch.sigmoid((-0.5 - distance) * slope)
            likelihood = likelihood + shares[:, :, index, None, None] * (upper - lower)
        return likelihood


def to_frequencies(shares: Tensor) -> Tensor:
    """Whole numbers of at least 1 that add up to TOTAL in each row, in proportion to float64 shares (rows, columns)."""
    rows, columns = shares.shape
    # One for each column is given already.
    counts = 1.0 + torch.floor(shares / shares.sum(dim=1, keepdim=True) * (TOTAL - columns))
    largest = counts.argmax(dim=1)
    counts[torch.arange(rows), largest] += TOTAL - counts.sum(dim=1)
    return counts
