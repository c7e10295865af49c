"""The transforms of JND-LIC: JPEG's, with all that is learned beside it starting at nothing.

Source: Pan et al., "JND-LIC", IEEE Trans. Broadcasting 71(1), 2025, and its code: one set of layers for picture and
JND map, and the JND feature transform module.
Differs: the transform starts as the 8 x 8 DCT of JFIF's three planes, and all stages are residuals at an eighth of the
size; attention is gated by convolutions, so that a picture can be painted in tiles.
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.codecs.annex_k import CHROMINANCE, LUMINANCE
from jndkit.codecs.jndlic.layout import BENT, BLOCK, CHANNELS, GROUP_OF, KNOB_HIGH, SLICES

_FLATNESS, _CHROMA = 0.35, 1.6
_HIGH = SLICES[3][0]  # the first channel of high frequencies
_SLOW = 0.02  # of layers that start at nothing and whose smallest change is felt at once
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_TO_RGB = tuple(map(tuple, np.linalg.inv(np.array(_TO_YCC)).tolist()))


@functools.cache
def zigzag() -> tuple[tuple[int, int], ...]:
    """Rows and columns of the 64 frequencies in the order of JPEG."""
    every = [(row, column) for row in range(BLOCK) for column in range(BLOCK)]
    return tuple(sorted(every, key=lambda at: (sum(at), at[0] if sum(at) % 2 else -at[0])))


def annex_k() -> Tensor:
    """Steps of the 192 channels at quality 50 of libjpeg, code values. Source: ITU-T T.81, tables K.1 and K.2."""
    luma, chroma = np.array(LUMINANCE, np.float32), np.array(CHROMINANCE, np.float32)
    return torch.tensor([[plane[at] for plane in (luma, chroma, chroma)] for at in zigzag()]).flatten()


def perceptual_table() -> Tensor:
    """The steps that training starts from, (192,): JPEG's, a little flatter and coarser in chroma.

    The best of seven for JPEG 4:4:4 on six pictures of valid/, as cvvdp reads them.
    """
    steps = annex_k().view(64, 3).log()
    mixed = torch.lerp(steps, steps[:6].mean(dim=0, keepdim=True).expand_as(steps), _FLATNESS).exp()
    return (mixed * torch.tensor([1.0, _CHROMA, _CHROMA])).flatten()


def dct_kernels() -> Tensor:
    """The orthonormal transform of three planes, (192, 3, 8, 8)."""
    place, frequency = np.arange(BLOCK)[None], np.arange(BLOCK)[:, None]
    # sqrt(2 / 8) is 0.5.
    basis = np.cos((2 * place + 1) * frequency * np.pi / (2 * BLOCK)) * 0.5
    basis[0] *= np.sqrt(0.5)
    kernels = torch.zeros(CHANNELS, 3, BLOCK, BLOCK)
    for index, (row, column) in enumerate(zigzag()):
        kernel = torch.from_numpy(np.outer(basis[row], basis[column]).astype(np.float32))
        for plane in range(3):
            kernels[3 * index + plane, plane] = kernel
    return kernels


def to_ycc(picture: Tensor) -> Tensor:
    """RGB in 0..1 to JFIF's planes in code values less 128, (N, 3, H, W)."""
    planes = F.conv2d(picture, _matrix(picture) * 255.0)
    return planes - torch.tensor([128.0, 0.0, 0.0], dtype=picture.dtype, device=picture.device)[:, None, None]


def to_rgb(planes: Tensor) -> Tensor:
    """The inverse of to_ycc."""
    inverse = torch.tensor(_TO_RGB, dtype=planes.dtype, device=planes.device)
    shifted = planes + torch.tensor([128.0, 0.0, 0.0], dtype=planes.dtype, device=planes.device)[:, None, None]
    return F.conv2d(shifted, inverse[:, :, None, None] / 255.0)


def _matrix(like: Tensor) -> Tensor:
    return torch.tensor(_TO_YCC, dtype=like.dtype, device=like.device)[:, :, None, None]


class ResBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        nn.init.normal_(self.second.weight, 0.0, 0.01)

    def forward(self, given: Tensor) -> Tensor:
        return given + self.second(F.relu(self.first(given)))


