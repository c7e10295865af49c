"""The published transform of JND-LIC, begun as a cosine transform.

Drawn at random, forty layers take long to let a picture through at all. Weights of the same layers can be set so that
the encoder is the 16 x 16 DCT of luma and chroma in units of JPEG's steps, as many of its frequencies as there are
latents, and the decoder its inverse: strided layers gather the pixels of 2 x 2, then of 4 x 4 places, the third takes
the DCT of 8 x 8, the fourth joins four of those. Residual blocks and feature transforms begin as the identity. What is
learned is then what is better than that. Channels that the transform has no use for stay as they were drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from jndkit.errors import UsageError
from jndkit.training.jndlic.transform import FeatureTransform, ResBlock, perceptual_table, to_rgb, to_ycc, zigzag

STARTS = ("drawn", "dct")
_KERNEL, _CORNER = 5, 2  # of strided layers; where in the kernel lies the first of the 2 x 2 places that they gather
_LEAST = 48  # channels: three planes of 4 x 4 pixels
_GATED = 1.5  # times what goes in, of a fresh gated attention
_CHROMA = 0.25  # how large chroma is beside luma, of usual pictures

Array = npt.NDArray[np.float64]
Coefficient = tuple[int, int, int]  # plane, row and column of the frequency


def begin_as_dct(model: Any, louder: float) -> None:
    """Set the weights of a JndLicPaper. louder: times what its encoder gives are its latents.

    Raises UsageError where it is too narrow to gather a picture's pixels.
    """
    if (width := model.paint[0].in_channels) < _LEAST:
        raise UsageError(f"width = {width}: to start as a DCT {_LEAST} channels are needed")
    with torch.no_grad():
        for each in (*model.encoder.modules(), *model.decoder.modules(), *model.paint.modules()):
            if isinstance(each, ResBlock):
                nn.init.zeros_(each.second.weight)
                nn.init.zeros_(each.second.bias)
            elif isinstance(each, FeatureTransform):
                _pass_on(each)
            elif hasattr(each, "mask"):  # a gated attention: half of its trunk is let through
                nn.init.zeros_(each.mask[-1].weight)
                nn.init.zeros_(each.mask[-1].bias)
        first, _, second, third, _, fourth = model.encoder.stages
        raised, rise, _, further, _, last = model.decoder.stages
        begin, end = first[0], model.paint[-1]
        small = _chosen(8, second[-1].out_channels)
        large = _chosen(16, model.latent)
        gathered, eighth, sixteenth = _gathered(3), _cosines(small), _joined(large, small)
        step = np.array([_step(16, each) for each in large])[:, None, None, None] / 255.0 * louder
        ahead = to_ycc(torch.eye(3)[:, :, None, None]) - to_ycc(torch.zeros(1, 3, 1, 1))
        _set(begin, ahead[:, :, 0, 0].T.numpy() / 255.0)
        _set(first[-1], gathered)
        _set(second[-1], _gathered(12) / _GATED)
        _set(third[-1], eighth)
        _set(fourth[1], sixteenth / step / _GATED)
        _set(raised[-1], sixteenth * step / _GATED)
        _set(rise[-1], eighth)
        _set(further[-1], _gathered(12))
        last.gate.weight /= _GATED
        _set(model.paint[0], gathered)
        back = to_rgb(255.0 * torch.eye(3)[:, :, None, None]) - to_rgb(torch.zeros(1, 3, 1, 1))
        _set(end, back[:, :, 0, 0].T.numpy())
        nn.init.constant_(end.bias, 0.5)


def _pass_on(transform: FeatureTransform) -> None:
    """A fresh one gives half of what its filter gives, with the other sign."""
    nn.init.dirac_(transform.gate.weight)
    transform.gate.weight *= -2.0
    for layer in (transform.gate, transform.content, transform.share):
        nn.init.zeros_(layer.bias)
    for layer in (transform.content, transform.share):
        nn.init.zeros_(layer.weight)


def _set(layer: nn.Conv2d | nn.ConvTranspose2d, matrix: Array) -> None:
    """Of the first channels of a layer. matrix: (n, m), or (n, 2, 2, m) of a strided one: from m channels to n.

    A transposed one goes from n to m.
    """
    outer, inner = matrix.shape[0], matrix.shape[-1]
    kernel = np.zeros((outer, inner, _KERNEL, _KERNEL))
    if matrix.ndim == 2:
        kernel[..., _CORNER, _CORNER] = matrix
    else:
        kernel[..., _CORNER : _CORNER + 2, _CORNER : _CORNER + 2] = matrix.transpose(0, 3, 1, 2)
    transposed = isinstance(layer, nn.ConvTranspose2d)
    told = inner if transposed else outer  # channels that are wholly decided here
    if transposed:
        layer.weight[:, :told] = 0.0
    else:
        layer.weight[:told] = 0.0
    layer.weight[:outer, :inner] = torch.from_numpy(kernel).to(layer.weight)
    assert layer.bias is not None
    layer.bias[:told] = 0.0


def _gathered(channels: int) -> Array:
    """2 x 2 places of so many channels as channels of one, (4 channels, 2, 2, channels)."""
    return np.eye(4 * channels).reshape(4 * channels, 2, 2, channels)


def _chosen(side: int, count: int) -> list[Coefficient]:
    """Those of the side x side frequencies of three planes that count for most in steps, from coarse to fine."""
    every = [(plane, row, column) for row in range(side) for column in range(side) for plane in range(3)]

    def rank(each: Coefficient) -> float:
        # What is usual falls as one over the frequency.
        return _step(side, each) * (1.0 + float(np.hypot(*each[1:]))) / (_CHROMA if each[0] else 1.0)

    return sorted(every, key=rank)[:count]


def _step(side: int, coefficient: Coefficient) -> float:
    """The step of that frequency in JPEG's table, code values; between those of 8 x 8 it is interpolated."""
    plane, row, column = coefficient
    table = perceptual_table().view(64, 3)[:, plane]
    square = np.zeros((8, 8))
    for at, value in zip(zigzag(), table.tolist(), strict=True):
        square[at] = value
    at_row, at_column = (min(each * 8.0 / side, 7.0) for each in (row, column))
    top, left = int(at_row), int(at_column)
    bottom, right = min(top + 1, 7), min(left + 1, 7)
    down, across = at_row - top, at_column - left
    upper = square[top, left] * (1 - across) + square[top, right] * across
    lower = square[bottom, left] * (1 - across) + square[bottom, right] * across
    return float(upper * (1 - down) + lower * down)


