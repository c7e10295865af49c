"""A folder of this machine, or one that all machines see under the same name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jndkit.batch.places.contract import Entry, hidden
from jndkit.errors import InputError, OutputError
from jndkit.opening import picture_suffixes
from jndkit.picture import make_folder, replacing, write_atomic


@dataclass(frozen=True)
class Folder:
    """path: the folder; as a destination it need not be there yet.  recursive: look into folders inside it."""

    path: str
    recursive: bool = True
    without: str | None = None
    """A folder to stay out of, such as the destination."""

    @property
    def packed(self) -> bool:
        return False

    def address(self, name: str) -> str:
        below = name.split("/")
        return os.path.join(*below) if name and self.path == os.curdir else os.path.join(self.path, *below)

    def entries(self) -> Iterator[Entry]:
        """In the order of names, folder by folder; symbolic links to folders are not followed."""
        suffixes = picture_suffixes()
        without = None if self.without is None else os.path.realpath(self.without)
        for found in self._walk("", without):
            if isinstance(found, Entry):
                yield found
            elif os.path.splitext(found)[1].lower() in suffixes and not hidden(found):
                with suppress(FileNotFoundError):  # gone since the folder was read
                    status = os.stat(self.address(found))
                    yield Entry(found, status.st_size, str(status.st_mtime_ns))

    def names(self, folder: str) -> Iterator[str]:
        top = self.address(folder) if folder else self.path
        for here, _, files in os.walk(top):
            below = os.path.relpath(here, self.path).replace(os.sep, "/")
            yield from (name if below == "." else f"{below}/{name}" for name in sorted(files))

    def local(self, name: str) -> Path | None:
        return Path(self.address(name))

    def read(self, name: str, at: str | None = None) -> bytes:
        path = self.address(name)
        try:
            return Path(path).read_bytes()
        except OSError as error:
            reason = "there is no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
            raise InputError(path, reason) from None

    def exists(self, name: str) -> bool:
        return os.path.isfile(self.address(name))

    def write(self, name: str, data: bytes) -> None:
        path = self.address(name)
        make_folder(os.path.dirname(path))
        write_atomic(path, data, force=True)

    def put(self, name: str, path: Path) -> None:
        to = self.address(name)
        make_folder(os.path.dirname(to))
        with replacing(to, force=True) as temporary:
            shutil.copyfile(path, temporary)

    def write_all(self, files: Sequence[tuple[str, bytes]]) -> list[str]:
        for name, data in files:
            self.write(name, data)
        return [name for name, _ in files]

    def remove(self, name: str) -> None:
        path = self.address(name)
        try:
            os.unlink(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutputError(path, f"it cannot be removed: {error.strerror}") from None

    def _walk(self, below: str, without: str | None) -> Iterator[Entry | str]:
        here = os.path.join(self.path, *below.split("/")) if below else self.path
        try:
            with os.scandir(here) as scan:
                # One folder's names are held, never those of all.
                found = sorted((each.name, each.is_dir(follow_symlinks=False)) for each in scan)
        except OSError as error:
            if not below:
                raise InputError(here, f"the folder cannot be read: {error.strerror}") from None
            yield Entry(below, error=f"{here}: the folder cannot be read: {error.strerror}")
            return
        for name, is_folder in found:
            path = f"{below}/{name}" if below else name
            if not is_folder:
                yield path
            elif self.recursive and not name.startswith(".") and os.path.realpath(os.path.join(here, name)) != without:
                yield from self._walk(path, without)
