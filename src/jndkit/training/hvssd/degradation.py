"""The signal-degradation network of HVS-SD JND: a small codec whose errors and gradients say where a picture is busy.

Source: Jin, Xue, Zhang, Meng, Zhao, Lin, "HVS-Inspired Signal Degradation Network for Just Noticeable Difference
Estimation", arXiv 2208.07583, and its code. The gradients are written out as ordinary operations, so that the network
can be exported to runtimes that have no automatic differentiation.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.training.contract import Contract
from jndkit.training.gdn import Gdn

MULTIPLE = 8  # three layers of stride 2
_LOUDER = 8.0
_SMALLEST = 1e-12  # of a range: a flat map divided by it stays 0


class Degraded(NamedTuple):
    """A picture once through the codec. rebuilt: (N, 3, H, W).  cam: (N, 1, H, W) in 0..1."""

    rebuilt: Tensor
    cam: Tensor


class Priors(NamedTuple):
    """What the generator is told. cam: (N, 1, H, W), gradient: (N, 3, H, W); both in 0..1, picture by picture."""

    cam: Tensor
    gradient: Tensor


class Degradation(nn.Module):
    """Input: float32 (N, 3, H, W), RGB in 0..1, sides multiples of 8. Output: its `Priors`.

    channels: of the latent and before it; 128 as published.
    With a noise, float32 (N, channels, H / 8, W / 8), the output is what training needs: the picture rebuilt from the
    noisy latent, (N, 3, H, W), and the latent's bits, (N,).
    """

    def __init__(self, channels: int = 128) -> None:
        super().__init__()
        self.channels = channels
        self.analysis = Analysis(channels)
        self.synthesis = Synthesis(channels)
        self.bits = BitEstimator(channels)
        # A latent well above the noise of training from the first step on.
        with torch.no_grad():
            self.analysis.convs[2].weight *= _LOUDER
            self.synthesis.convs[0].weight /= _LOUDER

    def forward(self, picture: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if noise is None:
            return self.priors(picture)
        latent = self.analysis(picture) + noise
        return self.synthesis(latent), self.bits(latent)

    def rebuild(self, picture: Tensor) -> Tensor:
        """The degraded picture, (N, 3, H, W): the latent goes straight through, as published."""
        rebuilt: Tensor = self.synthesis(self.analysis(picture))
        return rebuilt

    def degrade(self, picture: Tensor) -> Degraded:
        """The degraded picture and its class activation map."""
        latent, _ = self.analysis.traced(picture)
        rebuilt, seen = self.synthesis.traced(latent)
        by_latent = self.synthesis.backward_of(seen, rebuilt - picture)
        return Degraded(rebuilt, activation_map(latent, by_latent))

    def priors(self, picture: Tensor) -> Priors:
        """Where the picture is hard to keep: by the latent's activations, and by the gradient at every pixel.

        The gradient is the mean squared error's total derivative, of the picture as input and as target; its positive
        part is taken. Both maps go from 0 to 1 over each picture, 0 everywhere where they are flat.
        Differs: the published code takes the range of the gradient over the batch.
        """
        return self.both(picture)[1]

    def both(self, picture: Tensor) -> tuple[Degraded, Priors]:
        """`degrade` and `priors` at once."""
        latent, analysed = self.analysis.traced(picture)
        rebuilt, synthesised = self.synthesis.traced(latent)
        # Half the derivative of the sum of squares: the scale is lost in the ranges.
        error = rebuilt - picture
        by_latent = self.synthesis.backward_of(synthesised, error)
        by_picture = self.analysis.backward_of(analysed, by_latent) - error
        cam = activation_map(latent, by_latent)
        return Degraded(rebuilt, cam), Priors(cam, over_range(F.relu(by_picture)))

    def activation_shift(self, picture: Tensor, changed: Tensor) -> Tensor:
        """How far the class activation moves from one picture to another, over its size in the first; (N,).

        Channels are weighed as for the first, and nothing is stretched to a range: where the changed picture is as hard
        to keep in the same places, it is 0.  Source: the weights are Grad-CAM's, see `activation_map`.
        """
        with torch.no_grad():
            latent, _ = self.analysis.traced(picture)
            rebuilt, seen = self.synthesis.traced(latent)
            weights = self.synthesis.backward_of(seen, rebuilt - picture).mean(dim=(2, 3), keepdim=True)
            size = (weights * latent).sum(dim=1).square().mean(dim=(1, 2))
        moved = (weights * (self.analysis(changed) - latent)).sum(dim=1)
        return moved.square().mean(dim=(1, 2)) / size.clamp_min(_SMALLEST)

    def contract(self) -> Contract:
        inputs = "float32 (N, 3, H, W), RGB in 0..1, sRGB-encoded"
        outputs = "float32 (N, 1, H, W) class activation map, float32 (N, 3, H, W) gradient; 0..1 over each picture"
        return Contract(inputs, outputs, ((1, 3, 64, 96),), multiple=MULTIPLE)


class Trace(NamedTuple):
    """What a transform must remember for its backward pass: inputs of the two normalisations, and their norms."""

    first: Tensor
    first_norm: Tensor
    second: Tensor
    second_norm: Tensor


class Transform(nn.Module):
    """Three convolutions of 5 x 5 and stride 2, up or down, with a normalisation after the first and the second."""

    convs: nn.ModuleList
    norms: nn.ModuleList

    def forward(self, tensor: Tensor) -> Tensor:
        return self.traced(tensor)[0]

    def traced(self, tensor: Tensor) -> tuple[Tensor, Trace]:
        """The output, and what `backward_of` needs."""
        first = self.convs[0](tensor)
        first_norm = self.norms[0].norm(first)
        second = self.convs[1](self.norms[0].apply_norm(first, first_norm))
        second_norm = self.norms[1].norm(second)
        output = self.convs[2](self.norms[1].apply_norm(second, second_norm))
        return output, Trace(first, first_norm, second, second_norm)

    def backward_of(self, trace: Trace, gradient: Tensor) -> Tensor:
        """The derivative by the input of the sum of output times `gradient`, in the input's shape."""
        gradient = self._adjoint(gradient, self.convs[2].weight)
        gradient = self.norms[1].backward_of(trace.second, trace.second_norm, gradient)
        gradient = self._adjoint(gradient, self.convs[1].weight)
        gradient = self.norms[0].backward_of(trace.first, trace.first_norm, gradient)
        return self._adjoint(gradient, self.convs[0].weight)

    @abstractmethod
    def _adjoint(self, gradient: Tensor, weight: Tensor) -> Tensor:
        """The derivative by the input of one of the convolutions."""


