"""A list of pictures, one a line: files of this machine, or addresses of one kind."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from jndkit.batch.places.contract import Entry, Place, safe_name
from jndkit.batch.places.files import opened
from jndkit.batch.places.folder import Folder
from jndkit.batch.places.store import SCHEMES, Store
from jndkit.batch.places.unwritten import Unwritten
from jndkit.batch.places.web import Web
from jndkit.errors import InputError, UsageError

STDIN = "-"
_LONGEST = 8192  # bytes of a line


@dataclass(frozen=True)
class Listed(Unwritten):
    """path: of a text file, in `home`; lines that are empty or begin with # are left out. UTF-8.

    What a name is below depends on the first line: a relative path is one below the folder that the command runs in, an
    absolute one below /, an address of the web or a store below its scheme. Lines of another kind are refused.
    base: that place, found when the list is opened; a worker needs no list.
    """

    path: str
    home: Place
    base: Place = field(default_factory=lambda: Folder(""))
    shown: str = ""

    def address(self, name: str) -> str:
        return self.base.address(name)

    def entries(self) -> Iterator[Entry]:
        """As they stand in the list; none is looked at, and one that stands there twice comes twice."""
        for number, line in self._lines():
            where = f"{self.shown} line {number}"
            try:
                yield Entry(safe_name(_below(line, self.base), where))
            except InputError as error:
                yield Entry(line, error=str(error))

    def local(self, name: str) -> Path | None:
        return self.base.local(name)

    def read(self, name: str, at: str | None = None) -> bytes:
        return self.base.read(name)

    def first(self) -> str:
        """The first line that counts. Raises InputError where there is none."""
        with closing(self._lines()) as lines:
            for _, line in lines:
                return line
        raise InputError(self.shown, "the list is empty")

    def _lines(self) -> Generator[tuple[int, str], None, None]:
        with opened(self.home, self.path) as file:
            number = 0
            while raw := file.readline(_LONGEST + 1):
                number += 1
                if len(raw) > _LONGEST:
                    raise InputError(self.shown, f"line {number} is no name: it has more than {_LONGEST} characters")
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
                except UnicodeDecodeError:
                    raise InputError(self.shown, f"line {number} is no text in UTF-8") from None
                if line.strip() and not line.startswith("#"):
                    yield number, line


def listed(path: str, home: Place) -> Listed:
    """The list in a file of a place. A list from the web names no machine of the own network.

    Raises InputError where it cannot be read or is empty, and for a first line that is neither path nor address.
    """
    found = Listed(path, home, shown=home.address(path))
    return Listed(path, home, base_of(found.first(), own=not isinstance(home, Web)), found.shown)


def from_stdin() -> Listed:
    """The list that stdin gives, all of it first put into a file, since it cannot be read twice.

    Raises UsageError where stdin is a terminal.
    """
    if sys.stdin.isatty():
        raise UsageError("- reads a list of pictures from stdin, and that is the terminal")
    handle, path = tempfile.mkstemp(prefix="jndkit-list-", suffix=".txt")
    atexit.register(Path(path).unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    home = Folder(os.path.dirname(path))
    found = Listed(os.path.basename(path), home, shown="stdin")
    return Listed(found.path, home, base_of(found.first(), own=True), found.shown)


def base_of(line: str, *, own: bool) -> Place:
    """The place that a list's names lie in, by its first line. own: as of `Web`."""
    scheme, sign, _ = line.partition("://")
    if not sign:
        return Folder(os.path.abspath(os.sep if os.path.isabs(line) else os.curdir))
    if scheme in ("https", "http"):
        return Web(f"{scheme}://", own=own)
    if scheme in SCHEMES:
        return Store(f"{scheme}://")
    raise InputError(line, f"no place is called {scheme}://: https, {', '.join(SCHEMES)}")


def _below(line: str, base: Place) -> str:
    """The name of a line below the place. Raises InputError for one of another kind."""
    if isinstance(base, Folder):
        absolute = base.path == os.path.abspath(os.sep)
        if "://" in line or os.path.isabs(line) != absolute:
            raise InputError(line, f"the first line of its list is {'an absolute' if absolute else 'a relative'} path")
        name = os.path.normpath(line).replace(os.sep, "/")
        return name[len(base.path) :] if absolute else name
    start = base.address("x")[:-1]
    if not line.startswith(start):
        raise InputError(line, f"the first line of its list begins with {start}")
    if isinstance(base, Web) and not urlsplit(line).path.strip("/"):
        raise InputError(line, "it names a server and no picture")
    return line[len(start) :].partition("#")[0] if isinstance(base, Web) else line[len(start) :]
