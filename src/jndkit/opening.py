"""Every file that can be read: the picture formats, and the formats that a codec brings. The only `load` outside
`picture/`.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from jndkit import codecs, picture
from jndkit.errors import InputError, UsageError
from jndkit.limits import MAX_PIXELS, check_bytes
from jndkit.picture import Damaged, Picture, resampled
from jndkit.picture.formats.sniffing import ENDINGS, is_known

_START = 2048
"""Bytes by which a format is told."""


@cache
def picture_suffixes() -> frozenset[str]:
    """Of files that are taken for pictures by their names; `load` itself goes by what a file begins with.

    Formats that only a codec reads are among them, those of other packages' codecs too; asking imports them all.
    """
    pictures = {suffix for endings in ENDINGS.values() for suffix in endings}
    # Without a magic a card opens nothing, whatever it reads.
    streams = {
        suffix
        for card in codecs.CODECS.everything()
        if card.read is not None and card.magic
        for suffix in (card.suffix, *card.also)
    }
    return frozenset(pictures | streams)


def load(path: str | Path, *, max_pixels: int = MAX_PIXELS, damaged: Damaged = "refuse") -> Picture:
    """The picture in a file: JPEG, PNG, WebP, AVIF, TIFF, BMP, PPM, HEIC, JPEG XL, or what a codec alone reads, such as
    `.bpg`, `.jvvc` and `.jlic`.

    max_pixels: the largest width times height that is decoded.
    damaged: "refuse" raises DamagedError where the coded pixels are damaged, "keep" takes what the decoder makes of
        them, with a note. What a codec alone reads is refused all the same: nothing is painted from a damaged file.
    Raises InputError for a file that is no such picture, UsageError for an empty name, MissingError for HEIC, JPEG XL,
    VVC and BPG without their extras, and for JND-LIC without the networks that wrote the file.
    """
    if not os.fspath(path):
        raise UsageError("an empty name is not a picture")
    file = Path(path)
    start = _start(file)
    # Codecs are asked last, since asking them imports them.
    reader = codecs.reader(start) if start and not is_known(start) else None
    if reader is not None:
        return reader(_bytes_of(file), file, max_pixels)
    return picture.load(file, max_pixels=max_pixels, damaged=damaged)


def opened(
    source: str | Path | Picture,
    *,
    max_pixels: int = MAX_PIXELS,
    damaged: Damaged = "refuse",
    width: int | None = None,
) -> Picture:
    """A picture that is given, or the one in the file that is named.

    width: as of `picture.resampled`.  Other arguments and errors as `load`.
    """
    picture = source if isinstance(source, Picture) else load(source, max_pixels=max_pixels, damaged=damaged)
    return resampled(picture, width)


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