class FeatureTransform(nn.Module):
    """The JND feature transform module: features of the picture, gated by those of the JND, and both returned.

    Source: JND-LIC's code: s = sigmoid(Ws[a, b]), c = tanh(Wc[s a, b]), r = sigmoid(Wr[a, b]), r c - (1 - r) a, where a
    and b are picture and JND behind one filter.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Conv2d(width, width, 3, padding=1)
        self.mask, self.content, self.share = (nn.Conv2d(2 * width, width, 3, padding=1) for _ in range(3))

    def forward(self, picture: Tensor, jnd: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.gate(picture), self.gate(jnd)
        both = torch.cat([a, b], dim=1)
        mask, share = torch.sigmoid(self.mask(both)), torch.sigmoid(self.share(both))
        content = torch.tanh(self.content(torch.cat([mask * a, b], dim=1)))
        return share * content - (1.0 - share) * a, b


class Attention(nn.Module):
    """trunk * sigmoid(mask) + x, both of residual blocks."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.trunk = ResBlock(width)
        self.mask = nn.Sequential(ResBlock(width), nn.Conv2d(width, width, 1))

    def forward(self, given: Tensor) -> Tensor:
        return given + self.trunk(given) * torch.sigmoid(self.mask(given))


class Stage(nn.Module):
    """What is learned beside the DCT, in either direction: 192 channels in units of the step to a residual of them.

    guide: what the feature transform is guided by, 192 channels too; None leaves the feature transform out.
    blocks: residual blocks behind it.
    """

    def __init__(self, width: int, blocks: int, feature_transform: bool) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(CHANNELS, width, 1), ResBlock(width))  # shared by picture and guide
        self.transform = FeatureTransform(width) if feature_transform else None
        self.knob = nn.Linear(2, 2 * width)
        self.body = nn.Sequential(*(ResBlock(width) for _ in range(blocks)), Attention(width))
        self.out = nn.Conv2d(width, CHANNELS, 1)
        for layer in (self.out, self.knob):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, given: Tensor, guide: Tensor | None, knob: Tensor) -> tuple[Tensor, Tensor | None]:
        """Returns the residual and the features of the guide."""
        features, guided = self.stem(given), None
        if guide is not None:
            guided = self.stem(guide)
            if self.transform is not None:
                changed, guided = self.transform(features, guided)
                features = features + changed
        at = knob / KNOB_HIGH
        gain, offset = self.knob(torch.stack([at, at * at], dim=1))[:, :, None, None].chunk(2, dim=1)
        return _SLOW * self.out(self.body(features * (1.0 + gain) + offset)), guided


class Refinement(nn.Module):
    """A small residual of the picture at half its size, which starts at nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(12, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 12, 3, padding=1),
        )
        nn.init.zeros_(self.layers[-1].weight)
        nn.init.zeros_(self.layers[-1].bias)

    def forward(self, planes: Tensor, unit: Tensor) -> Tensor:
        """planes: code values.  unit: the size of a typical error, (N, 1, 1, 1)."""
        return planes + unit * F.pixel_shuffle(self.layers(F.pixel_unshuffle(planes / 64.0, 2)), 2)


def heeded(knob: Tensor, bend: float) -> Tensor:
    """How far what is learned beside the DCT counts, (N, 192, 1, 1): below the bend less, of high frequencies.

    Steps there are so large that a hundredth of one is seen, and pictures have nothing of the kind to learn from.
    """
    less = torch.exp2(beneath(knob, bend))[:, None]
    low = torch.ones_like(less).expand(-1, _HIGH)
    return torch.cat([low, less.expand(-1, CHANNELS - _HIGH)], dim=1)[:, :, None, None]


def beneath(knob: Tensor, bend: float) -> Tensor:
    """Octaves by which steps are larger than at the bend, as a number below nothing; 0 above it."""
    return (knob - bend).clamp_max(0.0) * ((BENT + 1.0) / 8.0)


def asinh(given: Tensor) -> Tensor:
    """The inverse hyperbolic sine; exported by logarithms, which runtimes take of many numbers at once."""
    if not torch.compiler.is_exporting():
        return torch.asinh(given)
    size = given.abs()
    return torch.sign(given) * torch.log(size + torch.sqrt(size * size + 1.0))


def in_float32(device: str) -> AbstractContextManager[object]:
    """Where a recipe's autocast is suspended."""
    return torch.autocast(device, enabled=False) if torch.is_autocast_enabled(device) else nullcontext()


def spread(step: Tensor) -> Tensor:
    """The step field of the groups to the channels: (N, GROUPS, h, w) to (N, 192, h, w)."""
    return step.index_select(1, torch.from_numpy(GROUP_OF).to(step.device))
