"""Generalised divisive normalisation, its inverse, and what their backward passes compute.

Source: Balle, Laparra, Simoncelli, "Density Modeling of Images Using a Generalized Normalization Transformation",
ICLR 2016.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_LEAST = 1e-6


class Gdn(nn.Module):
    """y_i = x_i / sqrt(beta_i + sum_j gamma_ij x_j^2); the inverse multiplies instead.

    channels: of the input and output, float32 (N, channels, H, W).  inverse: whether to multiply.
    """

    def __init__(self, channels: int, inverse: bool = False) -> None:
        super().__init__()
        self.inverse = inverse
        # Squared wherever they are used, so that they stay positive; away from zero, where a square learns nothing.
        self.root_beta = nn.Parameter(torch.ones(channels))
        self.root_gamma = nn.Parameter(0.01 + (0.1**0.5 - 0.01) * torch.eye(channels))  # 0.1 on the diagonal

    def forward(self, x: Tensor) -> Tensor:
        return self.apply_norm(x, self.norm(x))

    def norm(self, x: Tensor) -> Tensor:
        """beta_i + sum_j gamma_ij x_j^2, at every place."""
        return F.conv2d(x * x, self._gamma(), self.root_beta**2 + _LEAST)

    def apply_norm(self, x: Tensor, norm: Tensor) -> Tensor:
        """The output for an input whose norm is known."""
        return x * torch.sqrt(norm) if self.inverse else x * torch.rsqrt(norm)

    def backward_of(self, x: Tensor, norm: Tensor, gradient: Tensor) -> Tensor:
        """The vector-Jacobian product: the derivative by x of the sum of output times `gradient`."""
        scale = torch.rsqrt(norm)
        across = self._gamma().transpose(0, 1)
        if self.inverse:
            return gradient * norm * scale + x * F.conv2d(gradient * x * scale, across)
        return gradient * scale - x * F.conv2d(gradient * x * scale / norm, across)

    def _gamma(self) -> Tensor:
        return (self.root_gamma**2)[:, :, None, None]
