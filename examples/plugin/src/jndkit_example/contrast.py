"""A JND model: a pixel may move by half of the contrast around it, and by three code values anywhere."""

from __future__ import annotations

import cv2
import numpy as np

from jndkit.errors import check_choice
from jndkit.pixelwise import Card
from jndkit.pixelwise.terms.borders import border_type
from jndkit.pixelwise.terms.luma import Map, Pictured, luma_plane

SIDE = 7  # pixels of the neighbourhood
SHARE = 0.5
LEAST = 3.0  # code values


def contrast(picture: Pictured, *, variant: str = "code", border: str = "reflect") -> Map:
    """JND map, float32 (H, W), in code values of luma.

    picture: what `luma_plane` takes.  variant: "code", the only one.  border: "reflect" or "zero".
    Raises UsageError for an unknown name, InputError for a picture below 8 x 8.
    """
    check_choice("variant", variant, CARD.variants)
    luma = luma_plane(picture).astype(np.float32)
    frame = border_type(border)
    mean = cv2.blur(luma, (SIDE, SIDE), borderType=frame)
    square = cv2.sqrBoxFilter(luma, cv2.CV_32F, (SIDE, SIDE), borderType=frame)
    # A variance that is zero may come out below it by rounding.
    deviation = np.sqrt(np.maximum(square - mean * mean, 0.0))
    jnd: Map = np.maximum(np.float32(SHARE) * deviation, np.float32(LEAST))
    return jnd


CARD = Card(
    name="contrast",
    compute=contrast,
    summary="half of the standard deviation of 7 x 7 pixels, at least 3 code values",
    licence="CC0-1.0",
)
