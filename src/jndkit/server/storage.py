"""The one folder that a server writes to: private, and gone with the server, or with the next one that starts."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_PREFIX = "jndkit-serve-"
_NAME = re.compile(rf"{_PREFIX}[0-9a-f]{{16}}")
_OWNER = "owner"
"""A file that a server holds a lock on as long as it lives: the system takes it away whatever ends the server."""
_YOUNG = 60.0  # seconds, in which a folder without that file may belong to a server that starts


class Storage:
    """A folder of mode 0700, with one folder in it for each thing that is kept.

    root: where it is made; the system's folder for temporary files where None.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = Path(tempfile.gettempdir()) if root is None else root
        sweep(self.root)
        self.folder = self.root / f"{_PREFIX}{secrets.token_hex(8)}"
        self.folder.mkdir(mode=0o700)
        self._owner = open(self.folder / _OWNER, "w+b")  # noqa: SIM115, it is open as long as the server lives
        _lock_soon(self._owner)
        self._owner.write(b"%d\n" % os.getpid())  # from now on nobody takes the folder for one that was left
        self._owner.flush()

    def new(self) -> Path:
        """A new folder, whose name nobody can guess."""
        folder = self.folder / secrets.token_urlsafe(18)
        folder.mkdir(mode=0o700)
        return folder

    def drop(self, folder: Path | None) -> None:
        """Remove such a folder. A file of it that is being sent is sent to its end, where the system allows that."""
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        self._owner.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep(root: Path) -> int:
    """Remove what servers of this user left that live no more; how many."""
    left = 0
    with suppress(OSError), os.scandir(root) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name) and _is_left(entry):
                shutil.rmtree(entry.path, ignore_errors=True)
                left += 1
    return left


def _is_left(entry: os.DirEntry[str]) -> bool:
    try:
        status = entry.stat(follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
            return False
        old = time.time() - status.st_mtime > _YOUNG
        owner = Path(entry.path) / _OWNER
        if not owner.exists():
            return old
        with open(owner, "r+b") as file:
            _lock(file)
            return old or file.read() != b""
    except OSError:  # it is locked, or somebody else was quicker
        return False


def _lock_soon(file: BinaryIO) -> None:
    """As `_lock`, but a server that starts at the same moment may be looking at the file."""
    for _ in range(100):
        with suppress(OSError):
            return _lock(file)
        time.sleep(0.02)
    _lock(file)


def _lock(file: BinaryIO) -> None:
    """Until the file is closed. Raises OSError where another process holds it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
