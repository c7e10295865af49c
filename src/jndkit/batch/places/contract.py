"""What every place that pictures come from or go to can do, whatever it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jndkit.errors import InputError

LEDGER = ".jnd"
"""The folder of a destination that holds what a run keeps of itself; as all hidden names, it is no picture's."""


@dataclass(frozen=True)
class Entry:
    """A picture of a place.

    name: below the place, with `/` between folders; `safe_name` has let it through.  size: bytes, where known.
    version: changes when the contents do, where the place tells: a time of change, an ETag.
    at: where in the place it lies, in the place's own words, such as the bytes of a shard: `read` wants it back.
    error: why it cannot even be looked at, one sentence that names it, or None.
    """

    name: str
    size: int | None = None
    version: str | None = None
    at: str | None = None
    error: str | None = None


class Place(Protocol):
    """A folder, an object store, shards, a table, a list. Picklable, and cheap to copy: workers open it themselves.

    Names are relative, as in `Entry`. Reading raises InputError, writing OutputError, with `address` of the name; what
    passes by itself, such as a store that is busy, is tried again within. Safe to use from several threads.
    packed: whether files are written together, as into a shard, so that a worker keeps what it made for `write_all`;
        elsewhere each is written by itself as soon as it is made.
    """

    @property
    def packed(self) -> bool: ...

    def address(self, name: str) -> str:
        """The whole name as people write it, and as rows have it: photos/a/b.png, s3://bucket/photos/a/b.png."""
        ...

    def entries(self) -> Iterator[Entry]:
        """The pictures, as they are found: nothing is kept that grows with their number.

        Files without a suffix of `opening.picture_suffixes` and hidden names are left out. A part of the place that
        cannot be read is an entry with an error. Raises InputError where the whole cannot be read or is not there.
        """
        ...

    def names(self, folder: str) -> Iterator[str]:
        """The names of all files below a folder of the place, "" for all of it, hidden ones too.

        None where there is no such folder.
        """
        ...

    def local(self, name: str) -> Path | None:
        """The file itself, where it is one of this machine's file system, so that nothing has to be copied."""
        ...

    def read(self, name: str, at: str | None = None) -> bytes:
        """The bytes of a file, all of them. at: of the entry, where it was found as one."""
        ...

    def exists(self, name: str) -> bool: ...

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all, in the place of one that is there; what it lies in is made.

        When it comes back the file is there as written, which was looked at.
        """
        ...

    def put(self, name: str, path: Path) -> None:
        """`write` of a file of this machine, which may be larger than memory."""
        ...

    def write_all(self, files: Sequence[tuple[str, bytes]]) -> list[str]:
        """Write files that belong together; of those that are there when it raises, each is whole.

        The names they have then, in the same order: in a packed place that of what they lie in comes first, and it is
        by these that `exists`, `address` and `read` know them.
        """
        ...

    def remove(self, name: str) -> None:
        """Take a file away; none need be there."""
        ...


def safe_name(name: str, where: str) -> str:
    """A name below a place, as it is. where: the place, for the sentence.

    Raises InputError for one that would lead out of it, or that no file can have: absolute, with `..`, with a drive or
    a backslash, with a control character, or with a part that is empty.
    """
    parts = name.split("/")
    if not name or any(part in ("", ".", "..") for part in parts):
        raise InputError(where, f"the name {name!r} leads out of it or names nothing")
    if "\\" in name or (len(parts[0]) > 1 and parts[0][1] == ":") or any(ord(c) < 32 or ord(c) == 127 for c in name):
        raise InputError(where, f"the name {name!r} cannot be a file's everywhere")
    return name


def hidden(name: str) -> bool:
    """Whether a name or a folder of it starts with a dot."""
    return any(part.startswith(".") for part in name.split("/"))