def _basis(side: int) -> Array:
    """The orthonormal DCT, (frequency, place)."""
    place, frequency = np.arange(side)[None], np.arange(side)[:, None]
    basis = np.sqrt(2.0 / side) * np.cos((2 * place + 1) * frequency * np.pi / (2 * side))
    basis[0] *= np.sqrt(0.5)
    return np.asarray(basis)


def _cosines(chosen: list[Coefficient]) -> Array:
    """The DCT of 8 x 8 pixels of which each place holds 4 x 4, gathered twice, as 48 channels: (n, 2, 2, 48)."""
    basis = _basis(8)
    kernels = np.zeros((len(chosen), 8, 8, 3))
    for index, (plane, row, column) in enumerate(chosen):
        kernels[index, :, :, plane] = np.outer(basis[row], basis[column])
    # Rows and columns as (place, of the four gathered last, of those gathered first).
    apart = kernels.reshape(-1, 2, 2, 2, 2, 2, 2, 3)
    return apart.transpose(0, 1, 4, 2, 5, 3, 6, 7).reshape(-1, 2, 2, 48)


def _joined(chosen: list[Coefficient], of: list[Coefficient]) -> Array:
    """The DCT of 16 x 16 pixels from that of its four blocks of 8 x 8, (n, 2, 2, m)."""
    small, large = _basis(8), _basis(16)
    # What a frequency of the large transform has in one of the small, in the first and in the second half.
    shared = np.einsum("fhp,gp->fhg", large.reshape(16, 2, 8), small)
    matrix = np.zeros((len(chosen), 2, 2, len(of)))
    for index, (plane, row, column) in enumerate(chosen):
        for place, (other, small_row, small_column) in enumerate(of):
            if plane == other:
                matrix[index, :, :, place] = np.outer(shared[row, :, small_row], shared[column, :, small_column])
    return matrix
