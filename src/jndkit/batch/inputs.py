"""Which pictures a list of files and folders means."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jndkit.errors import InputError, UsageError
from jndkit.evidence import Row, failed
from jndkit.opening import picture_suffixes


@dataclass(frozen=True)
class InputFile:
    """One input. path: as the caller would write it.  searched: found in a folder, not named itself.

    within: its folder relative to the folder that was searched.  error: why it cannot even be looked at, or None.
    """

    path: Path
    searched: bool = False
    within: Path = Path()
    error: InputError | None = None

    @property
    def refusal(self) -> Row | None:
        """The failed row of an input that cannot be looked at, or None."""
        return None if self.error is None else failed(str(self.path), self.error)


def gather(sources: Iterable[str | Path], *, recursive: bool = False, without: Path | None = None) -> list[InputFile]:
    """The pictures that files and folders mean, each once, folders in the order of names.

    recursive: look into folders inside folders, not through symbolic links.  without: a folder to stay out of.
    Hidden files, and in folders files without a suffix of `opening.picture_suffixes`, are left out. A file need not
    exist: whoever opens it says so. Raises InputError for a folder that cannot be read or holds no picture, UsageError
    for an empty name.
    """
    pictures: dict[str, InputFile] = {}  # by the file that a name leads to, so that links do not make two of one
    for source in sources:
        if not os.fspath(source):
            raise UsageError("an empty name is not a picture")
        path = Path(source)
        if not os.path.isdir(path):  # unlike Path.is_dir, no error for a name that is too long
            pictures.setdefault(identity(path), InputFile(path))
            continue
        inside = list(_walk(path, recursive, without))
        if not inside:
            cure = "" if recursive else "; --recursive looks into the folders inside it"
            raise InputError(path, f"there are no pictures in this folder{cure}")
        for picture in inside:
            pictures.setdefault(identity(picture.path), picture)
    return list(pictures.values())


def _walk(top: Path, recursive: bool, without: Path | None) -> Iterator[InputFile]:
    unread: list[OSError] = []
    suffixes = picture_suffixes()
    for folder, folders, names in os.walk(top, onerror=unread.append):
        here = Path(folder)
        folders[:] = sorted(  # in place: os.walk goes into what is left of the list
            name for name in folders if recursive and not name.startswith(".") and not _same(here / name, without)
        )
        for name in sorted(names):
            path = here / name
            if not name.startswith(".") and path.suffix.lower() in suffixes and os.path.isfile(path):
                yield InputFile(path, True, here.relative_to(top))
    for error in unread:
        refused = InputError(error.filename, f"the folder cannot be read: {error.strerror}")
        if Path(error.filename) == top:
            raise refused
        yield InputFile(Path(error.filename), True, error=refused)


def _same(path: Path, other: Path | None) -> bool:
    return other is not None and identity(path) == identity(other)


def identity(path: Path) -> str:
    """One name for one file, however it is written."""
    return os.path.normcase(os.path.realpath(path))
