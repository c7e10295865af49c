"""Yang, Ling, Lu, Ong and Yao, "Just noticeable distortion model and its applications in video coding", Signal
Processing: Image Communication 20(7), 2005: the nonlinear additivity model for masking (NAMM), spatial part.

Made for a viewing distance of six picture heights on a 21-inch monitor of 1600 x 1200 pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.errors import check_choice
from jndkit.picture import Picture
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.chou1995 import contrast_masking
from jndkit.pixelwise.terms.borders import border_type, strips
from jndkit.pixelwise.terms.canny import canny
from jndkit.pixelwise.terms.gaussian import smooth
from jndkit.pixelwise.terms.gradients import maximal_gradient
from jndkit.pixelwise.terms.luma import Map, Pictured, Plane, luma_plane
from jndkit.pixelwise.terms.luminance import background_luminance, luminance_adaptation
from jndkit.pixelwise.terms.namm import namm

HALO = 3  # half of the 7 x 7 window over edges, the largest here
VARIANTS = ("code", "paper")
CANNY_THRESHOLD = 0.5  # of the largest gradient
# Share of a gradient that masks on an edge, where a change is easily seen.
EDGE_WEIGHT = {"code": 0.05, "paper": 0.1}
# Gain of masking and overlap with luminance adaptation.
BETA_LUMA = 0.117
CHROMA = {"Cb": (0.65, 0.25), "Cr": (0.45, 0.2)}  # beta and overlap
# Chroma of JFIF, centred on zero.
TO_CHROMA = {"Cb": (-0.168736, -0.331264, 0.5), "Cr": (0.5, -0.418688, -0.081312)}


def yang2005(picture: Pictured, *, variant: str = "code", border: str = "reflect") -> Map:
    """JND map of luma, float32 (H, W), in code values of luma.

    picture: what `luma_plane` takes.  variant: "code", as in public code, masks by the linear form of Chou and Li and
    widens edges to 11 x 11 pixels; "paper" masks by 0.117 times the gradient.  border: "reflect" or "zero".
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8.
    Source: the spatial model of the paper. Differs: "code" as said; both take the magnitude of the gradient,
    as the code does.
    """
    check_choice("variant", variant, VARIANTS)
    border_type(border)
    luma = luma_plane(picture)
    weighted = _edge_weighted(luma, variant)
    jnd: Map = np.empty(luma.shape, np.float32)
    for rows, slab, inner in strips(luma.shape, HALO):
        background = background_luminance(luma[slab], border)
        masking = maximal_gradient(luma[slab], border) * smooth(weighted[slab], 7, 0.8, border)
        if variant == "code":
            masking = contrast_masking(masking, background)
        else:
            masking *= BETA_LUMA
        jnd[rows] = namm(luminance_adaptation(background), masking)[inner]
    return jnd


def yang2005_colour(picture: Pictured, *, variant: str = "code", border: str = "reflect") -> Map:
    """JND maps of luma, Cb and Cr, float32 (H, W, 3), in code values of those planes at full resolution.

    Arguments and errors as for `yang2005`; a plane (H, W) counts as grey.
    Source: the spatial model of the paper. Differs: the chroma planes keep the size of luma, and so does the
    edge map; both variants mask chroma by the paper's form, for lack of another.
    """
    check_choice("variant", variant, VARIANTS)
    luma = luma_plane(picture)
    rgb = np.asarray(picture.rgb if isinstance(picture, Picture) else picture)
    weighted = _edge_weighted(luma, variant)
    jnd: Map = np.empty((*luma.shape, 3), np.float32)
    jnd[..., 0] = yang2005(luma, variant=variant, border=border)
    for rows, slab, inner in strips(luma.shape, HALO):
        adaptation = luminance_adaptation(background_luminance(luma[slab], border))
        weight = smooth(weighted[slab], 7, 0.8, border)
        for plane, (name, (beta, overlap)) in enumerate(CHROMA.items(), start=1):
            masking = np.float32(beta) * maximal_gradient(_chroma(rgb[slab], name), border) * weight
            jnd[rows, :, plane] = namm(adaptation, masking, overlap)[inner]
    return jnd


def _edge_weighted(luma: Plane, variant: str) -> Map:
    """1, or the edge weight on edges, float32 (H, W), not smoothed yet."""
    edges = canny(luma, CANNY_THRESHOLD)
    if variant == "code":
        # MATLAB's strel('disk', 6, 6), which is a square of 11 x 11.
        edges = cv2.dilate(edges, np.ones((11, 11), np.uint8))
    weights = np.array([1.0, EDGE_WEIGHT[variant]], np.float32)
    weighted: Map = weights[edges]
    return weighted


def _chroma(rgb: npt.NDArray[np.generic], name: str) -> Map:
    """Cb or Cr of an sRGB-encoded picture (H, W, 3), less 128; zero for a plane (H, W)."""
    if rgb.ndim == 2:
        return np.zeros(rgb.shape, np.float32)
    chroma: Map = rgb.astype(np.float32) @ np.array(TO_CHROMA[name], np.float32)
    return chroma


CARD = Card(
    name="yang2005",
    compute=yang2005,
    summary="the same, added with their overlap taken off, masking less on edges",
    paper="Yang et al., Just noticeable distortion model and its applications in video coding, Signal Processing: "
    "Image Communication 20(7)",
    year=2005,
    variants=("code", "paper"),
)
