"""The process that works on pictures sent to it, one at a time."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection

# Nothing that loads NumPy may be imported up here: the number of its threads is read once, when it is loaded.
_THREADS = ("JNDKIT_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main(connection: Connection) -> None:
    """Answer every (path, settings, write) with an Outcome, until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent ends us
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    import cv2

    from jndkit.corpus.attempts import attempt

    cv2.setNumThreads(1)
    try:
        while True:
            path, settings, write = connection.recv()
            connection.send(attempt(path, settings, write=write))
    except (EOFError, OSError):
        return
