"""A rename that never replaces a file, wherever the system has one."""

from __future__ import annotations

import errno
import os
import sys

_HERE = -100  # AT_FDCWD: names are looked up as they always are
_NOREPLACE = 1


def rename_to_new(source: str, target: str) -> None:
    """Rename unless `target` exists by now. Raises FileExistsError.

    Only on file systems with neither hard links nor a rename of this kind, `target` is empty for a moment, and stays so
    where the process is killed in it.
    """
    if os.name == "nt":
        os.rename(source, target)  # on Windows this never replaces
        return
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links, such as that of a memory card
        if not _renamed_by_linux(source, target):
            _reserve_and_rename(source, target)


def _renamed_by_linux(source: str, target: str) -> bool:
    """Whether it was done by renameat2, which Python does not offer. Raises FileExistsError.

    Source: renameat2(2), RENAME_NOREPLACE; FAT and exFAT have it.
    """
    if sys.platform != "linux":
        return False
    import ctypes  # few file systems need it

    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):  # a C library that does not know it
        return False
    if rename(_HERE, os.fsencode(source), _HERE, os.fsencode(target), _NOREPLACE) == 0:
        return True
    if ctypes.get_errno() == errno.EEXIST:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
    return False  # most likely the file system does not know it; if not, the other way fails as well, and says why


def _reserve_and_rename(source: str, target: str) -> None:
    """Take the name, then rename over what took it."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        os.replace(source, target)
    except BaseException:
        os.unlink(target)
        raise
