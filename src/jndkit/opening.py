"""Every file we can read: the picture formats, and the files of codecs that have a format of their own."""

from __future__ import annotations

import os
from pathlib import Path

from jndkit import codecs, picture
from jndkit.errors import InputError, UsageError
from jndkit.picture import MAX_PIXELS, Picture
from jndkit.picture.formats.sniffing import is_known
from jndkit.picture.limits import check_bytes

_START = 2048
"""Bytes by which a format is told."""


def load(path: str | Path, *, max_pixels: int = MAX_PIXELS, damaged: str = "refuse") -> Picture:
    """The picture in a file: JPEG, PNG, WebP, AVIF, TIFF, BMP, PPM, HEIC, JPEG XL, `.jvvc`, `.jlic`, or what a codec of
    another package says it reads.

    max_pixels: the largest width times height that is decoded.
    damaged: "refuse" raises DamagedError where the coded pixels are damaged, "keep" takes what the decoder makes of
        them, with a note. Files that a codec reads are refused all the same: nothing is painted from a damaged one.
    Raises InputError for a file that is no such picture, UsageError for an empty name, MissingError for HEIC, JPEG XL
    and VVC without their extras, and for JND-LIC without the networks that wrote the file.
    """
    if not os.fspath(path):
        raise UsageError("an empty name is no picture")
    file = Path(path)
    start = _start(file)
    if start and not is_known(start):
        reader = codecs.reader(start)
        if reader is not None:
            return reader(_bytes_of(file), file, max_pixels)
    return picture.load(file, max_pixels=max_pixels, damaged=damaged)


def _start(file: Path) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    try:
        if not file.is_file():  # opening a pipe would wait for its other end
            return b""
        with file.open("rb") as opened:
            return opened.read(_START)
    except (OSError, ValueError):
        return b""


def _bytes_of(file: Path) -> bytes:
    try:
        check_bytes(str(file), file.stat().st_size)
        return file.read_bytes()
    except OSError as error:
        raise InputError(file, f"it cannot be read: {error.strerror}") from None
