"""Zhang, Lin and Xue, "Improved estimation for just-noticeable visual distortion", Signal Processing 85(4), 2005.

Thresholds on the coefficients of an 8 x 8 DCT; `zhang2005` states them for pixels, see `blocks.expected_amplitude`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jndkit.errors import check_choice
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.terms.blocks import (
    AMPLITUDE,
    Bands,
    BlockStrip,
    Coefficients,
    Model,
    band_sum,
    block_thresholds,
    threshold_map,
)
from jndkit.pixelwise.terms.csf import ahumada_peterson
from jndkit.pixelwise.terms.geometry import BLOCK, Table, dct_frequencies, obliqueness
from jndkit.pixelwise.terms.luma import Map, Pictured, luma_plane

# A pixel of 0.0298 degrees, mid grey at 65 cd/m2 of 0 .. 130.
PIXELS_PER_DEGREE = 1 / 0.0298
LUMINANCE = 65.0
LUMINANCE_RANGE = 130.0
CODE_VALUES = 256
MID_GREY_DC = 1024.0  # 8 times 128

# Limits of energy, in code values, between blocks that are plain, may be an edge, and may be texture.
PLAIN, UNSURE, STRONG = 125.0, 290.0, 900.0
STRONG_EDGE = 400.0
MASKING_EXPONENT = 0.36


@dataclass(frozen=True)
class _Form:
    """What one variant takes for the edge rules and the gain of texture.

    edge: the limits alpha, beta and gamma below the energy STRONG.  strong_edge: those above.
    texture: what texture adds at the largest energy.  scale: of the thresholds.
    """

    edge: tuple[float, float, float]
    strong_edge: tuple[float, float, float]
    texture: float
    scale: float


FORMS = {
    "code": _Form(edge=(6.9, 4.8, 16.0), strong_edge=(1.6, 1.0, 2.0), texture=1.5, scale=0.3),
    "paper": _Form(edge=(7.0, 5.0, 16.0), strong_edge=(0.7, 0.5, 16.0), texture=1.25, scale=1.0),
}


def _low_and_middle() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which coefficients are low (5) and which are middle frequencies (12), bool (8, 8) each."""
    low = np.zeros((BLOCK, BLOCK), bool)
    low[[1, 2, 0, 0, 1], [0, 0, 1, 2, 1]] = True
    middle = np.zeros((BLOCK, BLOCK), bool)
    middle[3:7, 0] = middle[0, 3:7] = True
    middle[[2, 2, 1, 3], [1, 2, 2, 3]] = True
    return low, middle


LOW, MIDDLE = _low_and_middle()
HIGH = ~(LOW | MIDDLE)
HIGH[0, 0] = False


def zhang2005(
    picture: Pictured,
    *,
    variant: str = "code",
    border: str = "reflect",
    pixels_per_degree: float = PIXELS_PER_DEGREE,
) -> Map:
    """JND map, float32 (H, W), in code values of luma, constant over each block.

    picture: what `luma_plane` takes.  variant: "code" is the public code, "paper" the printed constants.
    border: what fills blocks at the right and lower frame, "reflect" or "zero".
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8.
    Source: the paper; OpenJND's code. Differs: thresholds per coefficient are stated for pixels by
    `blocks.expected_amplitude`; the code crops to whole blocks.
    """
    model = _model(variant, pixels_per_degree)
    return threshold_map(luma_plane(picture), border, model)


def thresholds(
    picture: Pictured,
    *,
    variant: str = "code",
    border: str = "reflect",
    pixels_per_degree: float = PIXELS_PER_DEGREE,
) -> Coefficients:
    """JND of every coefficient of the orthonormal DCT, float32 (ceil(H / 8), ceil(W / 8), 8, 8), in code values.

    Arguments and errors as for `zhang2005`.
    Source: the paper; OpenJND's code, whose factor 0.3 "code" includes.
    """
    model = _model(variant, pixels_per_degree)
    return block_thresholds(luma_plane(picture), border, model)


