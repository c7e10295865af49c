"""What a row says of a failure: one sentence that names the picture, whatever went wrong."""

from __future__ import annotations

import os
import traceback

from jndkit.errors import CodecError, JndError, LimitError


def explained(error: Exception, name: str) -> dict[str, str]:
    """Type and message of an error; the message names the picture, `name`.

    An error that is none of ours says that it is a bug; with JND_DEBUG set, its traceback goes to stderr.
    """
    if isinstance(error, MemoryError):
        error = LimitError(name, "there is not enough memory for it")
    message = str(error)
    if not isinstance(error, JndError):
        if os.environ.get("JND_DEBUG"):
            traceback.print_exception(error)
        message = f"{type(error).__name__}: {error}; this is a bug; run with JND_DEBUG=1 for the traceback"
    return {"type": type(error).__name__, "message": message if name in message else f"{name}: {message}"}


def died(path: str, code: int | None) -> CodecError:
    """The error of a picture whose process ended in the middle of the work. code: its exit code."""
    how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
    return CodecError(f"{path}: the process working on it {how}, perhaps for lack of memory")
