"""Wu, Li, Dong, Shi, Lin and Jay Kuo, "Enhanced just noticeable difference model for images with pattern complexity",
IEEE Transactions on Image Processing 26(6), 2017.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.errors import check_choice
from jndkit.picture import Pixels
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.terms.borders import Strip, border_type, strips
from jndkit.pixelwise.terms.canny import canny
from jndkit.pixelwise.terms.gaussian import smooth
from jndkit.pixelwise.terms.gradients import maximal_gradient
from jndkit.pixelwise.terms.luma import Map, Pictured, Plane, luma_plane
from jndkit.pixelwise.terms.luminance import background_luminance, luminance_adaptation, luminance_adaptation_13
from jndkit.pixelwise.terms.namm import namm
from jndkit.threads import side_by_side

HALO = 4
LUMINANCE_GAIN = 0.7  # of the release; the paper has none
# A gradient below this, in code values, has no direction.
LEAST_GRADIENT = 5
BIN_DEGREES = 12
# Canny's threshold is this gradient as a share of the largest, at most 0.8.
EDGE_GRADIENT = 60


def wu2017(picture: Pictured, *, variant: str = "code", border: str = "reflect") -> Map:
    """JND map, float32 (H, W), in code values of luma.

    picture: what `luma_plane` takes.  variant: "code" is the authors' release, "paper" the printed formulas, which
    make another model.  border: "reflect", or "zero" to match the release on the frame too.
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8.
    Source: the authors' release; the paper. Differs: see `contrast_and_pattern` and `_paper`.
    """
    check_choice("variant", variant, ("code", "paper"))
    border_type(border)
    luma = luma_plane(picture)
    protection = edge_protection(luma, border) if variant == "code" else None
    jnd: Map = np.empty(luma.shape, np.float32)

    def work(strip: Strip) -> None:
        rows, slab, inner = strip
        if protection is None:
            jnd[rows] = _paper(luma[slab], border)[inner]
        else:
            adaptation = LUMINANCE_GAIN * luminance_adaptation_13(luma[slab], border)
            contrast, pattern = contrast_and_pattern(luma[slab], border)
            pattern *= protection[slab]
            jnd[rows] = namm(adaptation, np.maximum(contrast, pattern))[inner]

    side_by_side(work, strips(luma.shape, HALO))
    return jnd


def contrast_and_pattern(luma: Plane, border: str) -> tuple[Map, Map]:
    """Contrast masking and, before edge protection, pattern masking, float32 (H, W) each, code values.

    Source: the authors' release. Differs from the paper: contrast is a standard deviation and enters pattern masking
    as it is, not by its logarithm; complexity is smoothed, weighed 0.3 instead of 0.8, over Cp^2 + 1 instead of + 0.01.
    """
    local = local_contrast(luma, border)
    pattern = smooth(pattern_complexity(luma, border), 3, 1.0, border)
    pattern = _complexity_gain(pattern, 0.3, 1.0)
    pattern *= local
    return _contrast_masking(local, 1.84), pattern


def local_contrast(luma: Plane, border: str) -> Map:
    """Standard deviation of luma over 5 x 5 pixels, float32 (H, W), code values; border "zero" makes a zero frame."""
    # Integer sums about mid grey stay below 2^24, exact in float32; others need float64.
    exact = luma.dtype == np.uint8
    depth = cv2.CV_32F if exact else cv2.CV_64F
    centred = luma.astype(np.float32 if exact else np.float64) - 128
    kind = border_type(border)
    total = cv2.boxFilter(centred, depth, (5, 5), normalize=False, borderType=kind)
    squares = cv2.sqrBoxFilter(centred, depth, (5, 5), normalize=False, borderType=kind)
    # 25 times the deviation, so that everything under the root is whole.
    contrast: Map = np.sqrt(np.maximum(squares * 25 - total * total, 0)).astype(np.float32) * np.float32(1 / 25)
    if border == "zero":
        contrast[:2] = contrast[-2:] = 0
        contrast[:, :2] = contrast[:, -2:] = 0
    return contrast


def pattern_complexity(luma: Plane, border: str) -> Pixels:
    """How many directions of gradient, in bins of 12 degrees, meet in 3 x 3 pixels, uint8 (H, W), 1 .. 9.

    No direction counts as one; a pixel without direction has complexity 1, and with border "zero" so has the frame.
    Source: the authors' release, its ties included.
    """
    bits = _direction_bits(luma)
    flat = bits == _NO_DIRECTION
    # The patterns of the frame end at the frame: the repeated edge pixel adds no direction.
    bits = np.pad(bits, 1, "edge")
    bits = bits[:-2] | bits[1:-1] | bits[2:]
    bits = bits[:, :-2] | bits[:, 1:-1] | bits[:, 2:]
    complexity: Pixels = np.bitwise_count(bits)
    complexity[flat] = 1
    if border == "zero":
        complexity[[0, -1]] = 1
        complexity[:, [0, -1]] = 1
    return complexity


def edge_protection(luma: Plane, border: str) -> Map:
    """1 away from edges, down to 0 on them, float32 (H, W): how much of pattern masking an edge's surroundings keep.

    Source: the authors' release; the paper has none.
    """
    # The frame of the release's gradient repeats the inside, so the largest gradient lies inside for every border.
    largest = max(
        side_by_side(
            lambda strip: float(maximal_gradient(luma[strip.slab], border)[2:-2, 2:-2].max(initial=0)),
            strips(luma.shape, 2),
        )
    )
    threshold = min(0.8, EDGE_GRADIENT / largest) if largest else 0.8
    # MATLAB's strel('disk', 3), which it makes of lines: a square of 5 x 5.
    widened = cv2.dilate(canny(luma, threshold), np.ones((5, 5), np.uint8))
    return smooth(1 - widened, 5, 0.8, border)


def _paper(luma: Plane, border: str) -> Map:
    """The printed formulas. Differs: the least gradient with a direction is the release's, for the paper names none."""
    adaptation = luminance_adaptation(background_luminance(luma, border), least=0.0)
    across, down = _prewitt(luma)
    contrast = np.sqrt(across * across + down * down) * np.float32(1 / 3)
    pattern = np.log2(contrast + 1) * _complexity_gain(pattern_complexity(luma, border).astype(np.float32), 0.8, 0.01)
    return namm(adaptation, np.maximum(_contrast_masking(contrast, 0.115 * 16), pattern))  # so printed


