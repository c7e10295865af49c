"""The display model: from sRGB code values to light, and to opponent colour."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.observers.cvvdp.constants import constants
from jndkit.picture import Pixels
from jndkit.picture.colour.transfer import light_of_codes
from jndkit.threads import over_strips
from jndkit.viewing import Viewing

Plane = npt.NDArray[np.float32]


@lru_cache(maxsize=8)
def emitted_light(viewing: Viewing) -> Plane:
    """float32 (256,): luminance in cd/m2 a display emits and reflects for each 8-bit sRGB code value.

    Source: gain-offset-gamma display model with the sRGB transfer function, IEC 61966-2-1.
    """
    light = (viewing.peak - viewing.black) * light_of_codes() + viewing.black + viewing.reflected
    return light.astype(np.float32)


def to_opponent(rgb: Pixels, viewing: Viewing) -> list[Plane]:
    """Three float32 (H, W) planes in cd/m2: achromatic, red-green, violet-yellow (DKL space, D65 white).

    rgb: uint8 (H, W, 3), sRGB-encoded.
    """
    height, width = rgb.shape[:2]
    planes = [np.empty((height, width), np.float32) for _ in range(3)]

    def work(top: int, bottom: int) -> None:
        opponent_rows(rgb[top:bottom], viewing, [plane[top:bottom] for plane in planes])

    over_strips(work, height, width)
    return planes


def opponent_rows(rgb: Pixels, viewing: Viewing, out: list[Plane] | None = None) -> list[Plane]:
    """The same of a few rows, in this thread. out: where the planes go."""
    matrix = constants().rgb_to_dkl.astype(np.float32)
    planes = out or [np.empty(rgb.shape[:2], np.float32) for _ in range(3)]
    lit = cv2.LUT(rgb, emitted_light(viewing))
    for channel, plane in enumerate(planes):
        cv2.transform(lit, matrix[channel : channel + 1], dst=plane)
    return planes
