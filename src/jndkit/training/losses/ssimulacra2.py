"""SSIMULACRA 2.1 with slopes: how far pictures are from their references, as a term of a loss.

Source: Sneyers 2023, the variant "libjxl" of `observers.ssimulacra2.measure`, which reads pictures; its constants.
Differs: fourth roots begin with a slope of 0, not without end, and so does the last power, below 1e-8.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.errors import UsageError
from jndkit.observers.ssimulacra2.constants import (
    ABSORBED,
    C2,
    HALVED,
    POLYNOMIAL,
    POSITIVE_XYB,
    POWER,
    SCALES,
    UNIT,
    WEIGHTS,
    WINDOW,
)
from jndkit.training.losses.light import to_light

SMALLEST = HALVED  # pixels a side
_LEAST_FOURTH = 1e-28
_LEAST_ERROR = 1e-8


class _Seen(NamedTuple):
    """The planes of a reference at one scale: themselves, their local means and variances, (N, 3, h, w) each."""

    planes: Tensor
    mean: Tensor
    variance: Tensor


class Ssimulacra2(nn.Module):
    """100 less the score of test pictures, each beside its reference: 0 where they are equal."""

    absorbed: Tensor
    positive: Tensor
    window: Tensor
    weights: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, matrix in (("absorbed", ABSORBED), ("positive", POSITIVE_XYB)):
            self.register_buffer(name, torch.from_numpy(matrix).float(), persistent=False)
        self.register_buffer("window", torch.from_numpy(WINDOW).float().expand(3, 1, -1).clone(), persistent=False)
        self.register_buffer("weights", torch.tensor(WEIGHTS).flatten(), persistent=False)

    def forward(self, reference: Tensor, test: Tensor) -> Tensor:
        """(N,), of the pictures' type. reference, test: (N, 3, H, W), RGB in 0..1, sRGB-encoded.

        Raises UsageError below 8 pixels a side.
        """
        if min(reference.shape[2:]) < SMALLEST:
            raise UsageError(f"SSIMULACRA2 needs pictures of {SMALLEST} pixels a side or more")
        with torch.no_grad():
            seen = [self._seen(planes) for planes in self._pyramid(reference)]
        pairs = zip(seen, self._pyramid(test), strict=True)
        norms = torch.stack([self._norms(*pair) for pair in pairs], dim=2).flatten(1)  # planes, then scales
        error = UNIT * norms @ self.weights[: norms.shape[1]]
        # It starts from nothing of the tensor's own shape.
        error = sum((factor * error**power for power, factor in enumerate(POLYNOMIAL, start=1)), 0.0 * error)
        return 10.0 * (error.clamp_min(_LEAST_ERROR) ** POWER - _LEAST_ERROR**POWER)

    def _pyramid(self, rgb: Tensor) -> list[Tensor]:
        light = to_light(rgb)
        scales = [self._planes(light)]
        while len(scales) < SCALES and min(light.shape[2:]) >= HALVED:
            height, width = light.shape[2:]
            light = F.avg_pool2d(F.pad(light, (0, width % 2, 0, height % 2), mode="replicate"), 2)
            scales.append(self._planes(light))
        return scales

    def _planes(self, light: Tensor) -> Tensor:
        """X, Y and B - Y, positive, of linear light; both (N, 3, h, w)."""
        roots = F.conv2d(light, self.absorbed[:, :3, None, None], self.absorbed[:, 3]) ** (1.0 / 3.0)
        return F.conv2d(roots, self.positive[:, :3, None, None], self.positive[:, 3])

    def _seen(self, planes: Tensor) -> _Seen:
        mean = self._local(planes)
        return _Seen(planes, mean, self._local(planes * planes) - mean * mean)

    def _norms(self, seen: _Seen, planes: Tensor) -> Tensor:
        """(N, 3, 6): the 1-norms of structure, artefact and lost-detail maps of each plane, then their 4-norms."""
        error = planes - seen.planes
        mean_error = self._local(error)
        mean = seen.mean + mean_error
        squared = mean_error * mean_error
        structure = self._local(error * error) - squared
        structure = structure / (seen.variance + (self._local(planes * planes) - mean * mean) + C2)
        structure = squared + (1.0 - squared) * structure
        edge = (seen.planes - seen.mean).abs()
        change = ((planes - mean).abs() - edge) / (1.0 + edge)
        maps = torch.stack([structure, change, -change], dim=2).clamp_min(0.0)
        fourth = (maps**4).mean(dim=(3, 4))
        return torch.cat([maps.mean(dim=(3, 4)), (fourth + _LEAST_FOURTH) ** 0.25 - _LEAST_FOURTH**0.25], dim=2)

    def _local(self, planes: Tensor) -> Tensor:
        half = self.window.shape[2] // 2
        across = F.conv2d(planes, self.window[:, :, None, :], padding=(0, half), groups=3)
        return F.conv2d(across, self.window[:, :, :, None], padding=(half, 0), groups=3)
