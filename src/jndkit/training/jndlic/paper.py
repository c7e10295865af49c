"""JND-LIC as published, to be studied and trained: 192 channels, a serial context, and no file of its own.

Source: Pan, Zhang, Peng, Lei, Xie, Wang, Ling, "JND-LIC: Learned Image Compression via Just Noticeable Difference for
Human Visual Perception", IEEE Trans. Broadcasting 71(1):217-228, 2025, and its code.
Differs: the codec of the step map starts untrained; the picture is centred; rounding while training is by noise for
both the likelihood and the picture, as there. The JND map has one channel, of luma, repeated.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.errors import UsageError
from jndkit.training.gdn import Gdn
from jndkit.training.hvssd.degradation import BitEstimator
from jndkit.training.jndlic.coded import Coded
from jndkit.training.jndlic.transform import FeatureTransform, ResBlock, in_float32

MULTIPLE = 256  # pixels: the hyper-latent of the step map's own codec
_LEAST_STEP, _LEAST_SHARE = 1e-6, 1e-6  # as published
_MIXTURE = 3  # Gaussians, as published


class EfficientAttention(nn.Module):
    """Attention whose cost is linear in the places: softmax of keys over places, of queries over channels."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Conv2d(width, inner, 1) for _ in range(3))
        self.out = nn.Conv2d(inner, width, 1)

    def forward(self, given: Tensor) -> Tensor:
        query = self.query(given).flatten(2).softmax(dim=1)
        key = self.key(given).flatten(2).softmax(dim=2)
        context = key @ self.value(given).flatten(2).transpose(1, 2)
        return given + self.out((context.transpose(1, 2) @ query).unflatten(2, given.shape[2:]))


