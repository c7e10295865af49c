"""Every file we can read: the picture formats, and the streams of our own codecs."""

from __future__ import annotations

import os
from pathlib import Path

from jndkit import picture
from jndkit.errors import InputError, UsageError
from jndkit.limits import check_bytes
from jndkit.picture import MAX_PIXELS, Picture

_VVC = b"\x89JVVC\r\n\x1a"
_JLIC = b"\x89JLIC\r\n\x1a"


def load(path: str | Path, *, max_pixels: int = MAX_PIXELS, damaged: str = "refuse") -> Picture:
    """The picture in a file: JPEG, PNG, WebP, AVIF, TIFF, BMP, PPM, HEIC, JPEG XL, or a `.jvvc` or `.jlic` stream.

    max_pixels: the largest width times height that is decoded.
    damaged: "refuse" raises DamagedError where the coded pixels are damaged, "keep" takes what the decoder makes of
        them, with a note. Streams of our own codecs are refused all the same: nothing is painted from a damaged one.
    Raises InputError for a file that is no such picture, UsageError for an empty name, MissingError for HEIC, JPEG XL
    and VVC without their extras, and for JND-LIC without the networks that wrote the file.
    """
    if not os.fspath(path):
        raise UsageError("an empty name is no picture")
    file = Path(path)
    start = _start(file)
    if start in (_VVC, _JLIC):
        data = _bytes_of(file)
        if start == _VVC:
            from jndkit.codecs import vvc

            return vvc.read(data, file, max_pixels)
        from jndkit.codecs import jndlic

        return jndlic.read(data, file, max_pixels)
    return picture.load(file, max_pixels=max_pixels, damaged=damaged)


def _start(file: Path) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    try:
        if not file.is_file():  # opening a pipe would wait for its other end
            return b""
        with file.open("rb") as opened:
            return opened.read(len(_VVC))
    except (OSError, ValueError):
        return b""


def _bytes_of(file: Path) -> bytes:
    try:
        check_bytes(str(file), file.stat().st_size)
        return file.read_bytes()
    except OSError as error:
        raise InputError(file, f"it cannot be read: {error.strerror}") from None
