"""Every file that can be read: the picture formats, and the streams of codecs. The only `load` outside `picture/`."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

from jndkit import picture
from jndkit.codecs import by_suffix, codec
from jndkit.errors import FormatError, InputError, UsageError
from jndkit.limits import MAX_PIXELS, check_bytes
from jndkit.picture import Picture
from jndkit.picture.formats.sniffing import ENDINGS

SUFFIXES = frozenset({suffix for suffixes in ENDINGS.values() for suffix in suffixes} | {".jvvc", ".jlic"})
"""Of files that are taken for pictures by their names; `load` itself goes by what a file begins with."""

# What streams of our own begin with, and the module whose `read` opens them: imported when one turns up.
_STREAMS = {b"\x89JVVC\r\n\x1a": "jndkit.codecs.vvc", b"\x89JLIC\r\n\x1a": "jndkit.codecs.jndlic"}
_LONGEST = max(map(len, _STREAMS))

_Read = Callable[[bytes, Path, int], Picture]


class Reader(Protocol):
    """A codec that opens files in a format of its own, which may come from anywhere.

    A codec without `read` only decodes what this process encoded, see `codecs.contract.Codec.decode`.
    """

    def read(self, data: bytes, path: Path, max_pixels: int) -> Picture:
        """The picture in a file. Raises InputError for what it cannot read or what is too large."""
        ...


def load(path: str | Path, *, max_pixels: int = MAX_PIXELS, damaged: str = "refuse") -> Picture:
    """The picture in a file: JPEG, PNG, WebP, AVIF, TIFF, BMP, PPM, HEIC, JPEG XL, or a `.jvvc` or `.jlic` stream.

    A file in none of these is opened by the codec that its suffix belongs to, where that is a `Reader`.

    max_pixels: the largest width times height that is decoded.
    damaged: "refuse" raises DamagedError where the coded pixels are damaged, "keep" takes what the decoder makes of
        them, with a note. Streams of codecs are refused all the same: nothing is painted from a damaged one.
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
    try:
        return picture.load(file, max_pixels=max_pixels, damaged=damaged)
    except FormatError:
        reader = _reader(file.suffix)
        if reader is None:
            raise
    return reader.read(_bytes_of(file), file, max_pixels)


def _reader(suffix: str) -> Reader | None:
    """The codec whose own files have this suffix, where it opens them itself."""
    try:
        owner = codec(by_suffix(suffix))
    except UsageError:
        return None
    return cast(Reader, owner) if hasattr(owner, "read") else None


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
