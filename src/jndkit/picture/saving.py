"""Writing files: whole or not at all, and never over an existing one unasked."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from functools import cache

from jndkit.errors import OutputError
from jndkit.picture.renaming import rename_to_new

_TEMPORARY = re.compile(r"\.jndkit-[0-9a-f]{16}\.tmp")
_ABANDONED = 3600.0  # seconds; a file is written in a few
_EXISTS = "the file exists; use --force to replace it"


def write_atomic(path: str | os.PathLike[str], data: bytes, *, force: bool = False) -> None:
    """Write a file under a temporary name beside `path` and rename it, so that nobody sees a part of it.

    Such temporary files of ours as lie there for an hour, left by runs that were killed, are removed.
    force: replace an existing file (through a symbolic link, its target), keeping its permissions.
    Raises OutputError where the file exists, the folder does not, or the disk is full.
    """
    with replacing(path, force=force) as temporary, open(temporary, "wb") as file:
        file.write(data)


def is_temporary(name: str) -> bool:
    """Whether a name, without its folder, is one under which a file is written before it is whole."""
    return _TEMPORARY.fullmatch(name) is not None


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], *, force: bool = False) -> Iterator[str]:
    """The name of an empty file beside `path` to write to: it becomes `path` at the end of the block.

    For libraries that write files by their name. Where the block raises, `path` stays as it was, and nothing is left.
    Arguments and errors as for `write_atomic`; an OSError or ValueError of the block becomes OutputError.
    """
    name = os.fspath(path)
    try:
        target = os.path.realpath(name) if force else name
        mode = _mode_of_existing(name, target, force)
        _sweep(os.path.dirname(target) or ".")
        temporary = os.path.join(os.path.dirname(target), f".jndkit-{secrets.token_hex(8)}.tmp")
        try:
            # Until it is whole, nobody else may read what is to replace a file with permissions of its own.
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600))
            yield temporary
            _sync(temporary, os.O_RDWR)
            if mode is not None:
                os.chmod(temporary, mode)
            if force:
                os.replace(temporary, target)
            else:
                rename_to_new(temporary, target)
        finally:
            # After a rename there is nothing left to remove.
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        with contextlib.suppress(OSError):  # not every platform opens folders
            _sync(os.path.dirname(target) or ".", os.O_RDONLY)
    except FileExistsError:
        raise OutputError(name, _EXISTS) from None
    except FileNotFoundError:
        raise OutputError(name, "the folder it would go to does not exist") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(name, f"it cannot be written: {reason}") from None


def make_folder(folder: str) -> None:
    """A folder and those it lies in, where they are not there yet. Raises OutputError."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(folder, f"the folder cannot be made: {error.strerror}") from None


def _mode_of_existing(name: str, target: str, force: bool) -> int | None:
    """Permissions of the file to be replaced, None where there is none."""
    try:
        status = os.stat(target) if force else os.lstat(target)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise OutputError(name, "it is a folder")
    if not force:
        raise OutputError(name, _EXISTS)
    if not stat.S_ISREG(status.st_mode):  # a rename would replace the device or pipe itself
        raise OutputError(name, "it is not a regular file")
    return stat.S_IMODE(status.st_mode)


@cache
def _sweep(folder: str) -> None:
    """Remove what killed runs left in a folder; once in the life of a process."""
    oldest = time.time() - _ABANDONED
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < oldest:
                        os.unlink(entry.path)


def _sync(path: str, flags: int) -> None:
    """Make what was written or renamed survive a power cut. flags: to open it with."""
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