class NonLocal(nn.Module):
    """Attention of every place to every other, embedded Gaussian, which starts at nothing."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Conv2d(width, inner, 1) for _ in range(3))
        self.out = nn.Conv2d(inner, width, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, given: Tensor) -> Tensor:
        query, key, value = (layer(given).flatten(2) for layer in (self.query, self.key, self.value))
        shares = (query.transpose(1, 2) @ key).softmax(dim=2)
        return given + self.out((value @ shares.transpose(1, 2)).unflatten(2, given.shape[2:]))


class Gated(nn.Module):
    """x + trunk * sigmoid(mask), the mask behind an attention."""

    def __init__(self, width: int, attention: nn.Module) -> None:
        super().__init__()
        self.trunk = _blocks(width, 3)
        self.mask = nn.Sequential(attention, _blocks(width, 3), nn.Conv2d(width, width, 1))

    def forward(self, given: Tensor) -> Tensor:
        return given + self.trunk(given) * torch.sigmoid(self.mask(given))


class Shared(nn.Module):
    """Stages that picture and JND both pass, with feature transforms in which they meet."""

    def __init__(self, *stages: nn.Module) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)

    def forward(self, picture: Tensor, jnd: Tensor) -> tuple[Tensor, Tensor]:
        for stage in self.stages:
            if isinstance(stage, FeatureTransform):
                picture, jnd = stage(picture, jnd)
            else:
                picture, jnd = stage(picture), stage(jnd)
        return picture, jnd


class StepCodec(nn.Module):
    """A scale hyperprior for the step map, seen as three planes. Gives what is decoded, and bits (N,).

    Source: Balle, Minnen, Singh, Hwang, Johnston, "Variational image compression with a scale hyperprior", ICLR 2018.
    """

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        down = [_down(3, width), Gdn(width), _down(width, width), Gdn(width), _down(width, width), Gdn(width)]
        self.analysis = nn.Sequential(*down, _down(width, latent))
        up = [_up(latent, width), Gdn(width, inverse=True), _up(width, width), Gdn(width, inverse=True)]
        self.synthesis = nn.Sequential(*up, _up(width, width), Gdn(width, inverse=True), _up(width, 3))
        inner = [nn.Conv2d(latent, width, 3, padding=1), nn.ReLU(), _down(width, width), nn.ReLU()]
        self.hyper = nn.Sequential(*inner, _down(width, width))
        outer = [_up(width, width), nn.ReLU(), _up(width, width), nn.ReLU()]
        self.scales = nn.Sequential(*outer, nn.Conv2d(width, latent, 3, padding=1))
        self.prior = BitEstimator(width)

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        latent = self.analysis(planes)
        z = quantised(self.hyper(latent.abs()), 1.0, self.training)
        latent = quantised(latent, 1.0, self.training)
        scale = F.softplus(self.scales(z)) + 0.05
        share = _gaussian_share(latent, torch.zeros_like(latent), scale, torch.ones_like(latent))
        bits = -torch.log2(share.clamp_min(_LEAST_SHARE)).sum(dim=(1, 2, 3))
        return self.synthesis(latent), bits + self.prior(z)


class SerialContext(nn.Module):
    """Means, scales and shares of a mixture from the hyper-latent and what comes before.

    Source: JND-LIC's code: a masked convolution of 11 x 11 x 11 over the volume, then 1 x 1 x 1.
    """

    mask: Tensor

    def __init__(self, width: int, kernel: int = 11) -> None:
        super().__init__()
        self.before = nn.Conv3d(1, 24, kernel, padding=kernel // 2)
        self.hyper = nn.Conv2d(2 * width, width, 3, padding=1)
        layers = [nn.Conv3d(25, 48, 1), nn.ReLU(), nn.Conv3d(48, 96, 1), nn.ReLU(), nn.Conv3d(96, 3 * _MIXTURE, 1)]
        self.layers = nn.Sequential(*layers)
        mask = torch.zeros(kernel**3)  # ones before the middle: in the order of decoding nothing later is known
        mask[: kernel**3 // 2] = 1.0
        self.register_buffer("mask", mask.view(1, 1, kernel, kernel, kernel), persistent=False)

    def forward(self, latent: Tensor, hyper: Tensor) -> Tensor:
        """Returns (N, 3 * mixture, C, h, w): logits of shares, means, logarithms of scales."""
        weight = self.before.weight * self.mask
        past = F.conv3d(latent[:, None], weight, self.before.bias, padding=weight.shape[-1] // 2)
        mixture: Tensor = self.layers(torch.cat([past, self.hyper(hyper)[:, None]], dim=1))
        return mixture


class JndLicPaper(nn.Module):
    """forward(picture, jnd, knob): the knob is not looked at, the network has one quality. Sides: multiples of 256.

    width: 192 as published.  inner: of attention and the first stage, half of it.  hyper: channels of the hyper-latent.
    step_width, step_latent: of the step map's codec.  kernel: of the serial context.
    """

    def __init__(
        self,
        width: int = 192,
        hyper: int = 128,
        step_width: int = 128,
        step_latent: int = 192,
        kernel: int = 11,
    ) -> None:
        super().__init__()
        self.fold = round((width // 3) ** 0.5)
        if width != 3 * self.fold**2 or width % 2:
            raise UsageError(f"width = {width}: three times an even square is needed, such as 12, 48, 192")
        inner = width // 2
        first = nn.Sequential(nn.Conv2d(3, inner, 5, padding=2), _blocks(inner, 2), _down(inner, width))
        third = nn.Sequential(_blocks(width, 3), _down(width, width))
        fourth = nn.Sequential(_blocks(width, 3), _down(width, width), Gated(width, NonLocal(width, inner)))
        second = nn.Sequential(Gated(width, EfficientAttention(width, inner)), _down(width, width))
        gates = [FeatureTransform(width) for _ in range(4)]
        self.encoder = Shared(first, gates[0], second, third, gates[1], fourth)
        rise = [nn.Sequential(_blocks(width, 3), _up(width, width)) for _ in range(2)]
        start = nn.Sequential(Gated(width, NonLocal(width, inner)), _up(width, width))
        attended = Gated(width, EfficientAttention(width, inner))
        self.decoder = Shared(start, rise[0], gates[2], rise[1], attended, gates[3])
        self.paint = nn.Sequential(_up(width, inner), _blocks(inner, 3), nn.Conv2d(inner, 3, 5, padding=2))
        down = [layer for _ in range(2) for layer in (_blocks(width, 2), _down(width, width))]
        self.hyper = nn.Sequential(*down, Gated(width, NonLocal(width, inner)), nn.Conv2d(width, hyper, 3, padding=1))
        up = [layer for _ in range(2) for layer in (_blocks(width, 2), _up(width, width))]
        rising = [nn.Conv2d(hyper, width, 3, padding=1), Gated(width, NonLocal(width, inner)), *up]
        self.unhyper = nn.Sequential(*rising, _blocks(width, 3), nn.Conv2d(width, 2 * width, 3, padding=1))
        self.halve, self.enlarge = nn.Conv2d(width, width, 2, stride=2), nn.ConvTranspose2d(width, width, 2, stride=2)
        nn.init.constant_(self.enlarge.bias, 1.0)  # steps of 1 to begin with
        self.steps, self.prior = StepCodec(step_width, step_latent), BitEstimator(hyper)
        self.context = SerialContext(width, kernel)

    def forward(self, picture: Tensor, jnd: Tensor, knob: Tensor) -> Coded:
        latent, guide = self.encoder(picture, jnd.expand(-1, 3, -1, -1))
        latent, guide = latent.float(), guide.float()
        with in_float32(picture.device.type):
            planes, step_bits = self.steps(F.pixel_shuffle(self.halve(guide), self.fold))
            step = self.enlarge(F.pixel_unshuffle(planes, self.fold)).clamp_min(_LEAST_STEP)
            z = quantised(self.hyper(latent), 1.0, self.training)
            known = quantised(latent, step, self.training)
            shares, mean, scale = self.context(known, self.unhyper(z)).chunk(3, dim=1)
            deviation = torch.exp(scale.clamp(-8.0, 8.0)).clamp_min(1e-6)
            masses = _gaussian_share(known[:, None], mean, deviation, step[:, None])
            likely = (shares.softmax(dim=1) * masses).sum(dim=1).clamp_min(_LEAST_SHARE)
            bits = -torch.log2(likely).sum(dim=(1, 2, 3))
            side_bits = step_bits + self.prior(z)
        features, _ = self.decoder(known, step)
        return Coded(self.paint(features).float(), bits, side_bits, known / step, torch.log2(step) * 16.0)


def quantised(value: Tensor, step: Tensor | float, training: bool) -> Tensor:
    """To multiples of the step; with noise of one step in its place while training."""
    if training:
        return value + (torch.rand_like(value) - 0.5) * step
    return torch.round(value / step) * step


def _gaussian_share(value: Tensor, mean: Tensor, deviation: Tensor, width: Tensor) -> Tensor:
    """The mass of a bin of this width around the value."""
    distance = (value - mean).abs()
    scaled = 0.5**0.5 / deviation
    # By the distance and erfc the tails keep their digits, as 1 - erf would not.
    upper, lower = torch.erfc((distance - 0.5 * width) * scaled), torch.erfc((distance + 0.5 * width) * scaled)
    return 0.5 * (upper - lower)


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResBlock(width) for _ in range(count)))


def _down(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 5, stride=2, padding=2)


def _up(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 5, stride=2, padding=2, output_padding=1)