def base_thresholds(pixels_per_degree: float = PIXELS_PER_DEGREE) -> Table:
    """Thresholds on mid grey without masking, float64 (8, 8), in code values.

    Source: Ahumada and Peterson 1992 with the paper's constants, r = 0.6, s = 0.25.
    """
    frequency = dct_frequencies(pixels_per_degree)
    frequency[0, 0] = frequency[0, 1]  # a mean has no frequency: it gets the lowest there is
    luminance = ahumada_peterson(frequency, LUMINANCE, oblique=obliqueness(), r=0.6, s=0.25)
    base: Table = CODE_VALUES / LUMINANCE_RANGE * luminance / AMPLITUDE
    base[0, 0] = min(base[0, 1], base[1, 0])
    return base


def luminance_factor(dc: Map) -> Map:
    """Luminance adaptation: 3 on black, 1 at mid grey, 1.8 on white; float32 (h, w).  dc: DC coefficients.

    Source: the paper's quasi-parabolic function.
    """
    relative = dc * np.float32(1 / MID_GREY_DC)
    factor: Map = np.where(relative <= 1, 2 * (1 - relative) ** 3, np.float32(0.8) * (relative - 1) ** 2) + 1
    return factor


def block_masking(bands: Bands, variant: str = "code") -> tuple[Map, npt.NDArray[np.bool_]]:
    """The factor xi of each block, 1 on plain ones, and whether the block is an edge; (h, w) each.

    bands: coefficients, (8, 8, h, w).
    Source: the paper, section on block classification, after Tong and Venetsanopoulos 1998; the numbers of "code" are
    OpenJND's.
    """
    form = FORMS[variant]
    magnitude = np.abs(bands)
    low, middle, high = (band_sum(magnitude, mask) for mask in (LOW, MIDDLE, HIGH))
    energy = middle + high
    # A block without energy in a band has an unbounded ratio; 1e-6 keeps it finite and far above every limit.
    # 5, 12 and 46 coefficients.
    mean_low, mean_middle, mean_high = low / 5, np.maximum(middle / 12, 1e-6), np.maximum(high / 46, 1e-6)
    to_high = (mean_low + middle / 12) / mean_high
    to_middle = mean_low / mean_middle
    larger, smaller = np.maximum(to_high, to_middle), np.minimum(to_high, to_middle)
    alpha, beta, gamma = (np.where(energy > STRONG, *pair) for pair in zip(form.strong_edge, form.edge, strict=True))
    edge = (energy >= PLAIN) & ((to_high >= gamma) | ((larger >= alpha) & (smaller >= beta)))
    slope = np.float32(form.texture / (2 * STRONG - UNSURE))
    masking = np.where(energy > UNSURE, 1 + slope * (energy - np.float32(UNSURE)), np.float32(1))
    of_edge = np.where(low + middle > STRONG_EDGE, np.float32(1.25), np.float32(1.125))
    masking = np.where(edge, of_edge, masking)
    return masking, edge


def _model(variant: str, pixels_per_degree: float) -> Model:
    check_choice("variant", variant, FORMS)
    base = base_thresholds(pixels_per_degree).astype(np.float32)[:, :, None, None]
    scale = np.float32(FORMS[variant].scale)

    def of(strip: BlockStrip) -> Bands:
        masking, edge = block_masking(strip.bands, variant)
        adapted: Bands = base * luminance_factor(strip.bands[0, 0])
        gain = np.abs(strip.bands)
        gain /= adapted
        np.maximum(gain, 1, out=gain)
        gain **= np.float32(MASKING_EXPONENT)
        # What lies on an edge is seen through it: its own coefficients mask nothing.
        gain[LOW | MIDDLE] = np.where(edge, np.float32(1), gain[LOW | MIDDLE])
        gain *= masking
        gain[0, 0] = 1
        adapted *= gain
        adapted *= scale
        return adapted

    return of


CARD = Card(
    name="zhang2005",
    compute=zhang2005,
    summary="a threshold per DCT coefficient; plain, edge and texture blocks mask differently",
    paper="Zhang, Lin and Xue, Improved estimation for just-noticeable visual distortion, Signal Processing 85(4)",
    year=2005,
    variants=("code", "paper"),
)
