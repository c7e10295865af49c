"""What decoders set or print for the whole process, held back while we decode in any of its threads."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

_NOWHERE = logging.NullHandler()
_lock = threading.Lock()
_users: dict[str, int] = {}
_undo: dict[str, Callable[[], None]] = {}


@contextmanager
def _together(name: str, start: Callable[[], Callable[[], None]]) -> Iterator[None]:
    """The first thread to enter starts, the last to leave undoes."""
    with _lock:
        if _users.get(name, 0) == 0:
            _undo[name] = start()
        _users[name] = _users.get(name, 0) + 1
    try:
        yield
    finally:
        with _lock:
            _users[name] -= 1
            if _users[name] == 0:
                _undo.pop(name)()


def _set_pillow() -> Callable[[], None]:
    from PIL import Image, ImageFile

    logging.getLogger("PIL").addHandler(_NOWHERE)
    caught = warnings.catch_warnings()
    caught.__enter__()
    warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = None, False

    def undo() -> None:
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = before
        caught.__exit__(None, None, None)

    return undo


def quiet_pillow() -> AbstractContextManager[None]:
    """Pillow without its own limits, leniency and warnings, all of which are global."""
    return _together("pillow", _set_pillow)


def _close_stderr() -> Callable[[], None]:
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr
        return lambda: None
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)

    def undo() -> None:
        os.dup2(kept, 2)
        os.close(kept)

    return undo


def quiet_stderr() -> AbstractContextManager[None]:
    """No stderr: libtiff and libpng print what they dislike there, and neither Pillow nor OpenCV can stop them."""
    return _together("stderr", _close_stderr)


def _silence_opencv() -> Callable[[], None]:
    import cv2

    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

    def undo() -> None:
        cv2.utils.logging.setLogLevel(level)

    return undo


def quiet_opencv() -> AbstractContextManager[None]:
    """OpenCV without its log, which is global."""
    return _together("opencv", _silence_opencv)