def _contrast_masking(contrast: Map, gain: float) -> Map:
    masking: Map = gain * cv2.pow(contrast, 2.4) / (contrast * contrast + np.float32(26**2))
    return masking


def _complexity_gain(complexity: Map, gain: float, half: float) -> Map:
    masking: Map = gain * cv2.pow(complexity, 2.7) / (complexity * complexity + np.float32(half))
    return masking


def _prewitt(luma: Plane) -> tuple[Map, Map]:
    """Three times the mean difference across and down, float32 (H, W); exact for whole code values."""
    kernel = np.array([[-1, 0, 1]] * 3, np.float32)
    # The release pads by the edge pixel here, whatever lies beyond the frame elsewhere.
    across: Map = cv2.filter2D(luma, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT)
    down: Map = cv2.filter2D(luma, cv2.CV_32F, kernel.T.copy(), borderType=cv2.BORDER_REFLECT)
    return across, down


_NO_DIRECTION = np.uint32(1 << 16)  # a bin of its own, after the 16 of angles


def _direction_bits(luma: Plane) -> npt.NDArray[np.uint32]:
    """One bit for the bin of each pixel's direction, uint32 (H, W)."""
    across, down = _prewitt(luma)
    degrees = np.arctan2(down, across)
    degrees *= np.float32(180 / math.pi)
    whole = np.rint(degrees, out=degrees).astype(np.int16)
    whole += 180
    bits: npt.NDArray[np.uint32] = np.take(_bin_bits(), whole)
    power = across * across + down * down
    least = (3 * LEAST_GRADIENT) ** 2  # `_prewitt` gives three times the gradient
    bits[power < least] = _NO_DIRECTION
    place = np.flatnonzero(power == least)
    bits.ravel()[place[_rounds_below(luma, place)]] = _NO_DIRECTION
    return bits


def _rounds_below(luma: Plane, place: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Where a gradient of exactly the least size comes out smaller in the release's double precision.

    There thirds are summed column by column from the lower right, and the sum misses 5 by its last bit or not.
    """
    padded = np.pad(luma, 1, "symmetric")
    row, column = np.divmod(place, luma.shape[1])
    across, down = np.zeros(place.size), np.zeros(place.size)
    for x in (2, 1, 0):
        for y in (2, 1, 0):
            level = padded[row + y, column + x].astype(np.float64)
            across += (x - 1) * (1 / 3) * level
            down += (y - 1) * (1 / 3) * level
    return np.hypot(across, down) < LEAST_GRADIENT


def _bin_bits() -> npt.NDArray[np.uint32]:
    """The bit of every whole angle -180 .. 180, folded to a half turn; 90 and -90 stay apart."""
    angle = np.arange(-180, 181)
    folded = np.where(angle > 90, angle - 180, np.where(angle < -90, angle + 180, angle)) + 90
    # Rounded to the nearest bin in whole numbers, ties upwards as MATLAB does above 0.
    return (np.uint32(1) << ((2 * folded + BIN_DEGREES) // (2 * BIN_DEGREES)).astype(np.uint32)).astype(np.uint32)


CARD = Card(
    name="wu2017",
    compute=wu2017,
    summary="masking by contrast and by the number of directions that meet",
    paper="Wu et al., Enhanced just noticeable difference model for images with pattern complexity, IEEE TIP 26(6)",
    year=2017,
    variants=("code", "paper"),
)
