"""JND-LIC as published: 192 channels, a step map with a codec of its own, and a serial context; with files.

Source: Pan, Zhang, Peng, Lei, Xie, Wang, Ling, "JND-LIC: Learned Image Compression via Just Noticeable Difference for
Human Visual Perception", IEEE Trans. Broadcasting 71(1):217-228, 2025, and its code, which writes no files.
Differs: all that decides symbols is whole numbers, see `entropy`: the context predicts symbols in steps, by one
logistic distribution and not three Gaussians; the hyper-decoder, of 1 x 1 and depthwise layers, is told the step map's
symbols too. The codec of the step map starts untrained, and steps have a least size. The knob multiplies all steps. The
picture is centred, the JND map has one channel, of luma, repeated. While training the likelihood and the picture see
noise, as there, hyper-latents and context whole numbers, as in files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.codecs.jndlic.layout import SERIAL_REACH, SYMBOL_LIMIT
from jndkit.errors import UsageError
from jndkit.training.gdn import Gdn
from jndkit.training.jndlic.coded import Coded
from jndkit.training.jndlic.entropy import HyperDecoder, bounded
from jndkit.training.jndlic.integer import ACTIVATION, BIAS_UNIT, IntegerConv, clipped, floored, rounded
from jndkit.training.jndlic.likelihood import FRACTIONS, SCALES, HyperPrior, symbol_bits
from jndkit.training.jndlic.paper_parts import parts
from jndkit.training.jndlic.paper_start import STARTS, begin_as_dct
from jndkit.training.jndlic.parts import Part
from jndkit.training.jndlic.transform import FeatureTransform, ResBlock, in_float32

FOLD = 8  # places of the step map's planes to one of the latents of 1/32
_PLANES = 3 * FOLD**2
_LEAST_STEP, _MOST_STEP = 0.1, 100.0  # at knob 24; published 1e-6, from which no slope leads back
_START_SCALE = 20.0  # index, of a fresh network
_LOUDER = 8.0  # times what the encoder gives, so that a fresh network's latents are larger than steps of 1
_PACE = 0.04  # of what begins as a DCT
_QUIET = 0.1  # of what a fresh network paints
_JND = 20.0  # code values, about the largest
_PAST = 24  # what the context keeps of the symbols before, as published
_MEANS = SYMBOL_LIMIT * FRACTIONS
_SLOW = 0.1  # of layers whose smallest change is felt at once


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
    """A scale hyperprior for the step map, seen as three planes of a quarter of the picture's sides.

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
        self.scales, self.prior = StepScales(width, latent), HyperPrior(width)


