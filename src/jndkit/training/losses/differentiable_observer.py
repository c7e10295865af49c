"""The psychophysical observer with slopes: how visible an error is, as a term of a loss.

Source: ColorVideoVDP, Mantiuk et al. 2024, with the constants and tables of `observers.cvvdp`, which reads pictures.
Differs: the five finest bands alone; what masks is taken as given, so that no slope leads to busier pictures.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.observers.cvvdp.constants import EPSILON, constants
from jndkit.observers.cvvdp.pyramid import band_frequencies
from jndkit.observers.cvvdp.sensitivity import tables
from jndkit.training.losses.light import to_light
from jndkit.viewing import Viewing
from jndkit.visibility import JND_PER_JOD

BANDS = 5  # the finest
SMALLEST = 128  # pixels a side: the coarsest band must be wider than its blur reaches
_DARKEST = 0.01  # cd/m2
_LARGE = 4096  # pixels: a side at which no band is missing
_BLUR = 13  # pixels, of the kernel of masking


class _Layer(NamedTuple):
    """A band of the reference: contrast in thresholds, and how many thresholds a contrast of 1 is; (N, 3, h, w)."""

    contrast: Tensor
    sensitivity: Tensor


class DifferentiableObserver(nn.Module):
    """How many JND test pictures are from their references, each seen as a whole on one display, sRGB."""

    taps: Tensor
    blur: Tensor
    matrix: Tensor
    sensitivity: Tensor

    def __init__(self, viewing: Viewing) -> None:
        super().__init__()
        c = constants()
        self.range = viewing.peak - viewing.black
        self.least = viewing.black + viewing.reflected
        line = torch.tensor([0.05, 0.25, 0.4, 0.25, 0.05])
        self.register_buffer("taps", torch.outer(line, line).expand(3, 1, 5, 5).contiguous(), persistent=False)
        blur = torch.from_numpy(cv2.getGaussianKernel(_BLUR, c.blur_sigma, cv2.CV_64F)[:, 0]).float()
        self.register_buffer("blur", blur.expand(3, 1, -1).contiguous(), persistent=False)
        matrix = torch.tensor(c.rgb_to_dkl, dtype=torch.float32)
        self.register_buffer("matrix", matrix[:, :, None, None], persistent=False)
        fine = [
            [torch.from_numpy(table) for table in tables(frequency)]
            for frequency in band_frequencies(_LARGE, _LARGE, viewing.ppd)[:BANDS]
        ]
        gain = torch.tensor(c.contrast_gain, dtype=torch.float32)[:, None]
        # As the published code has it: a band of the pyramid but the finest counts twice.
        scales = torch.tensor([1.0] + [2.0] * (BANDS - 1))[:, None, None]
        self.register_buffer("sensitivity", torch.stack([torch.stack(channels) for channels in fine]) * gain * scales)
        self._low, self._high = float(c.log_luminance[0]), float(c.log_luminance[-1])

    def forward(self, reference: Tensor, test: Tensor) -> Tensor:
        """JND, float32 (N,). reference, test: float32 (N, 3, H, W), RGB in 0..1; multiples of 16, at least 128."""
        with torch.no_grad():
            layers = self._watched(reference)
        planes, energies = self._opponent(test), []
        for layer in layers:
            planes, band, light = self._split(planes)
            energies.append(self._energy(band / light * layer.sensitivity, layer.contrast))
        return _pooled(torch.stack(energies))

    def _watched(self, reference: Tensor) -> list[_Layer]:
        planes, layers = self._opponent(reference), []
        for table in self.sensitivity:
            planes, band, light = self._split(planes)
            place = (torch.log10(light) - self._low) / (self._high - self._low) * (table.shape[1] - 1)
            index = place.round().clamp(0, table.shape[1] - 1).long()[:, 0]
            sensitivity = table[:, index].transpose(0, 1)
            layers.append(_Layer(band / light * sensitivity, sensitivity))
        return layers

    def _opponent(self, rgb: Tensor) -> Tensor:
        return F.conv2d(to_light(rgb) * self.range + self.least, self.matrix)

    def _split(self, planes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The planes at half the size, their band, and the light that it is measured against, (N, 1, h, w)."""
        wide = F.pad(planes, (2, 2, 2, 2), mode="reflect")
        half = F.conv2d(wide, self.taps, stride=2, groups=3)
        small = F.pad(half, (1, 1, 1, 1), mode="replicate")
        taps = (4.0 * self.taps).flip(2, 3)  # of four pixels three are zeros
        # Zeros between the pixels, then the smoothing: a transposed convolution, cut to what it was made from.
        spread = F.conv_transpose2d(small, taps, stride=2, groups=3)
        height, width = planes.shape[2:]
        background = spread[:, :, 4 : 4 + height, 4 : 4 + width]
        return half, planes - background, background[:, :1].clamp_min(_DARKEST)

    def _energy(self, test: Tensor, reference: Tensor) -> Tensor:
        """Mean squared visible difference of each channel, (N, 3). Source: section 3.5 of the paper."""
        c = constants()
        with torch.no_grad():
            quiet = torch.minimum(test.abs(), reference.abs())
            padded = F.pad(quiet, (_BLUR // 2,) * 4, mode="reflect")
            rows = F.conv2d(padded, self.blur[:, :, :, None], groups=3)
            blurred = F.conv2d(rows, self.blur[:, :, None, :], groups=3) * c.mask_scale
            powers = torch.tensor(c.mask_q, dtype=test.dtype, device=test.device)[:, None, None]
            raised = (blurred + EPSILON) ** powers - EPSILON**powers
            crossed = torch.tensor(c.cross_channel.T, dtype=test.dtype, device=test.device)
            mask = 1.0 + F.conv2d(raised, crossed[:, :, None, None])
        apart = ((test - reference).abs() + EPSILON) ** c.mask_p - EPSILON**c.mask_p
        masked = apart / mask
        limited = c.difference_limit * masked / (c.difference_limit + masked)
        return (limited**2).mean(dim=(2, 3))


def _pooled(energy: Tensor) -> Tensor:
    """JND (N,) of energies (bands, N, 3): the square root of each, their fourth powers added, and the published law."""
    c = constants()
    difference = (energy + EPSILON) ** 0.5 - EPSILON**0.5
    quality = (difference.clamp_min(1e-6) ** 4).sum(dim=(0, 2)) ** 0.25 * c.image_integration
    return JND_PER_JOD * c.jod_a * quality**c.jod_exponent
