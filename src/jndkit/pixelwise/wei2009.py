"""Wei and Ngan, "Spatio-temporal just noticeable distortion profile for grey scale image/video in DCT domain", IEEE
Transactions on Circuits and Systems for Video Technology 19(3), 2009: the spatial part.

Thresholds on the coefficients of an 8 x 8 DCT; `wei2009` states them for pixels, see `blocks.expected_amplitude`.
"""

from __future__ import annotations

import numpy as np

from jndkit.errors import check_choice
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.terms.blocks import (
    AMPLITUDE,
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
# Three heights of a picture of 768 rows.
PIXELS_PER_DEGREE = pixels_per_degree_at(3, 768)
CANNY = (100, 200)  # of a public implementation: the paper names none
# Share of edge pixels above which a block is texture; below it, plane and edge blocks are treated alike.
TEXTURE_DENSITY = 0.2
MASKING_EXPONENT = 0.36
MOST_MASKING = 4.0


def _low_frequencies() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    i, j = np.indices((BLOCK, BLOCK))
    return i * i + j * j <= 16


LOW = _low_frequencies()


def wei2009(
    picture: Pictured,
    *,
    variant: str = "code",
    border: str = "reflect",
    pixels_per_degree: float = PIXELS_PER_DEGREE,
) -> Map:
    """JND map, float32 (H, W), in code values of luma, constant over each block.

    picture: what `luma_plane` takes.  variant: "code", the only one.
    border: what fills blocks at the right and lower frame, "reflect" or "zero".
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8.
    Source: the paper's spatial model; edges by OpenCV's Canny at 100 and 200, as a public implementation has it, for
    the paper names no thresholds. Differs: none of the public implementations' errors (half the angle of a pixel, a
    DCT that is not orthonormal); thresholds per coefficient are stated for pixels by `blocks.expected_amplitude`.
    """
    luma = luma_plane(picture)
    return threshold_map(luma, border, _model(luma, variant, pixels_per_degree))


def thresholds(
    picture: Pictured,
    *,
    variant: str = "code",
    border: str = "reflect",
    pixels_per_degree: float = PIXELS_PER_DEGREE,
) -> Coefficients:
    """JND of every coefficient of the orthonormal DCT, float32 (ceil(H / 8), ceil(W / 8), 8, 8), in code values.

    Arguments, errors, source and differences as for `wei2009`.
    """
    luma = luma_plane(picture)
    return block_thresholds(luma, border, _model(luma, variant, pixels_per_degree))


def base_thresholds(pixels_per_degree: float = PIXELS_PER_DEGREE) -> Table:
    """Thresholds on mid grey without masking, float64 (8, 8), in code values.

    s / (phi_i phi_j) exp(c w) / (a + b w) / (r + (1 - r) cos^2 phi), s = 0.25, a = 1.33, b = 0.11, c = 0.18, r = 0.6.
    Source: the paper's base threshold.
    """
    frequency = dct_frequencies(pixels_per_degree)
    direction = 0.6 + 0.4 * (1 - obliqueness() ** 2)
    base: Table = 0.25 / AMPLITUDE * np.exp(0.18 * frequency) / (1.33 + 0.11 * frequency) / direction
    return base


def luminance_factor(mean: Map) -> Map:
    """Luminance adaptation: 1.4 on black, 1 from 60 to 170, 1.2 on white; float32 (h, w).

    mean: of blocks, code values.
    Source: the paper's F_lum.
    """
    dark = np.maximum(np.float32(60) - mean, 0) * np.float32(1 / 150)
    bright = np.maximum(mean - np.float32(170), 0) * np.float32(1 / 425)
    factor: Map = 1 + dark + bright
    return factor


def _model(luma: Plane, variant: str, pixels_per_degree: float) -> Model:
    check_choice("variant", variant, VARIANTS)
    base = base_thresholds(pixels_per_degree).astype(np.float32)[:, :, None, None]
    texture = edge_density(luma, *CANNY) > TEXTURE_DENSITY

    def of(strip: BlockStrip) -> Bands:
        textured = texture[strip.rows]
        adapted: Bands = base * luminance_factor(strip.bands[0, 0] * np.float32(1 / BLOCK))
        gain = np.abs(strip.bands)
        gain /= adapted
        np.maximum(gain, 1, out=gain)
        gain **= np.float32(MASKING_EXPONENT)
        np.minimum(gain, MOST_MASKING, out=gain)
        gain[LOW] = np.where(textured, np.float32(2.25) * gain[LOW], np.float32(1))
        gain[~LOW] *= np.where(textured, np.float32(1.25), np.float32(1))
        adapted *= gain
        return adapted

    return of


CARD = Card(
    name="wei2009",
    compute=wei2009,
    summary="a threshold per DCT coefficient, for any viewing distance; texture by density of edges",
    paper="Wei and Ngan, Spatio-temporal just noticeable distortion profile for grey scale image/video in DCT "
    "domain, IEEE TCSVT 19(3)",
    year=2009,
)
