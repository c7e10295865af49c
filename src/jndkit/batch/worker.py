"""The process that does the jobs sent to it, one at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection, wait

from jndkit.batch.engine import rows_of

THREADS = (
    "JNDKIT_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)
"""What the environment says of threads when the process starts; libraries read it once, when they are loaded."""


def main(connection: Connection) -> None:
    """Answer each job with its rows, each in a tuple of one, and None at its end, until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import cv2

    # Not every build of OpenCV reads its variable, and networks take as many threads as OpenCV has.
    cv2.setNumThreads(int(os.environ[THREADS[0]]))
    try:
        while True:
            for row in rows_of(connection.recv()):
                connection.send((row,))
            connection.send(None)
    except (EOFError, OSError):
        return


def _end_with_parent() -> None:
    """End at once where the parent is killed, even in the middle of a picture that takes minutes."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)  # sys.exit would end this thread alone
