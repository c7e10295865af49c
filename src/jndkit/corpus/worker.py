"""The process that works on pictures sent to it, one at a time."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection

THREADS = ("JNDKIT_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What the environment says of threads when the process starts; libraries read it once, when they are loaded."""


def main(connection: Connection) -> None:
    """Answer every (path, settings, write) with an Outcome, until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent ends us
    import cv2

    from jndkit.corpus.attempts import attempt

    cv2.setNumThreads(int(os.environ[THREADS[0]]))
    try:
        while True:
            path, settings, write = connection.recv()
            connection.send(attempt(path, settings, write=write))
    except (EOFError, OSError):
        return
