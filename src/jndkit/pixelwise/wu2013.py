"""Wu, Shi, Lin, Liu and Qi, "Just noticeable difference estimation for images with free-energy principle", IEEE
Transactions on Multimedia 15(7), 2013.

What the eye predicts from the surroundings is orderly and masks by luminance and contrast; the rest is disorder, which
hides more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.errors import check_choice
from jndkit.picture import Pixels
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.chou1995 import contrast_masking
from jndkit.pixelwise.terms.borders import border_type, strips
from jndkit.pixelwise.terms.canny import canny
from jndkit.pixelwise.terms.gaussian import smooth
from jndkit.pixelwise.terms.gradients import maximal_gradient
from jndkit.pixelwise.terms.luma import Map, Pictured, Plane, luma_plane
from jndkit.pixelwise.terms.luminance import background_luminance, luminance_adaptation, luminance_adaptation_13
from jndkit.pixelwise.terms.namm import namm

HALO = 4
VARIANTS = ("code", "paper")
SEARCH = 10  # pixels either way, as in the release
PATCH = 7  # pixels a side, as in the release
REACH = SEARCH + PATCH // 2
# The least strength of prediction, code values.
LEAST_STRENGTH = 8.0
# Disorder is smoothed where the standard deviation of luma lies below this.
SMOOTH_BELOW = 10.0
CANNY_THRESHOLD = 0.7  # of the largest gradient
# MATLAB's strel('disk', 2): below a radius of 3 it is the disc itself.
DISC = np.array([[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]], np.uint8)
PAPER_DISORDER_GAIN = 1.125  # 1 in the release
TILE_PIXELS = 1 << 16
# exp(-87) is float32's smallest normal number; those below take OpenCV's exponential a hundred times as long.
FULL_EXPONENT = np.float32(87)
# Where all weights are below exp(-60), too little of that range is left for their ratios.
LARGEST_EXPONENT = 60.0
# A prediction this near to the middle between two whole numbers is computed again in double precision.
TIE = 1e-3

Weights: TypeAlias = npt.NDArray[np.float64]


def wu2013(picture: Pictured, *, variant: str = "code", border: str = "reflect") -> Map:
    """JND map, float32 (H, W), in code values of luma.

    picture: what `luma_plane` takes.  variant: "code" is the authors' release; "paper" has the printed thresholds over
    the release's prediction.  border: "reflect", or "zero" to match the release, where the first two and the last three
    rows and columns are 0.
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8.
    Source: the authors' release; the paper. Differs: "paper" predicts as the release does, not by an autoregressive
    model weighed with mutual information; see `prediction` and `_printed`.
    """
    check_choice("variant", variant, VARIANTS)
    border_type(border)
    luma = luma_plane(picture)
    predicted = prediction(luma, border)
    edges = cv2.dilate(canny(luma, CANNY_THRESHOLD), DISC) if variant == "code" else None
    jnd: Map = np.empty(luma.shape, np.float32)
    for rows, slab, inner in strips(luma.shape, HALO):
        if edges is None:
            jnd[rows] = _printed(luma[slab], predicted[slab], border)[inner]
        else:
            hidden = disorder(luma[slab], predicted[slab], edges[slab], border)
            jnd[rows] = namm(orderly(predicted[slab], border), hidden)[inner]
    if border == "zero" and variant == "code":
        jnd[:2] = jnd[-3:] = 0
        jnd[:, :2] = jnd[:, -3:] = 0
    return jnd


def orderly(predicted: Pixels, border: str) -> Map:
    """The threshold of the predicted picture (H, W), by luminance and contrast, float32 (H, W), code values.

    Source: the authors' release.
    """
    return namm(luminance_adaptation_13(predicted, border), contrast(predicted, border))


def contrast(predicted: Pixels, border: str) -> Map:
    """Contrast masking of the predicted picture, float32 (H, W), code values.

    Source: the authors' release. Differs from the paper: large gradients count less, and a negative threshold, as Chou
    and Li's formula gives on bright smooth areas, is taken without its sign.
    """
    gradient = cv2.log(maximal_gradient(predicted, border) * np.float32(1 / 80) + np.float32(1))
    gradient *= 80 / math.log(4)  # 80 log4(1 + gradient / 80)
    # The release floors the background here as well, but does not lift its dark half.
    masking: Map = np.abs(contrast_masking(gradient, np.floor(background_luminance(predicted, border))))
    return masking


def disorder(luma: Plane, predicted: Pixels, edges: Pixels, border: str) -> Map:
    """The threshold of what was not predicted, float32 (H, W), code values.

    luma, predicted: (H, W), code values.  edges: uint8 (H, W), 1 near edges, which hide little.
    Source: the authors' release.
    """
    residual: Map = np.abs(luma.astype(np.float32) - predicted)
    smoothed = np.minimum(smooth(residual, PATCH, PATCH / 3, border), residual)
    hidden = np.where(deviation(luma, border) < SMOOTH_BELOW, smoothed, residual)
    hidden *= smooth(np.float32(1) - np.float32(0.8) * edges, 5, 0.8, border)
    return hidden


def deviation(luma: Plane, border: str) -> Weights:
    """Standard deviation of luma over 7 x 7 pixels, float64 (H, W), code values."""
    kind = border_type(border)
    mean = cv2.boxFilter(luma, cv2.CV_64F, (PATCH, PATCH), borderType=kind)
    squares = cv2.sqrBoxFilter(luma, cv2.CV_64F, (PATCH, PATCH), borderType=kind)
    squares -= mean * mean
    spread: Weights = np.sqrt(np.maximum(squares, 0, out=squares), out=squares)
    return spread


def prediction(luma: Plane, border: str = "reflect") -> Pixels:
    """Every pixel predicted from pixels nearby whose surroundings look like its own, uint8 (H, W).

    luma: (H, W), code values.  border: of the filters that set the strength; the picture itself is always repeated.
    Source: the authors' release, a mean over 21 x 21 pixels weighed by the squared difference of 7 x 7 patches.
    Differs: where no patch is like the pixel's own, all weights vanish in double precision and the release predicts 0;
    here their ratios are kept.
    """
    predicted: Pixels = np.empty(luma.shape, np.uint8)
    padded = np.pad(luma, REACH, "symmetric")
    for rows, slab, inner in strips(luma.shape, REACH):
        falloff = _falloff(luma[slab], border)[inner]
        height, width = falloff.shape
        step = max(2 * REACH, TILE_PIXELS // height)
        for left in range(0, width, step):
            columns = slice(left, min(left + step, width))
            around = padded[rows.start : rows.stop + 2 * REACH, left : columns.stop + 2 * REACH]
            predicted[rows, columns] = _tile(around.astype(np.float32), falloff[:, columns])
    return predicted


def _falloff(luma: Plane, border: str) -> Weights:
    """What the sum of squared differences of two patches is multiplied by to give the exponent of a weight."""
    strength = np.maximum(luminance_adaptation_13(luma, border), np.float32(LEAST_STRENGTH)).astype(np.float64)
    # strength^2, less in contrasty places: strength^3 / deviation where that is smaller.
    power = strength * strength * np.minimum(1, strength / np.maximum(deviation(luma, border), 1e-9))
    falloff: Weights = -1 / PATCH**2 / power
    return falloff


def _tile(around: Map, falloff: Weights) -> Pixels:
    """The prediction of a tile (H, W), of which `around` shows REACH pixels more on every side."""
    steep = falloff.astype(np.float32)
    nearest, total, change = _weighed(around, steep)
    exponent = nearest * steep
    # The pixel itself weighs as much as the likeliest other.
    change /= total + cv2.exp(np.maximum(exponent, -FULL_EXPONENT))
    unsure = (np.abs(change - np.floor(change) - np.float32(0.5)) < TIE) | (exponent < -LARGEST_EXPONENT)
    change += around[REACH:-REACH, REACH:-REACH]
    predicted: Pixels = np.clip(change + np.float32(0.5), 0, 255).astype(np.uint8)
    if unsure.any():
        predicted[unsure] = _exact(around, falloff, nearest, unsure)
    return predicted


def _weighed(around: Map, falloff: Map) -> tuple[Map, Map, Map]:
    """The least squared difference, the sum of weights, and the weighed sum of differences, float32 (H, W) each."""
    nearest = np.full(falloff.shape, np.inf, np.float32)
    total, change = np.zeros_like(falloff), np.zeros_like(falloff)
    weight, exponent = np.empty_like(falloff), np.empty_like(falloff)
    for squares, difference, sign in _shifted(around, *falloff.shape):
        np.minimum(nearest, squares, out=nearest)
        np.multiply(squares, falloff, out=exponent)
        np.maximum(exponent, -FULL_EXPONENT, out=exponent)
        cv2.exp(exponent, weight)
        total += weight
        weight *= difference
        sign(change, weight, out=change)
    return nearest, total, change


def _exact(around: Map, falloff: Weights, nearest: Map, which: npt.NDArray[np.bool_]) -> Pixels:
    """The prediction of some pixels of a tile in double precision, by the ratio of the weights to the largest.

    One patch often outweighs all others; the mean with the pixel itself then lies between two whole numbers, and a
    weight of one in 10^9 decides.
    """
    place = np.nonzero(which)
    steep, least = falloff[place], nearest[place].astype(np.float64)
    total, change = np.ones_like(steep), np.zeros_like(steep)
    for squares, difference, sign in _shifted(around, *falloff.shape):
        weight = np.exp((squares[place] - least) * steep)
        total += weight
        weight *= difference[place]
        sign(change, weight, out=change)
    level = around[REACH:-REACH, REACH:-REACH][place] + change / total
    rounded: Pixels = np.clip(np.floor(level + 0.5), 0, 255).astype(np.uint8)
    return rounded


def _shifted(around: Map, height: int, width: int) -> Iterator[tuple[Map, Map, np.ufunc]]:
    """For each of the 440 pixels nearby: the squared difference of the patches, and of the pixels the difference with
    how to count it, np.add or np.subtract.

    Moving there and back differ by where they start, so that one filter serves two.
    """
    ones = np.ones(PATCH, np.float32)
    edge, half = REACH - PATCH // 2, PATCH // 2
    for down in range(SEARCH + 1):
        for right in range(-SEARCH if down else 1, SEARCH + 1):
            before, after = max(right, 0), max(-right, 0)
            top, left = edge - down, edge - before
            bottom, end = edge + height + 2 * half, edge + width + 2 * half + after
            difference = around[edge : bottom + down, left + right : end + right] - around[top:bottom, left:end]
            squares = cv2.sepFilter2D(difference * difference, cv2.CV_32F, ones, ones)
            there = slice(half + down, half + down + height), slice(half + before, half + before + width)
            back = slice(half, half + height), slice(half + after, half + after + width)
            yield squares[there], difference[there], np.add
            yield squares[back], difference[back], np.subtract


def _printed(luma: Plane, predicted: Pixels, border: str) -> Map:
    """The printed thresholds.

    Differs: the offset of contrast masking is +12, which makes it Chou and Li's, where -12 is printed; a negative
    threshold is taken without its sign, as the release does.
    """
    background = background_luminance(predicted, border)
    masking = np.abs(contrast_masking(maximal_gradient(predicted, border), background))
    residual: Map = np.abs(luma.astype(np.float32) - predicted)
    return namm(namm(luminance_adaptation(background, least=0.0), masking), PAPER_DISORDER_GAIN * residual)


CARD = Card(
    name="wu2013",
    compute=wu2013,
    summary="what can be predicted from nearby masks by luminance and contrast, the rest hides more",
    paper="Wu et al., Just noticeable difference estimation for images with free-energy principle, IEEE "
    "Transactions on Multimedia 15(7)",
    year=2013,
    variants=("code", "paper"),
)
