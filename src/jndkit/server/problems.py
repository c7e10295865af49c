"""Which error is which status, and how a response says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jndkit.batch import explained
from jndkit.errors import JndError, LimitError

MEDIA_TYPE = "application/problem+json"
"""RFC 9457."""


class TokenError(JndError):
    """The request has no token, or a wrong one."""


class OriginError(JndError):
    """A page of another origin asks, or for a host that this server is not."""


class NotFoundError(JndError):
    """There is no such thing here."""


class HeaderError(JndError):
    """The headers of the request are too long."""


class SlowError(JndError):
    """The request takes too long to arrive."""


class CancelledError(JndError):
    """The job was cancelled."""


class QueueError(JndError):
    """More jobs wait than may. seconds: after which it may be worth to ask again."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class EndingError(JndError):
    """The server is ending."""


class TimeLimitError(LimitError):
    """The work took longer than allowed."""


class MemoryLimitError(LimitError):
    """The work took more memory than allowed."""


STATUS = {
    "UsageError": 400,
    "TokenError": 401,
    "OriginError": 403,
    "NotFoundError": 404,
    "MethodError": 405,
    "SlowError": 408,
    "CancelledError": 409,
    "LimitError": 413,
    "FormatError": 415,
    "DamagedError": 422,
    "InputError": 422,
    "SizeError": 422,
    "TargetError": 422,
    "QueueError": 429,
    "HeaderError": 431,
    "MissingError": 501,
    "EndingError": 503,
    "TimeLimitError": 503,
    "MemoryLimitError": 507,
    "OutputError": 507,
}
"""Name of an error -> the status of the response; of any other it is 500."""

_RETRY = 10  # seconds, after which a server that ends may be one that starts


@dataclass(frozen=True)
class Failure:
    """An error as a response says it. Picklable.

    type: its class.  message: one sentence.  retry: seconds after which it may be worth to ask again, or None.
    """

    type: str
    message: str
    retry: int | None = None

    @property
    def status(self) -> int:
        return STATUS.get(self.type, 500)

    @property
    def headers(self) -> dict[str, str]:
        retry = _RETRY if self.status == 503 else self.retry
        extra = {} if retry is None else {"Retry-After": str(retry)}
        return extra | ({"WWW-Authenticate": "Bearer"} if self.status == 401 else {})

    @property
    def body(self) -> dict[str, Any]:
        """RFC 9457, section 3."""
        kind = f"urn:jndkit:error:{self.type}"
        return {"type": kind, "title": self.type, "status": self.status, "detail": self.message}


def failure(error: Exception, name: str | None = None) -> Failure:
    """What to say of an error. name: of the picture at work, or None where there is none."""
    if name is None and isinstance(error, JndError):
        return Failure(type(error).__name__, str(error), error.seconds if isinstance(error, QueueError) else None)
    if isinstance(error, MemoryError):
        error = MemoryLimitError(name, "there is not enough memory for it")
    said = explained(error, name or "the request")
    return Failure(said["type"], said["message"])
