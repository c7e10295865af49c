"""How visible the difference of two stages of features is: sensitivity, masking, and what remains of each scale.

Source: ColorVideoVDP, Mantiuk et al. 2024, sections 3.3 to 3.5, for the form and for the constants to begin with.
Differs: everything is learned further; masking reaches over a square, not a Gaussian; sensitivity is a polynomial.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.observers.cvvdp.constants import constants
from jndkit.observers.cvvdp.pyramid import band_frequencies
from jndkit.observers.cvvdp.sensitivity import sensitivity, tables
from jndkit.viewing import DISPLAYS
from jndkit.visibility import JND_PER_JOD

CHANNELS = 3
BANDS = 4 * CHANNELS  # channels of a stage that begin as bands: two by two pixels of each colour
FLOOR = 1e-6  # of energies
BLACK = 0.003  # of white: the desktop's black and what it reflects
_TINY = 1e-5
_LINEAR_BELOW = 0.1  # of the pooled difference: JOD is linear there
_SIZES = (1.0, 2.0, 4.0, 3.0, 12.0, 3.0)  # of the terms of sensitivity
_POWER = constants().mask_p
_LN_LIMIT = math.log(constants().difference_limit)  # of what a single place can count
_LN_MASK = math.log(constants().mask_scale)


class Comparison(nn.Module):
    """Visible energy of each channel of a stage: differences to a power, less where both maps are busy.

    width: channels of the stage.  scale: 0 for the finest.
    Source: the form and, to begin with, the constants of ColorVideoVDP's sensitivity and masking for the channels that
    begin as its bands; Mantiuk et al. 2024, section 3.5.
    """

    def __init__(self, width: int, scale: int) -> None:
        super().__init__()
        c, free = constants(), width - BANDS
        self.sensitivity = nn.Conv2d(len(_SIZES), width, 1)
        self.exponent = nn.Parameter(torch.cat([_phases(c.mask_q), torch.full((free,), 2.0)])[:, None, None])
        masking = torch.full((width, width), 1e-3)  # nothing is 0: logarithms are learned
        masking[:BANDS, :BANDS] = torch.tensor(np.kron(c.cross_channel.T / 4.0, np.ones((4, 4))))
        self.masking = nn.Parameter(torch.log(masking))
        mixing = torch.full((CHANNELS, width), 1e-3)
        mixing[:, :BANDS] = 1e-3 + torch.eye(CHANNELS).repeat_interleave(4, 1) / 4.0
        self.mixing = nn.Parameter(torch.log(mixing))
        with torch.no_grad():
            nn.init.zeros_(self.sensitivity.weight)
            nn.init.constant_(self.sensitivity.bias, 1.0)
            fitted = _sensitivity(scale).repeat_interleave(4, 1)
            self.sensitivity.weight[:BANDS, :, 0, 0] = fitted[1:].T
            self.sensitivity.bias[:BANDS] = fitted[0]

    def forward(self, first: Tensor, second: Tensor, level: Tensor, viewing: Tensor) -> tuple[Tensor, ...]:
        """Of maps (N, width, h, w): visible energies (N, 3, 4, 4) by block; ln of each channel's, and of its activity
        (N, width).  level: the reference at twice that size.
        """
        coarse = torch.log(F.avg_pool2d(level[:, :1], level.shape[2] // 4).clamp_min(BLACK))
        gain = self.sensitivity(_terms(coarse, viewing))
        side = first.shape[2] // 2
        wide = _spread(gain, side // 4)
        quiet = torch.minimum(first.abs(), second.abs())
        busy = torch.log(F.avg_pool2d(quiet, 6, 2, 2, count_include_pad=False) + _TINY) + wide + _LN_MASK
        raised = torch.exp(self.exponent * busy.clamp(-12.0, 12.0))
        mask = torch.log1p(F.conv2d(raised, torch.exp(self.masking)[:, :, None, None]))
        difference = 0.5 * _POWER * torch.log((first - second) ** 2 + _TINY**2) + _spread(_POWER * wide - mask, 2)
        energy = F.avg_pool2d(torch.exp(2.0 * (difference - F.softplus(difference - _LN_LIMIT))), side // 2)
        seen = 0.5 * torch.log(energy.mean((2, 3)) + FLOOR)
        return F.conv2d(energy, torch.exp(self.mixing)[:, :, None, None]), seen, busy.mean((2, 3)) / 4.0


def ln_jnd(ln_energy: Tensor) -> Tensor:
    """ln(JND) of ln of energies (N, 12): `observers.vpjnd.jnd_of` but for its smallest constants, differentiable."""
    c = constants()
    pooled = 0.25 * torch.logsumexp(2.0 * ln_energy, 1) + math.log(c.image_integration)
    bend, scale = math.log(_LINEAR_BELOW), math.log(JND_PER_JOD * c.jod_a)
    return scale + c.jod_exponent * pooled + (1.0 - c.jod_exponent) * (pooled - bend).clamp_max(0.0)


def _terms(light: Tensor, viewing: Tensor) -> Tensor:
    """What sensitivity is a polynomial of, (N, 6, h, w): ln of luminance over the desktop's white, log2 of density."""
    luminance = light + math.log(2.0) * viewing[:, 1:, None, None]
    density = viewing[:, :1, None, None].expand(-1, -1, *light.shape[2:])
    powers = [density, density**2, density**3, luminance, luminance**2, luminance * density]
    # One step of learning moves every coefficient alike: none may count for many times another.
    return torch.cat([power / size for power, size in zip(powers, _SIZES, strict=True)], 1)


