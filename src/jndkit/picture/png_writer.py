"""The one writer of PNG files: results, sides of data sets, and the codec."""

from __future__ import annotations

import io
import os
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError
from jndkit.picture.contract import Picture, Pixels
from jndkit.picture.metadata.exif import PREFIX
from jndkit.picture.metadata.mark import MARK
from jndkit.picture.metadata.xmp import mark_xmp
from jndkit.picture.saving import write_atomic
from jndkit.picture.silence import quiet_pillow

Effort = Literal["quick", "normal", "best"]
_SETTINGS: dict[Effort, dict[str, Any]] = {"quick": {"compress_level": 1}, "normal": {}, "best": {"optimize": True}}


def save_png(
    picture_or_array: Picture | npt.NDArray[np.uint8],
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    mark: bool | None = None,
) -> None:
    """Write a PNG file; arguments and errors as for `png_bytes` and `write_atomic`."""
    write_atomic(path, png_bytes(picture_or_array, mark=mark), force=force)


def png_bytes(
    picture_or_array: Picture | npt.NDArray[np.uint8], *, mark: bool | None = None, effort: Effort = "normal"
) -> bytes:
    """A PNG file in memory.

    picture_or_array: a Picture, written as `coded` with its profile and metadata, or uint8 (H, W), (H, W, 2) grey with
        alpha, (H, W, 3) RGB, (H, W, 4) RGB with alpha.
    mark: whether its XMP block says that jndkit wrote it, and how; by default pictures do and arrays do not.
    effort: "quick" for files that nobody keeps, "best" for the smallest.
    Raises UsageError for an array of another kind.
    """
    from PIL import Image, PngImagePlugin

    settings = dict(_SETTINGS[effort])
    xmp = None
    if isinstance(picture_or_array, Picture):
        picture = picture_or_array
        pixels = _planes(picture)
        xmp = mark_xmp(picture.xmp, picture.mark) if mark or mark is None else picture.xmp
        if picture.icc is not None:
            settings["icc_profile"] = picture.icc
        if exif := (picture.exif or b"").removeprefix(PREFIX):
            settings["exif"] = exif
    else:
        pixels = _checked(picture_or_array)
        xmp = mark_xmp(None, MARK) if mark else None
    text = PngImagePlugin.PngInfo()
    if xmp is not None:
        text.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
    out = io.BytesIO()
    with quiet_pillow():  # it warns of what it finds odd in EXIF blocks
        Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG", pnginfo=text, **settings)
    return out.getvalue()


def _planes(picture: Picture) -> Pixels:
    """What the file holds: one plane for grey, which an RGB profile would contradict, and alpha where there is some."""
    one = picture.grey and (picture.icc is None or picture.icc[16:20] == b"GRAY")
    planes = picture.coded[..., 1] if one else picture.coded
    return planes if picture.alpha is None else np.dstack([planes, picture.alpha])


def _checked(array: npt.NDArray[np.uint8]) -> Pixels:
    pixels = np.asarray(array)
    planes = 1 if pixels.ndim == 2 else pixels.shape[2] if pixels.ndim == 3 else 0
    if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or 2 <= planes <= 4):
        raise UsageError(
            f"an array {pixels.shape} of {pixels.dtype} is not a picture; give uint8 (H, W) or (H, W, 2 to 4)"
        )
    if pixels.size == 0:
        raise UsageError("an empty array is not a picture")
    return pixels
