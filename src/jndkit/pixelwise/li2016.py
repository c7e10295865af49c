"""Li, Liu and Chen, "Perceptually-lossless image coding based on foveated-JND and H.265/HEVC", Journal of Visual
Communication and Image Representation 40, 2016: the foveated JND, with the luminance multiplier of Chen and Guillemot,
"Perceptually-friendly H.264/AVC video coding based on foveated just-noticeable-distortion model", IEEE Transactions on
Circuits and Systems for Video Technology 20(6), 2010.

Away from where the eye rests thresholds grow. docs/reference/foveation.md says where each constant comes from.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from jndkit.errors import UsageError, check_choice
from jndkit.picture import Pixels
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.chou1995 import contrast_masking
from jndkit.pixelwise.terms.borders import border_type, strips
from jndkit.pixelwise.terms.gradients import maximal_gradient
from jndkit.pixelwise.terms.luma import Map, Pictured, Plane, luma_plane
from jndkit.pixelwise.terms.luminance import background_luminance, luminance_adaptation
from jndkit.pixelwise.terms.namm import namm
from jndkit.pixelwise.wu2013 import PAPER_DISORDER_GAIN, prediction
from jndkit.viewing import viewing

HALO = 2  # half of a window of 5 x 5
VARIANTS = ("code", "paper")
OVERLAP = 0.8  # where Yang et al. have 0.3
# Contrast threshold of the fovea, how fast it rises with frequency, and the eccentricity in degrees that halves acuity.
FOVEAL_THRESHOLD = 1 / 64
THRESHOLD_DECAY = 0.106
HALF_ACUITY = 2.3
# Keeps the contrast multiplier finite.
ACUITY_FLOOR = 0.05
# Exponent of the contrast multiplier, (ln(gradient / 255 + 1) + shift)^2 + offset: signs of the code and of the print.
EXPONENT = {"code": (-1.5, -0.66), "paper": (1.5, 0.66)}
# Exponent of the luminance multiplier, base + normal density of log2(background + 1): no public source has the base.
LUMINANCE_BASE = 0.5
LUMINANCE_MEAN = 7.0
LUMINANCE_DEVIATION = 0.8


def li2016(
    picture: Pictured,
    *,
    variant: str = "code",
    border: str = "reflect",
    fixation: tuple[float, float] | None = None,
    distance: float | None = None,
    up: float = 1.0,
    down: float = 1.0,
) -> Map:
    """JND map for an eye that rests on one point, float32 (H, W), in code values of luma.

    picture: what `luma_plane` takes.  variant: "code" has the exponent of contrast as public code has it; "paper" has
    the printed signs, which give thresholds of hundreds far from the fixation.  border: "reflect" or "zero".
    fixation: (x, y) in pixels from the upper left pixel, inside the picture or not; None is its centre.
    distance: from the eye to the picture in pixels; None is that of the desktop display, 2168.
    up, down: how much further a pixel above or below the fixation counts, 1 for round contours. AFJND-style, after the
    abstract of Chen and Wu 2020, where contours of equal acuity are two half ellipses and up > down > 1; the constants
    are not from that paper, whose text is not public.
    Raises UsageError for an unknown name or a number that makes no sense, InputError for a picture below 8 x 8.
    Source: the paper, as far as public. The base 0.5 of the luminance exponent has no public source. Differs: the
    offset of contrast masking is +12, Chou and Li's, where -12 is printed, and what is still negative becomes 0;
    orderly content is the prediction of `wu2013`.
    """
    check_choice("variant", variant, VARIANTS)
    border_type(border)
    if distance is None:
        distance = desktop_distance()
    _check_geometry(fixation, distance, up, down)
    luma = luma_plane(picture)
    height, width = luma.shape
    x, y = fixation or ((width - 1) / 2, (height - 1) / 2)
    predicted = prediction(luma, border)
    jnd: Map = np.empty(luma.shape, np.float32)
    for rows, slab, inner in strips(luma.shape, HALO):
        across = np.arange(width) - x
        along = np.arange(slab.start, slab.stop) - y
        along = along * np.where(along < 0, up, down)
        apart = np.hypot(along[:, None], across).astype(np.float32)
        acuity = relative_acuity(eccentricity(apart, distance), distance)
        jnd[rows] = _foveated(luma[slab], predicted[slab], acuity, variant, border)[inner]
    return jnd


def desktop_distance() -> float:
    """How far the eye is from the desktop display, in pixels of it."""
    # A pixel is small enough for its angle to be its size over the distance.
    return math.degrees(viewing("desktop").ppd)


def eccentricity(apart: Map, distance: float) -> Map:
    """The angle between the line of reading and a pixel, float32 (H, W), degrees.

    apart: float32 (H, W), how far the pixel is from the fixation, pixels.  distance: of the eye, pixels.
    Source: Chen and Guillemot 2010.
    """
    angle: Map = np.arctan(apart * np.float32(1 / distance)) * np.float32(180 / math.pi)
    return angle


def relative_acuity(angle: Map, distance: float) -> Map:
    """The highest frequency seen at an eccentricity, as a share of that at the fixation, float32 (H, W), 0 .. 1.

    angle: float32 (H, W), degrees.  distance: pixels; what the display cannot show does not count.
    Source: Chen and Guillemot 2010: min(e2 ln(1 / CT0) / (a (e + e2)), pi distance / 360), cycles per degree.
    """
    foveal = HALF_ACUITY * math.log(1 / FOVEAL_THRESHOLD) / THRESHOLD_DECAY
    shown = math.pi * distance / 360
    highest = np.minimum(np.float32(foveal) / (angle + np.float32(HALF_ACUITY)), np.float32(shown))
    share: Map = highest * np.float32(1 / min(foveal / HALF_ACUITY, shown))
    return share


def contrast_multiplier(gradient: Map, acuity: Map, variant: str) -> Map:
    """What contrast masking is multiplied by, float32 (H, W).

    gradient: float32 (H, W), code values.  acuity: float32 (H, W), from `relative_acuity`.
    variant: "code" or "paper", which disagree on two signs.
    Source: Li, Liu and Chen 2016.
    """
    shift, offset = EXPONENT[variant]
    exponent = cv2.log(gradient * np.float32(1 / 255) + np.float32(1)) + np.float32(shift)
    exponent *= exponent
    exponent += np.float32(offset)
    exponent *= cv2.log(np.float32(1 + ACUITY_FLOOR) / (acuity + np.float32(ACUITY_FLOOR)))
    multiplier: Map = cv2.exp(exponent)
    return multiplier


def luminance_multiplier(background: Map, acuity: Map) -> Map:
    """What luminance adaptation is multiplied by, float32 (H, W), 1 at the fixation.

    background: float32 (H, W), code values.  acuity: float32 (H, W), from `relative_acuity`.
    Source: Chen and Guillemot 2010, as cited and as in public code. The base 0.5 of the exponent has no public source;
    public code has 0.05.
    """
    score = (cv2.log(background + np.float32(1)) * (1 / math.log(2)) - LUMINANCE_MEAN) / LUMINANCE_DEVIATION
    density = cv2.exp(-0.5 * score * score) / (math.sqrt(2 * math.pi) * LUMINANCE_DEVIATION)
    multiplier: Map = cv2.exp((LUMINANCE_BASE + density) * cv2.log(np.float32(2) - acuity))
    return multiplier


def _foveated(luma: Plane, predicted: Pixels, acuity: Map, variant: str, border: str) -> Map:
    background = background_luminance(predicted, border)
    gradient = maximal_gradient(predicted, border)
    masking = np.maximum(contrast_masking(gradient, background), 0)
    masking *= contrast_multiplier(gradient, acuity, variant)
    adaptation = luminance_adaptation(background) * luminance_multiplier(background, acuity)
    residual: Map = np.abs(luma.astype(np.float32) - predicted)
    return namm(namm(adaptation, masking, OVERLAP), PAPER_DISORDER_GAIN * residual, OVERLAP)


def _check_geometry(fixation: tuple[float, float] | None, distance: float, up: float, down: float) -> None:
    if fixation is not None and not (len(fixation) == 2 and all(math.isfinite(place) for place in fixation)):
        raise UsageError(f"a fixation is a point x, y in pixels, not {fixation}")
    for name, number in (("distance", distance), ("up", up), ("down", down)):
        if not (math.isfinite(number) and number > 0):
            raise UsageError(f"{name} must be a number above 0, not {number}")


CARD = Card(
    name="li2016",
    compute=li2016,
    summary="for an eye resting on one point: thresholds grow away from it",
    paper="Li, Liu and Chen, Perceptually-lossless image coding based on foveated-JND and H.265/HEVC, Journal of "
    "Visual Communication and Image Representation 40",
    year=2016,
    variants=("code", "paper"),
    options=("fixation", "distance", "up", "down"),
)
