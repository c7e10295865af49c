"""Colour lost over areas, as a term of a loss: what neither an observer of contrasts nor SSIMULACRA2 minds.

Source: the opponent planes are those of Ottosson, "A perceptual color space for image processing", 2020 (Oklab), of
the light that a display shows, its black and what its panel reflects included. Chroma is seen best where it is coarse:
Mullen, "The contrast sensitivity of human colour vision to red-green and blue-yellow chromatic gratings", J. Physiol.
359, 1985. The means over blocks and their weights are our own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.errors import UsageError
from jndkit.training.losses.light import to_light
from jndkit.viewing import Viewing

SCALES = (8, 16)
"""Sides of the blocks whose mean light is compared, pixels."""
# Linear sRGB to cones, and their cube roots to lightness, green to red and blue to yellow.
_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_OPPONENT = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_FLAT = 0.04  # lightness: the deviation inside a block at which its colour counts half
_LEAST = 1e-12  # under the root, which has no slope at 0


class CoarseChroma(nn.Module):
    """The root mean square error of a and b of Oklab, in means over blocks, more where a block is flat."""

    cones: Tensor
    opponent: Tensor

    def __init__(self, viewing: Viewing) -> None:
        super().__init__()
        self.least = (viewing.black + viewing.reflected) / viewing.peak
        self.range = 1.0 - viewing.black / viewing.peak
        self.register_buffer("cones", torch.tensor(_CONES)[:, :, None, None], persistent=False)
        self.register_buffer("opponent", torch.tensor(_OPPONENT)[:, :, None, None], persistent=False)

    def forward(self, reference: Tensor, test: Tensor) -> Tensor:
        """(N,), in units of Oklab; CSS Color 4 takes 0.02 of them for a just noticeable difference.

        reference, test: (N, 3, H, W), RGB in 0..1, sRGB-encoded; what is over of a multiple of 16 is not looked at.
        Raises UsageError below 16 pixels a side.
        """
        if min(reference.shape[2:]) < SCALES[-1]:
            raise UsageError(f"coarse chroma needs pictures of {SCALES[-1]} pixels a side or more")
        lights = [self.least + self.range * to_light(rgb) for rgb in (reference, test)]
        with torch.no_grad():
            lightness = self._planes(lights[0])[:, :1]
        squares = []
        for side in SCALES:
            before, after = (self._planes(F.avg_pool2d(light, side))[:, 1:] for light in lights)
            mean = F.avg_pool2d(lightness, side)
            variance = (F.avg_pool2d(lightness * lightness, side) - mean * mean).clamp_min(0.0)  # less only by rounding
            flat = 1.0 / (1.0 + variance / _FLAT**2)
            squares.append(((after - before) ** 2 * flat).sum(dim=1).mean(dim=(1, 2)))
        return (torch.stack(squares).mean(dim=0) + _LEAST) ** 0.5 - _LEAST**0.5

    def _planes(self, light: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(light, self.cones) ** (1.0 / 3.0), self.opponent)
