"""The pictures that are looked at, with what was made of them. They live in the server's folder and in no other."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from jndkit.picture import Damaged
from jndkit.server.desk import Ticket
from jndkit.server.problems import NotFoundError
from jndkit.server.storage import Storage
from jndkit.server.uploads import Upload
from jndkit.server.work import Answer

MOST = 64  # pictures
MOST_BYTES = 2_000_000_000  # of them all, with all that was made


@dataclass(frozen=True)
class Made:
    """A version. spec: of its codec.  file, png: where it lies, as it is and decoded.  suffix: of the file."""

    name: str
    spec: str
    file: Path
    png: Path
    suffix: str


@dataclass(eq=False)
class Shown:
    """A picture that was sent. about: what is told of it.  answers: what jobs answered, by what was asked.

    versions: by name.  underway: jobs that make an answer.  size: bytes of all its files, when something was made last.
    """

    id: str
    folder: Path
    upload: Upload
    damaged: Damaged = "refuse"
    about: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, Made] = field(default_factory=dict)
    answers: dict[Hashable, Answer] = field(default_factory=dict)
    underway: dict[Hashable, Ticket] = field(default_factory=dict)
    size: int = 0
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def png(self) -> Path:
        return self.folder / "reference.png"

    def place(self, name: str) -> Path:
        """Where something new is written: by a number, since names come from clients."""
        return self.folder / f"{next(self._numbers)}-{name}"

    def version(self, name: str) -> Made:
        """Raises NotFoundError."""
        if name not in self.versions:
            raise NotFoundError(f"there is no version {name} of {self.upload.name}")
        return self.versions[name]


class Album:
    """So many pictures; those that nobody asked for the longest make room for others."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._shown: OrderedDict[str, Shown] = OrderedDict()

    def __len__(self) -> int:
        return len(self._shown)

    def add(self, shown: Shown) -> None:
        self._shown[shown.id] = shown
        self.grown(shown)

    def find(self, name: str) -> Shown:
        """Raises NotFoundError."""
        if name not in self._shown:
            raise NotFoundError("there is no such picture here any more: send it again")
        self._shown.move_to_end(name)
        return self._shown[name]

    def drop(self, shown: Shown) -> None:
        self._shown.pop(shown.id, None)
        self._storage.drop(shown.folder)

    def grown(self, shown: Shown, new: str | None = None) -> None:
        """Something was made of a picture: drop the oldest others, and then what can be decoded again.

        new: the file that was made.
        """
        shown.size = _size(shown.folder)
        for other in list(self._shown.values()):
            if len(self._shown) <= MOST and self._bytes <= MOST_BYTES:
                return
            if other is not shown and not other.underway:
                self.drop(other)
        for made in shown.versions.values():
            if self._bytes <= MOST_BYTES:
                return
            if new not in (str(made.file), str(made.png)):
                made.png.unlink(missing_ok=True)
            shown.size = _size(shown.folder)

    @property
    def _bytes(self) -> int:
        return sum(shown.size for shown in self._shown.values())


def _size(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except OSError:
        return 0
