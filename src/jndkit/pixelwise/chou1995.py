"""Chou and Li, "A perceptually tuned subband image coder based on the measure of just-noticeable-distortion profile",
IEEE Transactions on Circuits and Systems for Video Technology 5(6), 1995: the profile in the pixel domain.

Made for a viewing distance of about six picture heights, a 19-inch monitor and a dark room.
"""

from __future__ import annotations

import numpy as np

from jndkit.errors import check_choice
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.terms.borders import border_type, strips
from jndkit.pixelwise.terms.gradients import maximal_gradient
from jndkit.pixelwise.terms.luma import Map, Pictured, Plane, luma_plane
from jndkit.pixelwise.terms.luminance import background_luminance, luminance_adaptation
from jndkit.pixelwise.terms.namm import namm

HALO = 2  # half of a window of 5 x 5


def chou1995(picture: Pictured, *, variant: str = "code", border: str = "reflect") -> Map:
    """JND map, float32 (H, W), in code values of luma.

    picture: what `luma_plane` takes.  variant: "paper" is the larger of contrast masking and luminance adaptation;
    "code", the form public code uses under this name, adds them by NAMM.  border: "reflect" or "zero".
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8.
    Source: equation 1 and the functions in it. Differs: "code" as said.
    """
    check_choice("variant", variant, ("code", "paper"))
    border_type(border)
    luma = luma_plane(picture)
    jnd: Map = np.empty(luma.shape, np.float32)
    for rows, slab, inner in strips(luma.shape, HALO):
        jnd[rows] = _profile(luma[slab], variant, border)[inner]
    return jnd


def contrast_masking(gradient: Map, background: Map) -> Map:
    """f1: gradient * (0.0001 background + 0.115) + 0.5 - 0.01 background, all float32 (H, W), code values.

    Negative on bright smooth areas, and left so.
    Source: the function f1 of the paper.
    """
    threshold: Map = gradient * (background * np.float32(0.0001) + np.float32(0.115))
    threshold += np.float32(0.5) - background * np.float32(0.01)
    return threshold


def _profile(luma: Plane, variant: str, border: str) -> Map:
    background = background_luminance(luma, border)
    adaptation = luminance_adaptation(background)
    masking = contrast_masking(maximal_gradient(luma, border), background)
    if variant == "paper":
        larger: Map = np.maximum(masking, adaptation)
        return larger
    return namm(adaptation, masking)


CARD = Card(
    name="chou1995",
    compute=chou1995,
    summary="luminance adaptation and contrast masking",
    paper="Chou and Li, A perceptually tuned subband image coder based on the measure of just-noticeable-distortion "
    "profile, IEEE TCSVT 5(6)",
    year=1995,
    variants=("code", "paper"),
)