class Analysis(Transform):
    """(N, 3, H, W) to a latent (N, channels, H / 8, W / 8), with GDN."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(inputs, channels, 5, stride=2, padding=2, bias=biased)
            for inputs, biased in ((3, True), (channels, True), (channels, False))
        )
        self.norms = nn.ModuleList(Gdn(channels) for _ in range(2))
        _xavier(self.convs)

    def _adjoint(self, gradient: Tensor, weight: Tensor) -> Tensor:
        return _transposed(gradient, weight)


class Synthesis(Transform):
    """A latent (N, channels, h, w) to (N, 3, 8 h, 8 w): the analysis reversed, with inverse GDN."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            # With this output padding every layer doubles a side exactly.
            nn.ConvTranspose2d(channels, outputs, 5, stride=2, padding=2, output_padding=1)
            for outputs in (channels, channels, 3)
        )
        self.norms = nn.ModuleList(Gdn(channels, inverse=True) for _ in range(2))
        _xavier(self.convs)
        nn.init.constant_(self.convs[2].bias, 0.5)  # mid grey

    def _adjoint(self, gradient: Tensor, weight: Tensor) -> Tensor:
        return _convolved(gradient, weight)


class BitEstimator(nn.Module):
    """Bits of a latent (N, channels, h, w), its values independent, each channel with a distribution of its own; (N,).

    Source: Balle, Minnen, Singh, Hwang, Johnston, "Variational Image Compression with a Scale Hyperprior", ICLR 2018,
    appendix 6.1, with scalar layers, as public code has it.
    """

    def __init__(self, channels: int, layers: int = 4) -> None:
        super().__init__()
        shape = (layers, channels, 1, 1)
        # softplus(slope) = 1: a fresh estimator is the logistic distribution.
        self.slope = nn.Parameter(torch.full(shape, math.log(math.e - 1.0)))
        self.shift = nn.Parameter(0.01 * torch.randn(shape))
        self.bend = nn.Parameter(0.01 * torch.randn(shape))

    def forward(self, latent: Tensor) -> Tensor:
        share = self.cumulative(latent + 0.5) - self.cumulative(latent - 0.5)
        return -torch.log2(share.clamp_min(1e-9)).sum(dim=(1, 2, 3))  # of nothing there is no logarithm

    def cumulative(self, value: Tensor) -> Tensor:
        """The share of the distribution below a value."""
        last = len(self.slope) - 1
        for layer in range(last):
            value = value * F.softplus(self.slope[layer]) + self.shift[layer]
            value = value + torch.tanh(value) * torch.tanh(self.bend[layer])
        return torch.sigmoid(value * F.softplus(self.slope[last]) + self.shift[last])


def activation_map(latent: Tensor, gradient: Tensor) -> Tensor:
    """|sum_c w_c F_c|, w_c the mean over the picture of the gradient by channel c, eight times as large, in 0..1.

    latent, gradient: float32 (N, C, h, w). Returns float32 (N, 1, 8 h, 8 w).
    Source: Selvaraju et al., "Grad-CAM", ICCV 2017, and the published code, which takes the magnitude of the sum.
    """
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    activation = (weights * latent).sum(dim=1, keepdim=True).abs()
    return over_range(F.interpolate(activation, scale_factor=float(MULTIPLE), mode="bilinear", align_corners=False))


def over_range(maps: Tensor) -> Tensor:
    """From the smallest value to the largest of each picture, as 0..1; a flat map gives 0."""
    low, high = maps.amin(dim=(1, 2, 3), keepdim=True), maps.amax(dim=(1, 2, 3), keepdim=True)
    return (maps - low) / (high - low).clamp_min(_SMALLEST)


# OpenVINO computes something else where Conv and ConvTranspose share weights, even as equal copies: hence both signs.


def _convolved(gradient: Tensor, weight: Tensor) -> Tensor:
    return F.conv2d(-gradient, -weight, stride=2, padding=2)


def _transposed(gradient: Tensor, weight: Tensor) -> Tensor:
    return F.conv_transpose2d(-gradient, -weight, stride=2, padding=2, output_padding=1)


def _xavier(layers: nn.ModuleList) -> None:
    for layer in layers:
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
