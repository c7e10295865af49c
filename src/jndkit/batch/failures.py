"""What a row says of a failure: one sentence that names the picture, whatever went wrong."""

from __future__ import annotations

import os
import traceback

from jndkit.errors import CodecError, JndError, LimitError

_SENT = (-9, -15)  # the signals by which processes are ended from outside: by people, and by a system without memory


class Died(CodecError):
    """A process ended in the middle of the work. outside: whether somebody else ended it, as far as that is told."""

    def __init__(self, message: str, outside: bool = False) -> None:
        super().__init__(message)
        self.outside = outside

    def __reduce__(self) -> tuple[type, tuple[str, bool]]:
        return type(self), (str(self), self.outside)


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
    kind = CodecError if isinstance(error, Died) else type(error)
    return {"type": kind.__name__, "message": message if name in message else f"{name}: {message}"}


def died(path: str, code: int | None) -> Died:
    """The error of a picture whose process ended in the middle of the work. code: its exit code."""
    how = "ended" if code is None else f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return Died(f"{path}: the process working on it {how}, perhaps for lack of memory", code in _SENT)
