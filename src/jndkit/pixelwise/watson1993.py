"""Watson, "DCTune: A technique for visual optimization of DCT quantization matrices for individual images", SID Digest
of Technical Papers 24, 1993.

Thresholds on the coefficients of an 8 x 8 DCT; `watson1993` states them for pixels, see `blocks.expected_amplitude`.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError, check_choice
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.terms.blocks import (
    Bands,
    BlockStrip,
    Coefficients,
    Model,
    block_strips,
    block_thresholds,
    threshold_map,
)
from jndkit.pixelwise.terms.geometry import BLOCK
from jndkit.pixelwise.terms.luma import Map, Pictured, Plane, luma_plane

VARIANTS = ("code",)
LUMINANCE_EXPONENT = 0.649  # Ahumada and Peterson's
MASKING_EXPONENT = 0.7
POOLING_EXPONENT = 4.0
MID_GREY_DC = 1024.0  # 8 times 128
# Of a block of level 1: a darker one counts as this, for a threshold of zero could not be divided by.
LEAST_DC = 8.0

# Thresholds on mid grey, code values; row: vertical frequency, column: horizontal.
TABLE = np.array(
    [
        [1.40, 1.01, 1.16, 1.66, 2.40, 3.43, 4.79, 6.56],
        [1.01, 1.45, 1.32, 1.52, 2.00, 2.71, 3.67, 4.93],
        [1.16, 1.32, 2.24, 2.59, 2.98, 3.64, 4.60, 5.88],
        [1.66, 1.52, 2.59, 3.77, 4.55, 5.30, 6.28, 7.60],
        [2.40, 2.00, 2.98, 4.55, 6.15, 7.46, 8.71, 10.17],  # 2.00: a public copy with 2.20 here is wrong
        [3.43, 2.71, 3.64, 5.30, 7.46, 9.62, 11.58, 13.51],
        [4.79, 3.67, 4.60, 6.28, 8.71, 11.58, 14.50, 17.29],
        [6.56, 4.93, 5.88, 7.60, 10.17, 13.51, 17.29, 21.15],
    ]
)


def watson1993(
    picture: Pictured,
    *,
    variant: str = "code",
    border: str = "reflect",
    base: npt.ArrayLike | None = None,
    mean_dc: float | None = MID_GREY_DC,
) -> Map:
    """JND map, float32 (H, W), in code values of luma, constant over each block.

    picture: what `luma_plane` takes.  variant: "code", the only one.
    border: what fills blocks at the right and lower frame, "reflect" or "zero".
    base: thresholds on mid grey, (8, 8), code values; the published table, made for one display, unless given:
    `zhang2005.base_thresholds` and `wei2009.base_thresholds` make some for any distance.
    mean_dc: the DC coefficient the thresholds hold for; None takes the mean of the picture.
    Raises UsageError for an unknown name or unusable `base` or `mean_dc`, InputError for a picture below 8 x 8.
    Source: the paper. Differs: a block darker than level 1 counts as level 1; thresholds per coefficient are stated
    for pixels by `blocks.expected_amplitude`.
    """
    luma = luma_plane(picture)
    return threshold_map(luma, border, _model(luma, variant, base, mean_dc))


def thresholds(
    picture: Pictured,
    *,
    variant: str = "code",
    border: str = "reflect",
    base: npt.ArrayLike | None = None,
    mean_dc: float | None = MID_GREY_DC,
) -> Coefficients:
    """JND of every coefficient of the orthonormal DCT, float32 (ceil(H / 8), ceil(W / 8), 8, 8), in code values.

    Arguments, errors, source and differences as for `watson1993`.
    """
    luma = luma_plane(picture)
    return block_thresholds(luma, border, _model(luma, variant, base, mean_dc))


def perceptual_error(
    reference: Pictured, test: Pictured, *, border: str = "reflect", frequency_exponent: float = math.inf
) -> float:
    """How visible the difference between two pictures is, in thresholds of the first: 1 is just noticeable.

    Errors over thresholds are pooled over blocks with exponent 4, then over frequencies with `frequency_exponent`;
    infinity takes the largest, as DCTune does.
    Raises UsageError for pictures of two sizes or an exponent below 1, and what `watson1993` raises.
    Source: the paper.
    """
    first, second = luma_plane(reference), luma_plane(test)
    if first.shape != second.shape:
        raise UsageError(f"pictures of two sizes cannot be compared: {first.shape} and {second.shape}")
    if not frequency_exponent >= 1:
        raise UsageError(f"the exponent of pooling must be at least 1, not {frequency_exponent}")
    model = _model(first, "code", None, MID_GREY_DC)
    pooled = np.zeros((BLOCK, BLOCK))
    for strip, changed in zip(block_strips(first, border), block_strips(second, border), strict=True):
        error = np.abs(changed.bands - strip.bands) / model(strip)
        pooled += np.sum(error**POOLING_EXPONENT, axis=(2, 3), dtype=np.float64)
    by_frequency = pooled ** (1 / POOLING_EXPONENT)
    return float(np.linalg.norm(by_frequency.ravel(), frequency_exponent))


def _model(luma: Plane, variant: str, base: npt.ArrayLike | None, mean_dc: float | None) -> Model:
    check_choice("variant", variant, VARIANTS)
    table = np.asarray(TABLE if base is None else base, np.float32)
    if table.shape != (BLOCK, BLOCK) or not (np.isfinite(table).all() and (table > 0).all()):
        raise UsageError("base thresholds are 8 x 8 positive numbers")
    mean = max(BLOCK * float(luma.mean()), LEAST_DC) if mean_dc is None else mean_dc
    if not (math.isfinite(mean) and mean > 0):
        raise UsageError(f"the mean DC coefficient must be a positive number, not {mean}")

    def of(strip: BlockStrip) -> Bands:
        relative = np.maximum(strip.bands[0, 0], np.float32(LEAST_DC)) * np.float32(1 / mean)
        adapted: Bands = table[:, :, None, None] * relative ** np.float32(LUMINANCE_EXPONENT)
        # max(t, |C|^0.7 t^0.3), for all but DC.
        gain = np.abs(strip.bands)
        gain /= adapted
        np.maximum(gain, 1, out=gain)
        gain **= np.float32(MASKING_EXPONENT)
        gain[0, 0] = 1
        adapted *= gain
        return adapted

    return of


CARD = Card(
    name="watson1993",
    compute=watson1993,
    summary="a threshold per DCT coefficient, by luminance of the block and by the coefficient itself",
    paper="Watson, DCTune: A technique for visual optimization of DCT quantization matrices for individual images, "
    "SID Digest 24",
    year=1993,
)
