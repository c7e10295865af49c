"""Pillow's plugins, each called by itself, and what becomes of the kinds of pixels they give."""

from __future__ import annotations

import importlib
import io
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.errors import LimitError
from jndkit.limits import check_size
from jndkit.picture.colour import profiles
from jndkit.picture.contract import Pixels
from jndkit.picture.raster import Raster
from jndkit.picture.silence import quiet_opencv, quiet_stderr

_ROWS = 512
_PLUGINS = {
    "JPEG": ("JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PngImagePlugin", "PngImageFile"),
    "WEBP": ("WebPImagePlugin", "WebPImageFile"),
    "AVIF": ("AvifImagePlugin", "AvifImageFile"),
    "TIFF": ("TiffImagePlugin", "TiffImageFile"),
    "BMP": ("BmpImagePlugin", "BmpImageFile"),
}


def open_image(data: bytes, format_name: str, path: str | None, max_pixels: int) -> Any:
    """A Pillow image with its header read. The plugin is called itself, so that no other is tried."""
    module, name = _PLUGINS[format_name]
    image = getattr(importlib.import_module(f"PIL.{module}"), name)(io.BytesIO(data))
    check_size(path, image.width, image.height, max_pixels)
    # Pages of a TIFF file may be previews of the first; its own reader has looked at them.
    if format_name != "TIFF" and getattr(image, "n_frames", 1) > 1:
        raise LimitError(path, "the picture is animated; only still pictures are read")
    return image


def block(info: dict[str, Any], name: str) -> bytes | None:
    """A block of metadata from what Pillow knows, None where it is missing, empty or, in odd files, no bytes."""
    value = info.get(name)
    return value if isinstance(value, bytes) and value else None


def _array(image: Any) -> Pixels:
    """The samples of a Pillow image, strip by strip: at once it would copy them twice on the way."""
    first = np.asarray(image.crop((0, 0, image.width, min(_ROWS, image.height))))
    if image.height <= _ROWS:
        return first
    samples: Pixels = np.empty((image.height, *first.shape[1:]), first.dtype)
    samples[:_ROWS] = first
    for top in range(_ROWS, image.height, _ROWS):
        samples[top : top + _ROWS] = image.crop((0, top, image.width, min(top + _ROWS, image.height)))
    return samples


def _as(image: Any, mode: str) -> Any:
    return image if image.mode == mode else image.convert(mode)


def raster_of(image: Any) -> Raster:
    """Pixels and blocks of a Pillow image of 8 bits or fewer per channel."""
    info = image.info
    image.load()
    raster = Raster(
        np.empty((0, 0), np.uint8), icc=block(info, "icc_profile"), exif=block(info, "exif"), xmp=block(info, "xmp")
    )
    raster.bound_blocks()
    mode = image.mode
    if mode in ("CMYK", "LAB"):
        raster.pixels = _printed(image, raster)
    elif mode in ("1", "L"):
        raster.pixels = _array(_as(image, "L"))
    elif mode in ("LA", "La"):
        image = _as(image, "LA")
        raster.pixels, raster.alpha = _array(image.getchannel("L")), _array(image.getchannel("A"))
    elif mode in ("RGBA", "RGBa", "PA") or (mode == "P" and "transparency" in info):
        image = _as(image, "RGBA")
        raster.pixels, raster.alpha = _array(image.convert("RGB")), _array(image.getchannel("A"))
    elif mode in ("RGB", "RGBX", "P", "YCbCr"):
        raster.pixels = _array(_as(image, "RGB"))
    else:
        raise ValueError(f"pixels of the kind {mode!r} are not read")
    if mode in ("P", "PA"):
        raster.notes.append("the palette is expanded")
    return raster


def _printed(image: Any, raster: Raster) -> Pixels:
    """sRGB of a CMYK or Lab image. Its profile describes other channels than those we write, so it goes."""
    mode: str = image.mode
    described = profiles.profile(raster.icc) if raster.icc and mode == "CMYK" else None
    raster.icc = None
    if mode == "LAB":
        raster.notes.append("converted from Lab to sRGB")
        return profiles.image_to_srgb(profiles.lab_transform(), image)
    if described is None or described.mode != mode:
        raster.notes.append("converted from CMYK without a usable profile to sRGB")
        return np.asarray(image.convert("RGB"))
    raster.notes.append(f"converted from CMYK with the profile {described.name!r} to sRGB")
    return profiles.image_to_srgb(described.transform, image)


def opencv_16(data: bytes) -> npt.NDArray[np.uint16] | None:
    """Samples of 16 bits in OpenCV's order (blue first), or None where it cannot read them."""
    import cv2

    try:
        with quiet_opencv(), quiet_stderr():
            stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    return stored if stored is not None and stored.dtype == np.uint16 else None
