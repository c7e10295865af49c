"""A picture of a corpus and what came of it, whatever the work: what a worker is given and what the ledger gets."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jndkit.batch.catalogue import Known
from jndkit.batch.failures import Died, explained
from jndkit.batch.pixels import guessed_pixels, header_pixels
from jndkit.batch.places import Entry, Place
from jndkit.errors import InputError, JndError
from jndkit.evidence import Row

LEDGER_KEY = "ledger"
"""Under which a row in the ledger says which picture it is of, beside the keys of all rows."""

_SMALL = 200_000  # bytes of a file of this machine below which its size is guessed, not read
# What is wrong with a picture that could be read stays wrong; everything else may pass.
_FINAL = frozenset(
    {"InputError", "FormatError", "LimitError", "DamagedError", "CodecError", "TargetError", "UsageError"}
)


@dataclass(frozen=True)
class Piece:
    """A picture to do. target: its output below the destination, without suffix.  address: of the picture, for people.

    pixels: about how large it is.  known: what the ledger says where only the file's contents can tell whether that
    still stands.  taken: whether the destination has a file that the output may replace.
    """

    entry: Entry
    target: str
    address: str
    pixels: int
    known: Known | None = None
    taken: bool = False


def piece_of(
    source: Place, entry: Entry, max_pixels: int, target: str = "", known: Known | None = None, taken: bool = False
) -> Piece:
    """A picture of a place, about as large as the size of its file says; a large file of this machine as its header."""
    pixels = guessed_pixels(entry.name, entry.size)
    if entry.size is not None and entry.size > _SMALL:
        path = source.local(entry.name)
        pixels = (header_pixels(str(path)) if path is not None else None) or pixels
    return Piece(entry, target, source.address(entry.name), min(pixels, max_pixels), known, taken)


@dataclass(frozen=True)
class Made:
    """What came of the picture of that name. known: for the ledger.  row: None where its earlier row still stands.

    more: keys of the ledger's row that are none of a `Row`.
    """

    name: str
    known: Known
    row: Row | None = None
    made: float = field(default_factory=time.time)
    more: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """As it stands in the ledger; without a row it only tells that the picture's file has another date now."""
        told = {"name": self.name, **self.known._asdict(), "made": self.made}
        return {**({} if self.row is None else vars(self.row)), **self.more, LEDGER_KEY: told}


def made_of(
    entry: Entry,
    row: Row,
    sha256: str | None,
    request: str,
    output: str | None = None,
    *,
    final: bool | None = None,
    beside: Sequence[tuple[str, str]] = (),
    more: dict[str, Any] | None = None,
) -> Made:
    """The result of a picture. sha256: of what was read of it.

    request: a hash of the settings and versions.  output: its file's name below the destination.
    final: whether doing it again would come to the same; None to tell it from the row.
    beside: name and SHA-256 of the other files that were made of it.  more: as of `Made`.
    """
    error = None if row.error is None else row.error["type"]
    if final is None:
        final = error is None or (sha256 is not None and error in _FINAL)
    now = time.time()
    told = (row.output_sha256, final, row.status, row.bytes, row.input_bytes, error, now, tuple(beside))
    known = Known(key_of(sha256, request), entry.size, entry.version, output, *told)
    return Made(entry.name, known, row, now, more or {})


def stands(piece: Piece) -> Made:
    """The result of a picture whose earlier row stands: its file may have another date now."""
    if piece.known is None:
        raise RuntimeError("nothing was known of it")
    entry = piece.entry
    return Made(entry.name, piece.known._replace(size=entry.size, version=entry.version))


def lost(piece: Piece, error: Exception, request: str) -> Made:
    """The result of a picture that was given up. It is not tried again where it was its own doing."""
    row = Row(input=piece.address, status="failed", error=explained(error, piece.address))
    outside = isinstance(error, Died) and error.outside
    return made_of(piece.entry, row, None, request, final=not outside)


def refused(piece: Piece, error: JndError | None = None) -> Row:
    """The row of a picture that cannot be read: for that error, or as its entry says."""
    kind = InputError if error is None else type(error)
    message = piece.entry.error if error is None else str(error)
    return Row(input=piece.address, status="failed", error={"type": kind.__name__, "message": str(message)})


def key_of(sha256: str | None, request: str) -> str:
    """The name of the work on contents of that hash."""
    return hashlib.sha256(f"{sha256} {request}".encode()).hexdigest()[:32]


def whole(place: Place, known: Known) -> bool:
    """Whether all files that the ledger names are there and have the bytes that it says. Reads them all."""
    files = [*([] if known.output is None else [(known.output, known.sha256)]), *known.beside]
    try:
        if place.packed:  # a shard has its own hash for a name, and is there whole or not at all
            return all(place.exists(name) for name, _ in files)
        return all(hashlib.sha256(place.read(name)).hexdigest() == sha256 for name, sha256 in files)
    except JndError:
        return False


@contextmanager
def file_of(place: Place, entry: Entry) -> Iterator[Path]:
    """A picture of a place as a file of this machine, for as long as it is looked at. Raises InputError."""
    path = place.local(entry.name)
    if path is not None:
        if not os.path.isfile(path):
            raise InputError(path, "there is no such file")
        yield path
        return
    with copied(entry.name, place.read(entry.name, entry.at)) as copy:
        yield copy


@contextmanager
def copied(name: str, data: bytes) -> Iterator[Path]:
    """A file of this machine for as long as it is looked at. name: whose suffix it has."""
    with tempfile.TemporaryDirectory(prefix="jndkit-") as folder:
        path = Path(folder) / f"picture{os.path.splitext(name)[1]}"
        path.write_bytes(data)
        yield path


def renamed(row: Row, path: str, address: str) -> Row:
    """The row with the picture's own name for that of the file it was copied to."""
    if path != address:
        row.input = address
        row.notes = [note.replace(path, address) for note in row.notes]
        if row.error is not None:
            row.error = {key: value.replace(path, address) for key, value in row.error.items()}
    return row
