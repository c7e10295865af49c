"""Colour spaces to sRGB, by lcms2, relative colorimetric with black point compensation.

Source: ICC.1:2022 (rendering intents); IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from jndkit.picture.contract import Pixels

if TYPE_CHECKING:
    from PIL import Image

_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}


@dataclass(frozen=True)
class Profile:
    """mode: Pillow's mode of the pixels it describes.  srgb: it says what sRGB says, to one code value."""

    name: str
    mode: str
    transform: Any
    srgb: bool


@lru_cache(maxsize=1)
def _srgb_profile() -> Any:
    from PIL import ImageCms

    return ImageCms.createProfile("sRGB")


@lru_cache(maxsize=16)
def profile(icc: bytes) -> Profile | None:
    """The profile in `icc` with its transform to sRGB, or None where lcms2 cannot use it."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        mode = _SPACES[source.profile.xcolor_space.strip()]
        transform = ImageCms.buildTransform(
            source,
            _srgb_profile(),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, KeyError, OSError, ValueError, TypeError, AttributeError):
        return None
    return Profile(_name(source), mode, transform, mode == "RGB" and _is_identity(transform))


def _name(source: Any) -> str:
    try:
        name = (source.profile.profile_description or "").strip(" \0")
    except ValueError:  # characters that no text can hold
        name = ""
    return name[:80] or "without a name"


def _grid() -> Pixels:
    """uint8 (17, 289, 3): colours spread evenly over the cube."""
    steps = np.round(np.linspace(0, 255, 17)).astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(17, 289, 3)


def _is_identity(transform: Any) -> bool:
    colours = _grid()
    changed = apply(transform, colours).astype(np.int16) - colours
    return int(np.abs(changed).max()) <= 1


def apply(transform: Any, pixels: Pixels) -> Pixels:
    """uint8 (H, W, 3) sRGB of uint8 pixels (H, W) or (H, W, 3) in the transform's own space."""
    from PIL import Image

    return image_to_srgb(transform, Image.fromarray(pixels))


def image_to_srgb(transform: Any, image: Image.Image) -> Pixels:
    """uint8 (H, W, 3) sRGB of a Pillow image in the transform's mode."""
    from PIL import ImageCms

    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        raise ValueError("the colour conversion gave nothing")
    return np.asarray(converted)


def grey_table(described: Profile) -> Pixels | None:
    """uint8 (256,): sRGB code values of one channel in that profile; None where it describes neither grey nor RGB."""
    ramp = np.arange(256, dtype=np.uint8)[None, :]
    if described.mode == "L":
        return np.ascontiguousarray(apply(described.transform, ramp)[0, :, 1])
    if described.mode == "RGB":
        return np.ascontiguousarray(apply(described.transform, np.repeat(ramp[..., None], 3, axis=2))[0, :, 1])
    return None


def lab_transform() -> Any:
    """The transform from CIE L*a*b* (D50) to sRGB."""
    from PIL import ImageCms

    return ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), _srgb_profile(), "LAB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
