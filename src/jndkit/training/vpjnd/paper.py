"""VP-JNDnet as published: is the coding of a picture seen or not, by a weighted mean over patches.

Source: Y. Zhang et al., "VP-JND: Visual Perception Assisted Deep Picture-Wise Just Noticeable Difference Prediction
Model for Image Compression", IEEE TCSVT 2025, as its trained graph has it: a branch of four stages shared by reference
and distorted picture, another of the same form for the pixel-wise JND map, channel attention, a non-local block,
pooled features of the three, their difference, a quality and a weight head.
Differs: features are compared place by place and pooled afterwards, as in the graph, whose two poolings are no-ops
before the difference, but at every stage, since errors finer than the last stage's places leave nothing there; the JND
map, its features and what the pictures themselves have there say at each place how far a difference counts, where the
graph multiplies the distorted picture's features by the map's; the two poolings are global; a stage begins with the
bands and the sensitivity of ColorVideoVDP, of opponent colours in the light of the desktop display, and the heads'
answers are added to what these say.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.errors import UsageError
from jndkit.observers.cvvdp.constants import constants
from jndkit.observers.vpjnd import SIDE
from jndkit.protocols import AIC
from jndkit.training.contract import Contract
from jndkit.training.vpjnd.network import Branch, Opponent, levels
from jndkit.training.vpjnd.visible_energy import BANDS, BLACK, CHANNELS, FLOOR, ln_jnd, sensitivity_at_desktop
from jndkit.visibility import jnd_for

VIEWERS = 75.0  # per cent who see no difference where a picture just counts as lossless
SOFTNESS = 0.25  # of ln(JND): the scale of the logistic curve of which an answer is the argument
_TINY = 1e-5
_BY_MAP, _BY_OWN = -0.2, -0.2  # exponents of the JND map and of a channel's own activity to begin with
_OFFSET = -1.8  # of ln of the gain, so that about as much is seen to begin with as the observer sees
_PACE = 10.0  # how much faster gains learn than other weights
_OF_WEIGHT = (-4.0, 2.0)  # of ln(JND): beyond, patches count as these do


class VpJndPaper(nn.Module):
    """Inputs: reference and distorted, float32 (N, 3, 128, 128), RGB in 0..1; JND map, float32 (N, 1, 128, 128), code
    values / 16. Outputs: quality of each patch, (N, 1), above 0 where a difference is seen; its weight (N, 1), to be
    divided by the sum over the patches of a picture. The picture's answer is the sign of the weighted sum.

    base: channels of the first stage, doubled at each of three more; 32 as published, 12 at least.
    drop: of the heads' features.  own: whether the pictures themselves say, beside the JND map, how far a difference
    counts.
    """

    def __init__(self, base: int = 32, drop: float = 0.5, own: bool = True) -> None:
        super().__init__()
        if base < BANDS:
            raise UsageError(f"model.base = {base}: at least {BANDS} channels are needed")
        widths = tuple(base * 2**stage for stage in range(4))
        self.front = Opponent()
        self.picture = Branch(CHANNELS, widths, contrast=True)
        self.jnd = Branch(1, widths, contrast=False)
        self.picture.begin()
        self.compare = nn.ModuleList(_Difference(width, scale, own) for scale, width in enumerate(widths))
        pooled, hidden = 2 * widths[-1], 16 * base
        self.quality = _head(2 * pooled + 2 * sum(widths), hidden, drop)
        self.weight = _head(3 * pooled, hidden, drop)
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.share = nn.Parameter(torch.tensor(0.9))
        self.target = math.log(jnd_for(VIEWERS, AIC))

    def forward(self, reference: Tensor, distorted: Tensor, jnd: Tensor) -> tuple[Tensor, Tensor]:
        given, test, masks = levels(self.front(reference)), levels(self.front(distorted)), levels(jnd)
        own, gates, deep = self.picture(given, None)
        other, _, deep_test = self.picture(test, gates)
        of_map, _, deep_jnd = self.jnd(masks, None)
        energies, differences = [], []
        for index, compare in enumerate(self.compare):
            light = given[index + 1][:, :1]
            energy, *pooled = compare(own[index], other[index], light, masks[index + 1], of_map[index])
            energies.append(energy)
            differences += pooled
        first, second, masking = (_pooled(features) for features in (deep, deep_test, deep_jnd))
        seen = ln_jnd(torch.log(torch.cat(energies, 1) + FLOOR))[:, None]
        # The heads' answers are corrections: what the bands say by themselves is a start.
        difference = _normal(torch.cat(differences, 1))
        correction = self.quality(torch.cat([first, second, difference], 1))
        quality = (self.scale * (seen - self.target) + correction) / SOFTNESS
        of_weight = self.weight(torch.cat([first, second, second * masking], 1))
        weight = torch.exp(self.share * seen.clamp(*_OF_WEIGHT) + of_weight)
        return quality, weight

    def contract(self) -> Contract:
        picture, n = (2, 3, SIDE, SIDE), {0: "n"}
        return Contract(
            "reference and distorted float32 (N, 3, 128, 128), RGB in 0..1; JND map float32 (N, 1, 128, 128), code "
            "values / 16",
            "quality (N, 1), above 0 where seen; weight (N, 1), to be divided by its sum over a picture",
            (picture, picture, (2, 1, SIDE, SIDE)),
            (n, n, n),
            SIDE,
            SIDE,
        )


class _Difference(nn.Module):
    """How much of the difference of two maps counts, place by place, and pooled.

    width: channels of the stage.  scale: 0 for the finest.  own: see `VpJndPaper`.
    """

    def __init__(self, width: int, scale: int, own: bool) -> None:
        super().__init__()
        self.gain = nn.Conv2d(3, width, 1)
        self.masking = nn.Conv2d(width, width, 1, bias=False)
        self.activity = nn.Parameter(torch.full((width, 1, 1), _BY_OWN / _PACE)) if own else None
        mixing = torch.full((CHANNELS, width), 1e-3)
        mixing[:, :BANDS] = 1e-3 + torch.eye(CHANNELS).repeat_interleave(4, 1) / 4.0
        self.mixing = nn.Parameter(torch.log(mixing))
        with torch.no_grad():
            nn.init.zeros_(self.masking.weight)
            nn.init.zeros_(self.gain.weight)
            nn.init.constant_(self.gain.bias, 1.0 / _PACE)
            fitted = sensitivity_at_desktop(scale).repeat_interleave(4, 1) / _PACE
            self.gain.bias[:BANDS] = fitted[0] + _OFFSET / _PACE
            self.gain.weight[:BANDS, :2, 0, 0] = fitted[1:].T
            self.gain.weight[:, 2] = _BY_MAP / _PACE

    def forward(self, first: Tensor, second: Tensor, light: Tensor, jnd: Tensor, of_map: Tensor) -> tuple[Tensor, ...]:
        """Of maps (N, width, h, w): visible energies (N, 3); of every channel ln of the mean and of the largest
        visible difference, (N, width) each.

        light, jnd: (N, 1, h, w), the reference's and the JND map.  of_map: features of the JND map, (N, width, h, w).
        """
        luminance = torch.log(light.clamp_min(BLACK))
        terms = torch.cat([luminance, 0.5 * luminance**2, torch.log(jnd + 0.02)], 1)
        gain = self.gain(terms) + self.masking(F.relu(of_map))
        if self.activity is not None:
            quiet = F.avg_pool2d(torch.minimum(first.abs(), second.abs()), 5, 1, 2, count_include_pad=False)
            gain = gain + self.activity * torch.log(quiet + 1e-3)
        power = constants().mask_p
        difference = power * (0.5 * torch.log((first - second) ** 2 + _TINY**2) + _PACE * gain)
        difference = difference - F.softplus(difference - math.log(constants().difference_limit))
        energy = torch.exp(2.0 * difference).mean((2, 3))
        pooled = 0.5 * torch.log(energy + FLOOR), difference.amax((2, 3)).clamp_min(0.5 * math.log(FLOOR))
        return F.linear(energy, torch.exp(self.mixing)), *pooled


def _pooled(features: Tensor) -> Tensor:
    """The largest value and the mean of every channel, (N, 2 C), brought to one size."""
    return _normal(torch.cat([features.amax((2, 3)), features.mean((2, 3))], 1))


def _normal(features: Tensor) -> Tensor:
    return F.layer_norm(features, features.shape[1:])


def _head(inputs: int, hidden: int, drop: float) -> nn.Sequential:
    layers = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(drop), nn.Linear(hidden, 1))
    nn.init.zeros_(layers[3].weight)
    nn.init.zeros_(layers[3].bias)
    return layers
