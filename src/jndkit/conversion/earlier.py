"""What earlier runs left: read from the files themselves, which say of what they were made and how."""

from __future__ import annotations

import os
import re
from pathlib import Path

from jndkit.errors import InputError, OutputError
from jndkit.evidence import Row
from jndkit.picture import digest
from jndkit.picture.metadata.mark import Mark, parse, source_of
from jndkit.provenance import describe, recall, told
from jndkit.settings import Settings

# The marks that the codecs write: in XMP, in a JPEG comment, in a PNG text, or a container of our own.
# A mark is printable text without quotes and angle brackets, which would end it in XMP.
_MARK = re.compile(
    rb"""(?:urn:jndkit:mark:1"\s+jndkit:Encoder="|\xff\xfe..|Software\0+)(jndkit \d[ !#-;=?-~]*)""", re.DOTALL
)
# What says that a file is ours where no mark of it can be read.
_OTHER_MARK = re.compile(rb"urn:jndkit:mark:|\A\x89J(?:VVC|LIC)\r\n\x1a")
_LAST_MARK = re.compile(rb"jndkit \d[ -~]*\Z")  # what a .jlic file ends with
_LOOKED_AT = 1 << 18  # bytes at either end of a file, where metadata lies


def read_mark(path: Path) -> Mark | None:
    """What a file says of its making, as far as its first and last 256 KiB tell; None where it is not ours."""
    if not os.path.isfile(path):  # opening a pipe would wait for its other end
        return None
    try:
        with path.open("rb") as file:
            start = file.read(_LOOKED_AT)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(len(start), size - _LOOKED_AT))
            end = file.read(_LOOKED_AT)
    except OSError:
        return None
    mark = _MARK.search(start) or _MARK.search(end)
    if mark is not None:
        return parse(mark[1].decode("ascii"))
    if not (_OTHER_MARK.search(start) or _OTHER_MARK.search(end)):
        return None
    last = _LAST_MARK.search(end or start)
    return (last and parse(last[0].decode("ascii"))) or Mark("")


def is_ours(path: Path) -> bool:
    """Whether the file says that jndkit wrote it."""
    return read_mark(path) is not None


def done_before(path: Path, results: dict[Path, Mark], settings: Settings) -> Row | None:
    """The row of an input that a result was made of with these settings, told from that file; None without one.

    results: files that may be its results.  Raises OutputError where that file cannot be read any more.
    """
    asked = told(settings)
    candidates = {name: mark for name, mark in results.items() if mark.source and mark.settings == asked}
    sha256 = digest(path) if candidates else None
    if sha256 is None:
        return None
    for name, mark in candidates.items():
        if mark.source != source_of(sha256):
            continue
        row = Row(input=str(path), status="skipped")
        describe(row, settings)
        row.input_sha256, row.input_bytes = sha256, path.stat().st_size
        try:
            recall(row, name, mark)
        except OSError as error:
            raise OutputError(name, f"it cannot be read: {error.strerror}") from None
        row.notes.append(f"{name} was written by jndkit before; --force encodes it again")
        return row
    return None


def refuse_others(path: Path, results: dict[Path, Mark], settings: Settings) -> None:
    """Raises OutputError where a result that would have to be replaced is of another picture or other settings."""
    for name, mark in results.items():
        sha256 = digest(path)
        if sha256 is None:
            raise InputError(path, "there is no such file" if not os.path.exists(path) else "it cannot be read")
        raise OutputError(name, f"{_made_of(mark, sha256, settings)}; --force replaces it")


def codec_asked(mark: Mark) -> str | None:
    """The codec that the run asked for; None where the mark does not say."""
    if mark.settings is None or mark.settings.startswith("sha256="):
        return None
    named = re.search(r"(?:^| )codec=(\S+)", mark.settings)
    return named[1] if named else Settings.codec


def _made_of(mark: Mark, sha256: str, settings: Settings) -> str:
    """What a result is of, where that is not this run's picture with this run's settings."""
    if mark.source is None:
        return f"it was written by jndkit {mark.version}".rstrip() + ", and does not say of which picture"
    if mark.source != source_of(sha256):
        return "it was written by jndkit from another picture, or from this one before it was changed"
    before, now = (asked or "the defaults" for asked in (mark.settings, told(settings)))
    return f"it was written by jndkit with {before}, and this run asks for {now}"
