"""The process that does what is sent to it, one file at a time."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection

THREADS = ("JNDKIT_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What the environment says of threads when the process starts; libraries read it once, when they are loaded."""


def main(connection: Connection) -> None:
    """Answer every (work, path) with work(path), until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent ends us
    import cv2

    cv2.setNumThreads(int(os.environ[THREADS[0]]))
    try:
        while True:
            work, path = connection.recv()
            connection.send(work(path))
    except (EOFError, OSError):
        return
