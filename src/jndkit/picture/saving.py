"""Writing files: whole or not at all, and never over an existing one unasked."""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
import stat
import time
from functools import cache

import numpy as np
import numpy.typing as npt

from jndkit.errors import OutputError, UsageError
from jndkit.picture.contract import Picture
from jndkit.picture.metadata.mark import MARK

_TEMPORARY = re.compile(r"\.jndkit-[0-9a-f]{16}\.tmp")
_ABANDONED = 3600.0  # seconds; a file is written in a few
_EXISTS = "the file exists; use --force to replace it"


def write_atomic(path: str | os.PathLike[str], data: bytes, *, force: bool = False) -> None:
    """Write a file under a temporary name beside `path` and rename it, so that nobody sees a part of it.

    Such temporary files of ours as lie there for an hour, left by runs that were killed, are removed.
    force: replace an existing file (through a symbolic link, its target), keeping its permissions.
    Raises OutputError where the file exists, the folder does not, or the disk is full.
    """
    name = os.fspath(path)
    try:
        target = os.path.realpath(name) if force else name
        mode = _mode_of_existing(name, target, force)
        _sweep(os.path.dirname(target) or ".")
        temporary = os.path.join(os.path.dirname(target), f".jndkit-{secrets.token_hex(8)}.tmp")
        try:
            _write(temporary, data, mode)
            if force:
                os.replace(temporary, target)
            else:
                _rename_to_new(temporary, target)
        finally:
            # After a rename there is nothing left to remove.
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        _sync_folder(os.path.dirname(target) or ".")
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
        found = os.stat(target) if force else os.lstat(target)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise OutputError(name, "it is a folder")
    if not force:
        raise OutputError(name, _EXISTS)
    if not stat.S_ISREG(found.st_mode):  # a rename would replace the device or pipe itself
        raise OutputError(name, "it is not a regular file")
    return stat.S_IMODE(found.st_mode)


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


def _write(temporary: str, data: bytes, mode: int | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open(os.open(temporary, flags, 0o666), "wb") as file:
        if mode is not None:
            os.chmod(temporary, mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _rename_to_new(temporary: str, target: str) -> None:
    """Rename unless `target` exists by now. Raises FileExistsError."""
    if os.name == "nt":
        os.rename(temporary, target)  # on Windows this never replaces
        return
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: reserve the name, then rename over the reservation
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        try:
            os.replace(temporary, target)
        except BaseException:
            os.unlink(target)
            raise


def _sync_folder(folder: str) -> None:
    """Make the rename survive a power cut, where the platform lets folders be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def save_png(
    picture_or_array: Picture | npt.NDArray[np.uint8],
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    mark: bool | None = None,
) -> None:
    """Write a PNG file.

    picture_or_array: a Picture, written as `coded` with its profile and metadata, or uint8 (H, W), (H, W, 2) grey with
        alpha, (H, W, 3) RGB, (H, W, 4) RGB with alpha.
    mark: whether the file says that jndkit wrote it; by default pictures do and arrays do not.
    Raises OutputError, UsageError for an array of another kind.
    """
    write_atomic(path, png_bytes(picture_or_array, mark=mark), force=force)


def png_bytes(picture_or_array: Picture | npt.NDArray[np.uint8], *, mark: bool | None = None) -> bytes:
    """A PNG file in memory; arguments and errors as for `save_png`."""
    from PIL import Image, PngImagePlugin

    text = PngImagePlugin.PngInfo()
    blocks: dict[str, bytes] = {}
    if isinstance(picture_or_array, Picture):
        picture = picture_or_array
        pixels = _planes(picture)
        blocks = {k: v for k, v in (("icc_profile", picture.icc), ("exif", picture.exif)) if v is not None}
        if picture.xmp is not None:
            text.add_itxt("XML:com.adobe.xmp", picture.xmp.decode("utf-8", "replace"))
    else:
        pixels = np.asarray(picture_or_array)
        if (
            pixels.dtype != np.uint8
            or pixels.ndim not in (2, 3)
            or (pixels.ndim == 3 and not 2 <= pixels.shape[2] <= 4)
        ):
            raise UsageError(f"an array {pixels.shape} of {pixels.dtype} is no picture: uint8 (H, W[, 2 to 4]) is")
        if pixels.size == 0:
            raise UsageError("an empty array is no picture")
    if mark if mark is not None else isinstance(picture_or_array, Picture):
        text.add_text("Software", MARK)
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG", pnginfo=text, **blocks)
    return out.getvalue()


def _planes(picture: Picture) -> npt.NDArray[np.uint8]:
    """What the file holds: one plane for grey, and alpha where there is some."""
    planes = picture.coded[..., 1] if picture.grey else picture.coded
    if picture.alpha is None:
        return planes
    return np.dstack([planes, picture.alpha])
