"""Bae and Kim, "A novel DCT-based JND model for luminance adaptation effect in DCT frequency", IEEE Signal Processing
Letters 20(9), 2013; and the contrast masking of Bae, Kim and Kim, "HEVC-based perceptually adaptive video coding using
a DCT-based local distortion detection probability model", IEEE Transactions on Image Processing 25(7), 2016.

Thresholds on the coefficients of an 8 x 8 DCT; `bae2013` states them for pixels, see `blocks.expected_amplitude`.
"""

from __future__ import annotations

import math

import numpy as np

from jndkit.errors import UsageError, check_choice
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.terms.blocks import (
    Bands,
    BlockStrip,
    Coefficients,
    Model,
    block_thresholds,
    edge_density,
    threshold_map,
)
from jndkit.pixelwise.terms.geometry import BLOCK, Table, dct_frequencies, obliqueness, pixels_per_degree_at
from jndkit.pixelwise.terms.luma import Map, Pictured, Plane, luma_plane

VARIANTS = ("code",)
# Three heights of a picture of 768 rows, as for Wei and Ngan.
PIXELS_PER_DEGREE = pixels_per_degree_at(3, 768)
# What spatial summation leaves of a threshold; the paper leaves it free, Ahumada and Peterson put 0.25.
SUMMATION = 0.25
# Luminance, as a share of white, at which thresholds are lowest.
LOWEST = 0.3
CANNY = (50, 150)  # of a public implementation
SPARSE_DENSITY = 0.2  # share of edge pixels


def bae2013(
    picture: Pictured,
    *,
    variant: str = "code",
    border: str = "reflect",
    pixels_per_degree: float = PIXELS_PER_DEGREE,
    summation: float = SUMMATION,
    masking: bool = False,
) -> Map:
    """JND map, float32 (H, W), in code values of luma, constant over each block.

    picture: what `luma_plane` takes.  variant: "code", the only one.
    border: what fills blocks at the right and lower frame, "reflect" or "zero".
    summation: factor of all thresholds, the paper's s.  masking: whether to add the contrast masking of 2016.
    Raises UsageError for an unknown name or a number that is not positive, InputError for a picture below 8 x 8.
    Source: the paper as a public implementation has it. Differs: that implementation halves the angle of a pixel and
    takes s = 1; thresholds per coefficient are stated for pixels by `blocks.expected_amplitude`.
    """
    luma = luma_plane(picture)
    return threshold_map(luma, border, _model(luma, variant, pixels_per_degree, summation, masking))


def thresholds(
    picture: Pictured,
    *,
    variant: str = "code",
    border: str = "reflect",
    pixels_per_degree: float = PIXELS_PER_DEGREE,
    summation: float = SUMMATION,
    masking: bool = False,
) -> Coefficients:
    """JND of every coefficient of the orthonormal DCT, float32 (ceil(H / 8), ceil(W / 8), 8, 8), in code values.

    Arguments, errors, source and differences as for `bae2013`.
    """
    luma = luma_plane(picture)
    return block_thresholds(luma, border, _model(luma, variant, pixels_per_degree, summation, masking))


def base_thresholds(pixels_per_degree: float = PIXELS_PER_DEGREE, summation: float = SUMMATION) -> Table:
    """Thresholds at three tenths of white without masking, float64 (8, 8), in code values.

    s N ((J_d - J_v) sin^2 phi + J_v), J_d along diagonals and J_v along axes, N = 8.
    Source: the paper's base threshold.
    """
    w = dct_frequencies(pixels_per_degree)
    diagonal = 0.0293 * w**2 - 0.1382 * w + 1.75
    vertical = 0.0238 * w**2 - 0.1771 * w + 1.75
    base: Table = summation * BLOCK * ((diagonal - vertical) * obliqueness() ** 2 + vertical)
    return base


def luminance_factor(mean: Map, pixels_per_degree: float = PIXELS_PER_DEGREE) -> Bands:
    """Luminance adaptation by frequency, 1 at three tenths of white, float32 (8, 8, h, w).

    mean: of blocks, code values, (h, w).
    Source: the paper's M_LA, which passes M_0.1 at a tenth and M_0.9 at nine tenths of white.
    Differs: the three tenths are what makes it pass there.
    """
    w = dct_frequencies(pixels_per_degree)
    at_tenth = 2.468e-4 * w**2 + 4.466e-3 * w + 1.14
    at_nine_tenths = 1.230e-3 * w**2 + 1.433e-2 * w + 1.34
    away = mean * np.float32(1 / 255) - np.float32(LOWEST)
    # Both reach 1 where the paper's curves hold: two tenths of white below, six tenths above.
    dark = (np.maximum(-away, 0) * np.float32(1 / 0.2)) ** np.float32(0.8)
    bright = (np.maximum(away, 0) * np.float32(1 / 0.6)) ** np.float32(0.6)
    factor: Bands = (at_tenth - 1).astype(np.float32)[:, :, None, None] * dark
    factor += (at_nine_tenths - 1).astype(np.float32)[:, :, None, None] * bright
    factor += 1
    return factor


def contrast_masking(density: Map, pixels_per_degree: float = PIXELS_PER_DEGREE) -> Bands:
    """Contrast masking by frequency, 1 + G(w) mu / alpha, float32 (8, 8, h, w).

    density: share mu of edge pixels in each block, (h, w).  alpha is 2 up to a density of 0.2, else 1.
    Source: Bae, Kim and Kim 2016, as a public implementation has it, edges by OpenCV's Canny at 50 and 150.
    """
    w = dct_frequencies(pixels_per_degree)
    gain = (1.558 * np.exp(-(((w - 4.12) / 7.16) ** 2)) + 2.817).astype(np.float32)
    weighed = np.where(density <= SPARSE_DENSITY, density / 2, density)
    factor: Bands = gain[:, :, None, None] * weighed + 1
    return factor


def _model(luma: Plane, variant: str, pixels_per_degree: float, summation: float, masking: bool) -> Model:
    check_choice("variant", variant, VARIANTS)
    if not (math.isfinite(summation) and summation > 0):
        raise UsageError(f"spatial summation must be a positive number, not {summation}")
    base = base_thresholds(pixels_per_degree, summation).astype(np.float32)[:, :, None, None]
    density = edge_density(luma, *CANNY) if masking else None

    def of(strip: BlockStrip) -> Bands:
        adapted = luminance_factor(strip.bands[0, 0] * np.float32(1 / BLOCK), pixels_per_degree)
        adapted *= base
        if density is not None:
            adapted *= contrast_masking(density[strip.rows], pixels_per_degree)
        return adapted

    return of


CARD = Card(
    name="bae2013",
    compute=bae2013,
    summary="a threshold per DCT coefficient; luminance adaptation depends on frequency",
    paper="Bae and Kim, A novel DCT-based JND model for luminance adaptation effect in DCT frequency, IEEE SPL 20(9)",
    year=2013,
)
