"""Every file that can be read: the picture formats, and streams of our own. The only `load` outside `picture/`."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path

from jndkit import picture
from jndkit.errors import InputError, UsageError
from jndkit.limits import MAX_PIXELS, check_bytes
from jndkit.picture import Picture
from jndkit.picture.formats.sniffing import ENDINGS

SUFFIXES = frozenset({suffix for suffixes in ENDINGS.values() for suffix in suffixes} | {".jvvc", ".jlic"})
"""Of files that are taken for pictures by their names; `load` itself goes by what a file begins with."""

# What streams of our own begin with, and the module whose `read` opens them: imported when one turns up.
_STREAMS = {b"\x89JVVC\r\n\x1a": "jndkit.codecs.vvc", b"\x89JLIC\r\n\x1a": "jndkit.codecs.jndlic"}
_LONGEST = max(map(len, _STREAMS))

_Read = Callable[[bytes, Path, int], Picture]


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
    module = _STREAMS.get(_start(file))
    if module is not None:
        read: _Read = importlib.import_module(module).read
        return read(_bytes_of(file), file, max_pixels)
    return picture.load(file, max_pixels=max_pixels, damaged=damaged)


def _start(file: Path) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    try:
        if not file.is_file():  # opening a pipe would wait for its other end
            return b""
        with file.open("rb") as opened:
            return opened.read(_LONGEST)
    except (OSError, ValueError):
        return b""


def _bytes_of(file: Path) -> bytes:
    try:
        check_bytes(str(file), file.stat().st_size)
        return file.read_bytes()
    except OSError as error:
        raise InputError(file, f"it cannot be read: {error.strerror}") from None
