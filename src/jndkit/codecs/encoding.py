"""What every binding does around its encoder: choose the samples, mind the limits, turn failures into CodecError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from jndkit.errors import CodecError, MissingError, SizeError, UsageError
from jndkit.picture import Picture, Pixels, flatten, from_bytes, png_bytes


def samples(picture: Picture, carries: frozenset[str]) -> Pixels:
    """What the encoder gets: uint8 (H, W), (H, W, 2), (H, W, 3) or (H, W, 4), by grey and alpha.

    carries: what the format can hold.  Without "icc" the sRGB pixels are taken, without "alpha" the picture is laid
    over white, without "grey" three equal planes are written.
    """
    pixels = picture.coded if "icc" in carries else picture.rgb
    if "alpha" not in carries:
        pixels = flatten(replace(picture, rgb=pixels), 255)
    if one_channel(picture, carries):
        pixels = pixels[..., :1]
    if picture.alpha is not None and "alpha" in carries:
        pixels = np.dstack([pixels, picture.alpha])
    return np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def one_channel(picture: Picture, carries: frozenset[str]) -> bool:
    """Whether the colour of the picture is written as one channel, which an RGB profile would contradict."""
    profile = picture.icc if "icc" in carries else None
    # Bytes 16 to 19 of an ICC profile name the space of its colours.
    return "grey" in carries and picture.grey and (profile is None or profile[16:20] == b"GRAY")


def tiff_block(exif: bytes | None) -> bytes | None:
    """An EXIF block from its TIFF header on, without the identifier that JPEG files put before it."""
    return exif.removeprefix(b"Exif\0\0") or None if exif else None


def check_size(name: str, picture: Picture, side: int, pixels: int | None = None) -> None:
    """Raises SizeError where the format cannot hold so many pixels in a row, a column or in all."""
    width, height = picture.width, picture.height
    if max(width, height) > side:
        raise SizeError(f"{name} holds at most {side} pixels a side, and the picture has {width} x {height}")
    if pixels is not None and width * height > pixels:
        raise SizeError(f"{name} holds at most {pixels} pixels, and the picture has {width} x {height}")


@contextmanager
def failing(name: str, part: str) -> Iterator[None]:
    """Whatever a library raises becomes CodecError with the codec's name and the reason. part: "encoder", "decoder"."""
    try:
        yield
    except (CodecError, MissingError, UsageError):
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise CodecError(f"the {name} {part} failed: {reason}") from error


def read_back(name: str, data: bytes) -> Picture:
    """The picture in a file this process wrote. Raises CodecError."""
    with failing(name, "decoder"):
        return from_bytes(data, trusted=True)


def described(
    pixels: Pixels, *, grey: bool, icc: bytes = b"", exif: bytes = b"", xmp: bytes = b"", max_pixels: int
) -> Picture:
    """Decoded pixels with their profile and metadata, read by the one converter, which reads files: a PNG in memory.

    pixels: uint8 (H, W, 3), in the space of `icc`.  grey: one channel is meant.  exif: from its TIFF header on.
    max_pixels: the largest width times height.  Raises InputError.
    """
    # Only a profile concerns the pixels.
    file = Picture(pixels if icc else pixels[:1, :1], icc=icc or None, exif=exif or None, xmp=xmp or None)
    data = png_bytes(file, mark=False, effort="quick")  # it never leaves memory
    picture = from_bytes(data, max_pixels=max_pixels, trusted=True)
    return picture if icc else replace(picture, rgb=pixels, grey=grey)
