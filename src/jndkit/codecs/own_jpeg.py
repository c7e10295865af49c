"""The JPEG file that a picture was read from, for what works on its coefficients."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from jndkit.errors import CodecError, JndError
from jndkit.picture import Picture, from_bytes


def own_jpeg(picture: Picture, does: str, *, with_metadata: bool) -> bytes:
    """The bytes of the JPEG file that shows this very picture.

    does: who asks and why, for messages: "jxl:jpeg carries".
    with_metadata: whether the picture's profile, EXIF, XMP and gain map must be the file's too.
    Raises CodecError where the picture is not what a file shows that can still be read.
    """
    source = picture.source
    if source is None or source.path is None or source.format != "JPEG":
        raise CodecError(f"{does} a JPEG file, and the picture comes from none")
    try:
        data = Path(source.path).read_bytes()
    except OSError as error:
        raise CodecError(f"{does} the JPEG file, which cannot be read again: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise CodecError(f"{does} the JPEG file, which has changed since it was read")
    try:
        shown = from_bytes(data, max_pixels=picture.width * picture.height, trusted=True)
    except JndError as error:
        raise CodecError(f"{does} whole JPEG files only: {error}") from error
    pixels = picture.alpha is None and np.array_equal(shown.coded, picture.coded)
    blocks = all(getattr(shown, name) == getattr(picture, name) for name in ("icc", "exif", "xmp", "gain_map"))
    if not pixels or (with_metadata and not blocks):
        what = "the picture or its metadata" if with_metadata else "the picture"
        raise CodecError(f"{does} the JPEG file as it is, and {what} was changed")
    return data
