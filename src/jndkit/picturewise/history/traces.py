"""Traces that an earlier JPEG coding left in a picture: DCT coefficients near multiples of its quantisation steps.

The distribution that the coefficients would have without it is taken from the same pixels on a grid shifted by half a
block, where the earlier grid does not show. Then every quality is asked how likely it makes the coefficients.
Source: Fan & de Queiroz 2003 (history of a bitmap, by maximum likelihood); Lukáš & Fridrich 2003 (earlier steps of a
JPEG, by simulating them on a shifted grid).
Differs: likelihood per coefficient decides, against a constant that pictures saved once and twice gave
(benchmarks/history.py).
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.codecs.annex_k import LUMINANCE, scaled
from jndkit.picture import Pixels
from jndkit.pixelwise.terms.blocks import BASIS

Floats = npt.NDArray[np.float64]

_SIDE = 8
_MOST_PIXELS = 1 << 19  # that are looked at, in rows of blocks spread over the picture
_LEAST = 1000  # coefficients beyond zero: fewer say nothing
# Row and column of the frequencies that are looked at: low ones, as in high ones most coefficients are zero.
_FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0), (2, 2), (1, 3), (3, 1))
_REACH = 160  # code values: what lies beyond is counted at the end
_NOISE = 0.45  # code values: standard deviation that rounding pixels, and colours, leaves on a coefficient
_OUTLIERS = 0.05  # share of coefficients that keep to no comb: edited places, clipped pixels
_RARE = 1e-7  # share of coefficients: less is as good as none
_SMOOTH = 1.5  # code values: the distribution without a trace is smooth
QUALITIES = tuple(range(20, 92))
"""Of better ones the steps of low frequencies are 1 and 2 code values, which tell nothing."""
CERTAIN = 0.03
"""Gain per coefficient that is taken for a trace; benchmarks/history.py says what it misses and mistakes."""


def earlier_quality(pixels: Pixels, steps: tuple[int, ...] | None = None) -> int | None:
    """The quality of libjpeg at which pixels were once saved as JPEG, or None where no such trace is certain.

    Arguments as of `likelihoods`. For a JPEG file, that is the coding before its own.
    """
    gains = likelihoods(pixels, steps)
    best = int(gains.argmax())
    return QUALITIES[best] if gains[best] >= CERTAIN else None


def likelihoods(pixels: Pixels, steps: tuple[int, ...] | None = None) -> Floats:
    """Gain in ln(likelihood) per coefficient of an earlier JPEG of each quality in QUALITIES, over none.

    pixels: uint8 (H, W, 3), RGB as the file has it, on the file's own grid.
    steps: of luma in the JPEG file that the pixels come from, 64 in rows; None for a format without such steps.
    All are 0 where the picture is too small or too even to say.
    """
    height, width = pixels.shape[:2]
    gains = np.zeros(len(QUALITIES))
    if min(height, width) < 2 * _SIDE:
        return gains
    aligned, shifted = _coefficients(pixels)
    counted = 0.0
    for place, (row, column) in enumerate(_FREQUENCIES):
        at = _SIDE * row + column
        last = np.array([1 if steps is None else max(steps[at], 1)])
        seen = _beyond_zero(_counts(aligned[place], int(last[0])))
        plain = _blurred(_counts(shifted[place]), _SMOOTH)
        # Without an earlier coding, and with one of each quality, whose multiples rounded pixels blur.
        without = _shares(_moved(plain, last))
        earlier = _shares(_moved(_blurred(_moved(plain, _earlier_steps()[:, at]), _NOISE), last))
        odds = (1 - _OUTLIERS) * earlier / np.maximum(without, _RARE) + _OUTLIERS
        gains += np.log(odds) @ seen
        counted += seen.sum()
    return gains / counted if counted >= _LEAST else np.zeros(len(QUALITIES))


def _coefficients(pixels: Pixels) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The looked-at frequencies of blocks on the file's grid and on the shifted one, float32 (frequencies, blocks)."""
    height, width = pixels.shape[:2]
    across = width // _SIDE - 1  # blocks that lie in the picture on both grids
    rows = height // _SIDE - 1
    looked = min(rows, max(1, _MOST_PIXELS // (_SIDE * width)))
    tops = _SIDE * np.linspace(0, rows - 1, looked).astype(int)
    # A row of blocks and the upper half of the next, which the shifted grid reaches into.
    strips = np.concatenate([pixels[top : top + _SIDE + _SIDE // 2] for top in tops])
    luma = cv2.cvtColor(strips, cv2.COLOR_RGB2YCrCb)[..., 0].reshape(looked, -1, width).astype(np.float32)
    half = _SIDE // 2
    grids = (luma[:, :_SIDE, : _SIDE * across], luma[:, half:, half : half + _SIDE * across])
    first, second = (
        _kernel() @ grid.reshape(looked, _SIDE, across, _SIDE).transpose(1, 3, 0, 2).reshape(_SIDE * _SIDE, -1)
        for grid in grids
    )
    return first, second


@cache
def _kernel() -> npt.NDArray[np.float32]:
    """float32 (frequencies, 64): the transform, of the looked-at frequencies alone."""
    return np.stack([np.outer(BASIS[row], BASIS[column]).ravel() for row, column in _FREQUENCIES]).astype(np.float32)


@cache
def _earlier_steps() -> npt.NDArray[np.int64]:
    """int64 (qualities, 64): the steps of luma that every quality stands for."""
    return np.array([scaled(LUMINANCE, quality) for quality in QUALITIES])


def _counts(coefficients: npt.NDArray[np.float32], step: int = 1) -> Floats:
    """How many coefficients there are at every whole code value from -_REACH to _REACH, of a step at its multiples."""
    at = np.clip(np.rint(coefficients / step) * step, -_REACH, _REACH).astype(np.int64) + _REACH
    return np.bincount(at, minlength=2 * _REACH + 1).astype(np.float64)


def _beyond_zero(counts: Floats) -> Floats:
    """Without those at zero, of which even grounds have any number, whoever coded them."""
    counts = counts.copy()
    counts[..., _REACH] = 0.0
    return counts


def _shares(counts: Floats) -> Floats:
    beyond = _beyond_zero(counts)
    shares: Floats = beyond / np.maximum(beyond.sum(axis=-1, keepdims=True), _RARE)
    return shares


def _moved(shares: Floats, steps: npt.NDArray[np.int64]) -> Floats:
    """Row by row the shares moved to the nearest multiples of a row's step; one row or one step serves all."""
    values = np.arange(-_REACH, _REACH + 1)
    places = np.clip(np.rint(values / steps[:, None]) * steps[:, None], -_REACH, _REACH).astype(np.int64) + _REACH
    rows = max(len(shares), len(steps))
    places = np.broadcast_to(places, (rows, len(values))) + len(values) * np.arange(rows)[:, None]
    weights = np.broadcast_to(shares, places.shape)
    moved = np.bincount(places.ravel(), weights.ravel(), rows * len(values)).reshape(rows, len(values))
    return moved.astype(np.float64, copy=False)


def _blurred(shares: Floats, sigma: float) -> Floats:
    """Convolved with a Gaussian along the last axis."""
    reach = int(np.ceil(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    along = weights / weights.sum()
    blurred = cv2.sepFilter2D(np.atleast_2d(shares), -1, along, np.ones(1), borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float64)
