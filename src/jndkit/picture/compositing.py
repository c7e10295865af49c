"""A picture with transparency as it looks over a plain background."""

from __future__ import annotations

import numpy as np

from jndkit.errors import UsageError
from jndkit.picture.contract import Picture, Pixels


def flatten(picture: Picture, level: int) -> Pixels:
    """uint8 (H, W, 3): `rgb` over a grey background, mixed in sRGB code values as browsers do.

    level: the background, 0 to 255.  An opaque picture comes back as it is, uncopied.
    Raises UsageError for a level outside.
    """
    if not 0 <= level <= 255:
        raise UsageError(f"background {level}: must lie between 0 and 255")
    if picture.alpha is None:
        return picture.rgb
    cover = picture.alpha.astype(np.uint16)[..., None]
    mixed = picture.rgb * cover + (np.uint16(level) * (255 - cover) + np.uint16(127))  # half of 255, to round
    return (mixed // np.uint16(255)).astype(np.uint8)