def _sensitivity(scale: int) -> Tensor:
    """Coefficients, (7, 3), of ln of a band's contrast sensitivity by channel: a constant, then the terms above."""
    rows, wanted = [], []
    for density in np.linspace(-1.0, 1.8, 15):
        frequency = band_frequencies(4096, 4096, DISPLAYS["desktop"].ppd * 2.0**density)[scale]
        for luminance in np.linspace(-5.0, 1.0, 13):
            light = np.full((1, 1), 200.0 * np.exp(luminance), np.float32)
            rows.append([1.0, density, density**2, density**3, luminance, luminance**2, luminance * density])
            wanted.append([float(plane[0, 0]) for plane in sensitivity(light, tables(frequency))])
    gain = np.log(constants().contrast_gain * (1.0 if scale == 0 else 2.0))
    fitted = np.linalg.lstsq(np.array(rows), np.log(np.array(wanted)), rcond=None)[0]
    fitted[0] += gain
    fitted[1:] *= np.array(_SIZES)[:, None]
    return torch.tensor(fitted).float()


def sensitivity_at_desktop(scale: int) -> Tensor:
    """Coefficients, (3, 3), of ln of a band's contrast sensitivity by channel at the desktop: a constant, and those of
    ln of luminance over the display's white and of half its square.
    """
    coefficients = _sensitivity(scale) / torch.tensor((1.0, *_SIZES))[:, None]
    return torch.stack([coefficients[0], coefficients[4], 2.0 * coefficients[5]])


def laplacian() -> Tensor:
    """(12, 12, 3, 3): the Laplacian band of each of three planes, all of them two by two pixels at a time."""
    taps = {-2: 0.05, -1: 0.25, 0: 0.4, 1: 0.25, 2: 0.05}
    spread = {0: {-2: 0.1, 0: 0.8, 2: 0.1}, 1: {-1: 0.5, 1: 0.5}}
    smooth = np.zeros((2, 6))  # parity of the pixel; pixels from two before its pair on
    for parity in (0, 1):
        for far, share in spread[parity].items():
            for near, weight in taps.items():
                place = parity + far + near + 2
                if 0 <= place < 6:
                    smooth[parity, place] += share * weight
    smooth /= smooth.sum(axis=1, keepdims=True)
    kernel = np.zeros((CHANNELS, 2, 2, CHANNELS, 2, 2, 3, 3))
    for y in (0, 1):
        for x in (0, 1):
            band = -np.outer(smooth[y], smooth[x])
            band[2 + y, 2 + x] += 1.0
            phases = band.reshape(3, 2, 3, 2).transpose(1, 3, 0, 2)
            for channel in range(CHANNELS):
                kernel[channel, y, x, channel] = phases
    return torch.tensor(kernel.reshape(BANDS, BANDS, 3, 3)).float()


def _phases(values: npt.NDArray[np.float64]) -> Tensor:
    """One value a channel for each of its two by two pixels."""
    return torch.tensor(values).float().repeat_interleave(4)


def _spread(planes: Tensor, times: int) -> Tensor:
    return F.interpolate(planes, scale_factor=float(times), mode="nearest") if times > 1 else planes


def reduced(planes: Tensor) -> Tensor:
    """Smoothed and at half the size."""
    taps = torch.tensor([0.05, 0.25, 0.4, 0.25, 0.05], dtype=planes.dtype, device=planes.device)
    kernel = torch.outer(taps, taps).expand(planes.shape[1], 1, 5, 5)
    return F.conv2d(F.pad(planes, (2, 2, 2, 2), mode="replicate"), kernel, stride=2, groups=planes.shape[1])