class StepScales(nn.Module):
    """Scales of the step map's symbols, 1..63, (N, latent, 4 h, 4 w), from its hyper-latent (N, width, h, w)."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.decoder = HyperDecoder(width, width, "fixed")
        self.scale = IntegerConv(width, latent, low=1, high=SCALES - 1, gain=_SLOW)
        nn.init.constant_(self.scale.bias, _START_SCALE / BIAS_UNIT)

    def forward(self, z: Tensor, knob: Tensor) -> Tensor:
        scales: Tensor = self.scale(self.decoder(z, knob)[0])
        return scales


class SerialContext(nn.Module):
    """Means and scales from a number of the hyper-decoder's for each symbol, and from the symbols before it.

    Source: JND-LIC's code: a masked convolution of 11 x 11 x 11 over the volume, then 1 x 1 x 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.side = 2 * SERIAL_REACH + 1
        # Those before the middle: in the order of decoding nothing later is known.
        self.past = IntegerConv(self.side**3 // 2, _PAST, low=-ACTIVATION, high=ACTIVATION)
        self.hidden = nn.ModuleList([IntegerConv(_PAST + 1, 48), IntegerConv(48, 96)])
        self.mean = IntegerConv(96, 1, low=-_MEANS, high=_MEANS, gain=_SLOW)
        self.scale = IntegerConv(96, 1, low=1, high=SCALES - 1, gain=_SLOW)
        nn.init.zeros_(self.mean.weight)
        nn.init.normal_(self.scale.weight, 0.0, 0.05)
        nn.init.constant_(self.scale.bias, _START_SCALE / BIAS_UNIT)

    def forward(self, features: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor]:
        """features, symbols: (N, C, h, w), whole. Returns means in eighths of a symbol and indices of scales."""
        weight, bias, power = self.past.whole()
        cube = F.pad(weight.flatten(1), (0, self.side**3 - weight.shape[1])).unflatten(1, (1, *(self.side,) * 3))
        sums = F.conv3d(_louder(symbols)[:, None], cube, bias, padding=SERIAL_REACH)
        past = clipped(floored(sums * (1.0 / power[..., None])), -ACTIVATION, ACTIVATION)
        mean, scale = self._told(torch.cat([features[:, None], past], dim=1).flatten(2, 3))
        return mean[:, 0].unflatten(1, symbols.shape[1:3]), scale[:, 0].unflatten(1, symbols.shape[1:3])

    def at(self, features: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """The same of some symbols. features: (n,).  before: (n, 665), the symbols before each, as the volume goes."""
        past = self.past(_louder(before).t()[None, ..., None])
        mean, scale = self._told(torch.cat([features[None, None, :, None], past], dim=1))
        return mean[0, 0, :, 0], scale[0, 0, :, 0]

    def _told(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        for layer in self.hidden:
            hidden = layer(hidden)
        return self.mean(hidden), self.scale(hidden)


class Latents(NamedTuple):
    """Before rounding. picture: (N, latent, H/16, W/16).  hyper: (N, hyper, H/64, W/64).

    steps: of the step map, (N, step_latent, H/64, W/64).  steps_hyper: (N, step_width, H/256, W/256), sides rounded up.
    """

    picture: Tensor
    hyper: Tensor
    steps: Tensor
    steps_hyper: Tensor


class JndLicPaper(nn.Module):
    """forward(picture, jnd, knob), sides multiples of 64. The knob multiplies all steps: eight more halve them.

    In training a noise, float32 (N, latent, H/16, W/16) in -0.5..0.5, stands for the rounding of the latents.

    width: 192 as published, even.  latent: channels of the latents, as many where it is 0, as published.  hyper:
    channels of the hyper-latent.  step_width, step_latent: of the step map's codec.  start: "drawn" as published, or
    "dct", the transform that begins as a cosine transform; see `paper_start`.
    """

    def __init__(
        self,
        width: int = 192,
        latent: int = 0,
        hyper: int = 128,
        step_width: int = 128,
        step_latent: int = 192,
        start: str = "drawn",
    ) -> None:
        super().__init__()
        if width < 2 or width % 2:
            raise UsageError(f"width = {width}: an even number is needed")
        if start not in STARTS:
            raise UsageError(f"start = {start!r}: choose {', '.join(STARTS)}")
        latent = latent or width
        self.latent, self.step_latent = latent, step_latent
        self.pace = _PACE if start == "dct" else 1.0
        inner = width // 2
        begin = nn.Conv2d(3, inner, 5, padding=2)
        nn.init.normal_(begin.weight, 0.0, 75.0**-0.5)
        first = nn.Sequential(begin, _blocks(inner, 2), _down(inner, width))
        third = nn.Sequential(_blocks(width, 3), _down(width, width))
        fourth = nn.Sequential(_blocks(width, 3), _down(width, latent), Gated(latent, NonLocal(latent, latent // 2)))
        second = nn.Sequential(Gated(width, EfficientAttention(width, inner)), _down(width, width))
        gates = [FeatureTransform(width) for _ in range(4)]
        for each in gates:  # a fresh one lets half of its filter's output through
            nn.init.normal_(each.gate.weight, 0.0, 2.0 * (9.0 * width) ** -0.5)
        self.encoder = Shared(first, gates[0], second, third, gates[1], fourth)
        rise = [nn.Sequential(_blocks(width, 3), _up(width, width)) for _ in range(2)]
        raised = nn.Sequential(Gated(latent, NonLocal(latent, latent // 2)), _up(latent, width))
        attended = Gated(width, EfficientAttention(width, inner))
        self.decoder = Shared(raised, rise[0], gates[2], rise[1], attended, gates[3])
        self.paint = nn.Sequential(_up(width, inner), _blocks(inner, 3), nn.Conv2d(inner, 3, 5, padding=2))
        nn.init.normal_(self.paint[-1].weight, 0.0, _QUIET * (25.0 * inner) ** -0.5)
        nn.init.constant_(self.paint[-1].bias, 0.5)  # mid grey
        down = [layer for _ in range(2) for layer in (_blocks(latent, 2), _down(latent, latent))]
        attention = Gated(latent, NonLocal(latent, latent // 2))
        self.hyper = nn.Sequential(*down, attention, nn.Conv2d(latent, hyper, 3, padding=1))
        self.unhyper = HyperDecoder(hyper + step_latent, latent, "fixed")
        self.halve = nn.Conv2d(latent, _PLANES, 2, stride=2)
        self.enlarge = nn.ConvTranspose2d(_PLANES, latent, 2, stride=2)
        nn.init.normal_(self.enlarge.weight, 0.0, 0.001)  # steps of about 1 to begin with
        nn.init.constant_(self.enlarge.bias, 1.0)
        self.steps, self.prior = StepCodec(step_width, step_latent), HyperPrior(hyper)
        self.context = SerialContext()
        if start == "dct":
            begin_as_dct(self, _LOUDER)

    def parts(self) -> Iterator[tuple[str, Part]]:
        """The graphs it is used through, by what is put behind the name of its weights."""
        return parts(self)

    def predictors(self) -> tuple[nn.Module, ...]:
        """What says which symbols to expect, and what is sent for that alone."""
        return self.hyper, self.prior, self.unhyper, self.context, self.steps.hyper, self.steps.prior, self.steps.scales

    def paces(self) -> Iterator[tuple[float, list[nn.Parameter]]]:
        """How fast its parts learn: a transform that begins as a DCT has more to lose than what predicts symbols."""
        quick = [each for part in self.predictors() for each in part.parameters()]
        known = {id(each) for each in quick}
        yield 1.0, quick
        yield self.pace, [each for each in self.parameters() if id(each) not in known]

    def analysed(self, picture: Tensor, jnd: Tensor) -> Latents:
        """picture: RGB in 0..1.  jnd: (N, 1, H, W), code values."""
        latent, guide = self.encoder(picture - 0.5, jnd.expand(-1, 3, -1, -1) / _JND)
        latent, guide = _LOUDER * latent.float(), guide.float()
        with in_float32(picture.device.type):
            steps = self.steps.analysis(F.pixel_shuffle(self.halve(guide), FOLD))
            return Latents(latent, self.hyper(latent), steps, self.steps.hyper(steps.abs()))

    def step_map(self, symbols: Tensor, knob: Tensor) -> Tensor:
        """Steps of the latents, (N, latent, 4 h, 4 w), of the step map's symbols (N, step_latent, h, w)."""
        planes = F.pixel_unshuffle(self.steps.synthesis(symbols), FOLD)
        step: Tensor = clipped(self.enlarge(planes), _LEAST_STEP, _MOST_STEP)
        return step * torch.exp2((24.0 - knob) / 8.0)[:, None, None, None]

    def painted(self, symbols: Tensor, step: Tensor) -> Tensor:
        """RGB, (N, 3, H, W), of symbols and their steps, (N, latent, H/16, W/16)."""
        features, _ = self.decoder(symbols * step / _LOUDER, step)
        picture: Tensor = self.paint(features)
        return picture

    def forward(self, picture: Tensor, jnd: Tensor, knob: Tensor, noise: Tensor | None = None) -> Coded:
        latents = self.analysed(picture, jnd)
        with in_float32(picture.device.type):
            z, of_steps, steps = (
                rounded(bounded(each)) for each in (latents.hyper, latents.steps_hyper, latents.steps)
            )
            height, width = steps.shape[2:]
            scales = self.steps.scales(of_steps, knob)[..., :height, :width]
            sent = (
                self.prior.bits(z, knob),
                self.steps.prior.bits(of_steps, knob),
                symbol_bits(steps, torch.zeros_like(steps), scales),
            )
            side_bits = torch.stack([each.sum(dim=(1, 2, 3)) for each in sent]).sum(dim=0)
            step = self.step_map(steps, knob)
            values = clipped(latents.picture / step, -SYMBOL_LIMIT, SYMBOL_LIMIT)
            whole = rounded(values)
            features, _ = self.unhyper(torch.cat([z, steps], dim=1), knob)
            # The context sees symbols as they are: no slope leads back through them.
            mean, scale = self.context(features, whole.detach())
            symbols = whole if noise is None else values + noise
            bits = symbol_bits(symbols, mean, scale).sum(dim=(1, 2, 3))
        painted = self.painted(symbols, step).float()
        return Coded(painted, bits, side_bits, symbols, torch.log2(step) * 16.0)


def _louder(symbols: Tensor) -> Tensor:
    """-255..255: sixteen times each symbol, as far as that goes."""
    return (symbols * 16.0).clamp(-ACTIVATION, ACTIVATION)


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResBlock(width) for _ in range(count)))


def _down(inputs: int, outputs: int) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, 5, stride=2, padding=2)
    nn.init.normal_(layer.weight, 0.0, (25.0 * inputs) ** -0.5)  # what goes through keeps its size
    return layer


def _up(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    layer = nn.ConvTranspose2d(inputs, outputs, 5, stride=2, padding=2, output_padding=1)
    nn.init.normal_(layer.weight, 0.0, (6.25 * inputs) ** -0.5)  # a quarter of the kernel meets each place
    return layer
