"""Liu, Lin, Paul, Deng and Zhang, "Just noticeable difference for images with decomposition model for separating edge
and textured regions", IEEE Transactions on Circuits and Systems for Video Technology 20(11), 2010.

Edges lie in the structure of a picture, texture in what is left of it; texture masks more than edges do.
"""

from __future__ import annotations

import numpy as np

from jndkit.errors import check_choice
from jndkit.picture import Pixels
from jndkit.pixelwise.card import Card
from jndkit.pixelwise.chou1995 import contrast_masking
from jndkit.pixelwise.terms.borders import border_type, strips
from jndkit.pixelwise.terms.gradients import maximal_gradient
from jndkit.pixelwise.terms.luma import Map, Pictured, Plane, luma_plane
from jndkit.pixelwise.terms.luminance import background_luminance, luminance_adaptation
from jndkit.pixelwise.terms.namm import namm
from jndkit.pixelwise.terms.tvl1 import tvl1

HALO = 2  # half of a window of 5 x 5
VARIANTS = ("code", "paper", "fast")
# How much the gradient of the structure and of the texture masks.
EDGE_GAIN, TEXTURE_GAIN = 0.7, 1.4
PAPER_EDGE_GAIN, PAPER_TEXTURE_GAIN = 0.117, 0.117 * 3  # Yang et al.'s gain, with weights of 1 and 3
LARGEST_MASKING = 10.0  # a limit of the authors' code, not of the paper
# Share of pixels on which the fast variant may stop early.
FAST_LEAVES = 1e-3


def liu2010(picture: Pictured, *, variant: str = "code", border: str = "reflect") -> Map:
    """JND map, float32 (H, W), in code values of luma.

    picture: what `luma_plane` takes.  variant: "code", the authors' code, masks by the clipped linear form of Chou and
    Li; "paper" by multiples of the gradients; "fast" is "code" with a structure that is not quite the minimiser
    (docs/reference/tvl1.md).  border: "reflect" or "zero".
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8.
    Source: the paper, its background luminance where it prints the pixel itself. Differs: "code" as said; where luma
    is not whole, the structure is that of the nearest whole numbers.
    """
    check_choice("variant", variant, VARIANTS)
    border_type(border)
    luma = luma_plane(picture)
    structure = tvl1(_rounded(luma), leave=FAST_LEAVES if variant == "fast" else 0.0)
    return masked(luma, structure, variant=variant, border=border)


def masked(luma: Plane, structure: Pixels, *, variant: str = "code", border: str = "reflect") -> Map:
    """The JND map of a plane whose structure is known, float32 (H, W), in code values.

    luma: (H, W), code values.  structure: uint8 (H, W), from `tvl1`.  variant, border: as for `liu2010`.
    """
    jnd: Map = np.empty(luma.shape, np.float32)
    for rows, slab, inner in strips(luma.shape, HALO):
        background = background_luminance(luma[slab], border)
        edge = maximal_gradient(structure[slab], border)
        texture = maximal_gradient(luma[slab].astype(np.float32) - structure[slab], border)
        if variant == "paper":
            masking = PAPER_EDGE_GAIN * edge + PAPER_TEXTURE_GAIN * texture
        else:
            masking = EDGE_GAIN * _clipped(edge, background) + TEXTURE_GAIN * _clipped(texture, background)
        jnd[rows] = namm(luminance_adaptation(background), masking)[inner]
    return jnd


def _clipped(gradient: Map, background: Map) -> Map:
    threshold = contrast_masking(gradient, background)
    return np.clip(threshold, 0, LARGEST_MASKING, out=threshold)


def _rounded(luma: Plane) -> Pixels:
    if luma.dtype == np.uint8:
        return luma.astype(np.uint8, copy=False)
    return (luma + np.float32(0.5)).astype(np.uint8)


CARD = Card(
    name="liu2010",
    compute=liu2010,
    summary="edges and texture told apart by total variation, texture masking more",
    paper="Liu et al., Just noticeable difference for images with decomposition model for separating edge and "
    "textured regions, IEEE TCSVT 20(11)",
    year=2010,
    variants=("code", "paper", "fast"),
)
