"""The files that a pattern means, of whatever place, and ways into them."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from jndkit.batch.places.contract import Place
from jndkit.batch.places.store import Store
from jndkit.batch.places.web import Web
from jndkit.errors import InputError

_BRACES = re.compile(r"\{(\d+)\.\.(\d+)\}")
_MOST = 10_000_000  # names of a pattern


@dataclass(frozen=True)
class Files:
    """pattern: below `home`: one name; many, as in shard-{00000..00123}.tar; or what is there, as in *.tar."""

    home: Place
    pattern: str

    @property
    def shown(self) -> str:
        """The pattern as people write it."""
        return self.home.address(self.pattern)

    def each(self) -> Iterator[str]:
        """The names, in order. Raises InputError for a pattern that means no file."""
        if "*" not in self.pattern and "?" not in self.pattern:
            yield from expanded(self.pattern)
            return
        found = False
        folder = self.pattern.rpartition("/")[0]
        for name in self.home.names(folder):
            # Without what a folder that is the whole is called.
            plain = name.removeprefix("./")
            if fnmatch.fnmatchcase(plain, self.pattern):
                found = True
                yield plain
        if not found:
            raise InputError(self.shown, "there is no such file")


def expanded(pattern: str) -> Iterator[str]:
    """shard-{08..10}.tar -> shard-08.tar, shard-09.tar, shard-10.tar, as shells do it."""
    braces = _BRACES.search(pattern)
    if braces is None:
        yield pattern
        return
    first, last = (int(end) for end in braces.groups())
    if not 0 <= last - first < _MOST:
        raise InputError(pattern, f"{braces[0]} counts from {first} to {last}")
    digits = len(braces[1]) if braces[1].startswith("0") else 0
    for number in range(first, last + 1):
        yield from expanded(f"{pattern[: braces.start()]}{number:0{digits}}{pattern[braces.end() :]}")


def stem(name: str) -> str:
    """shards/00042.tar -> shards/00042"""
    return name[: name.rfind(".")] if "." in name.rpartition("/")[2] else name


def opened(home: Place, name: str) -> BinaryIO:
    """A file, to be read from its start on. Raises InputError."""
    path = home.local(name)
    if path is None:
        assert isinstance(home, Store | Web)
        return home.open(name)
    try:
        return open(path, "rb")
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
        raise InputError(path, reason) from None


def part(home: Place, name: str, start: int, size: int) -> bytes:
    """`size` bytes of a file from `start` on. Raises InputError where there are fewer."""
    if home.local(name) is None:
        assert isinstance(home, Store | Web)
        return home.part(name, start, size)
    with opened(home, name) as file:
        file.seek(start)
        data = file.read(size)
    if len(data) != size:
        raise InputError(home.address(name), "the file is shorter than it was")
    return data
