"""What stands before everything else: who asks, how large a request is, how slowly it comes, and what answers carry."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jndkit.errors import JndError, LimitError, UsageError
from jndkit.server.access import Access
from jndkit.server.problems import MEDIA_TYPE, Failure, HeaderError, SlowError, failure

HEADER_BYTES = 16_384  # of the headers of a request, and of its address
_FORM = 1 << 20  # bytes around the pictures of a form
_PAUSE = 10.0  # seconds between two pieces of a body
_START = 20.0  # seconds for a body, and one more for each
_PACE = 64_000  # bytes of it
_METHODS = "GET, POST, DELETE, OPTIONS"
_OPEN = ("/v1/health", "/v1/session")  # addresses without a token; the page and its files hold nothing private

HEADERS = {
    # Nothing but what this server sends may run, be shown or be asked; pictures are also made by the page itself.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; worker-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """ASGI middleware. most: bytes of one picture; a comparison sends two."""

    def __init__(self, app: ASGIApp, access: Access, most: int, watch: Callable[[str, int], None]) -> None:
        """watch: called with the method and the status of every answer."""
        self._app, self._access, self._most, self._watch = app, access, 2 * most + _FORM, watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        allowed = origin if origin in self._access.origins else None
        answer = _Answer(send, scope["method"], allowed, private=scope["path"].startswith("/v1/"), watch=self._watch)
        body = _Body(receive, self._most)
        try:
            self._check(scope, headers)
            if scope["method"] == "OPTIONS":
                await Response(status_code=204, headers={"Allow": _METHODS})(scope, receive, answer)
            else:
                await self._app(scope, body, answer)
        except JndError as error:
            if not answer.begun:
                await refusal(failure(error), close=True)(scope, receive, answer)

    def _check(self, scope: Scope, headers: Headers) -> None:
        """Raises what `Access` does, and LimitError for a body that says that it is too large."""
        method, path = scope["method"], scope["path"]
        lines = (len(name) + len(value) + 4 for name, value in scope["headers"])
        if len(scope.get("raw_path", b"")) + len(scope["query_string"]) + sum(lines) > HEADER_BYTES:
            # What arrives in one piece is parsed before it is measured, so that the protocol's own limit is not enough.
            raise HeaderError(f"the headers have more than {HEADER_BYTES} bytes")
        if "transfer-encoding" in headers and "content-length" in headers:
            # Two words on where the request ends: a server in between may have believed the other one.
            raise UsageError("a request has one length")
        self._access.check_host(headers.get("host"))
        self._access.check_origin(method, headers)
        private = path.startswith("/v1/") or path == "/metrics"
        if private and path not in _OPEN and method != "OPTIONS":  # which browsers ask without a token
            self._access.check_token(headers)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > self._most:
            raise _too_large(self._most)


def refusal(said: Failure, *, close: bool = False) -> Response:
    """The response of an error. close: the connection ends with it, whatever more of the request is on its way."""
    ends = {"Connection": "close"} if close or said.status in (408, 413) else {}
    return JSONResponse(said.body, said.status, headers=said.headers | ends, media_type=MEDIA_TYPE)


class _Body:
    """The request's body, piece by piece, with an end to patience. Raises SlowError and LimitError."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most = receive, most
        self._bytes, self._began, self._whole = 0, time.monotonic(), False

    async def __call__(self) -> Message:
        if self._whole:  # from here on it is waited for the client to hang up, as long as the work takes
            return await self._receive()
        left = self._began + _START + self._bytes / _PACE - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, min(left, _PAUSE)))
        except TimeoutError:
            raise SlowError("the body of the request takes too long to arrive") from None
        self._bytes += len(message.get("body", b""))
        self._whole = message["type"] != "http.request" or not message.get("more_body", False)
        if self._bytes > self._most:
            raise _too_large(self._most)
        return message


class _Answer:
    """What is sent, with the headers that every answer has."""

    def __init__(
        self, send: Send, method: str, origin: str | None, *, private: bool, watch: Callable[[str, int], None]
    ) -> None:
        self._send, self._method, self._origin, self._private = send, method, origin, private
        self._watch = watch
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            self._watch(self._method, message["status"])
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store" if self._private else "no-cache")
            headers["Cross-Origin-Resource-Policy"] = "same-origin" if self._origin is None else "cross-origin"
            headers["Vary"] = "Origin, Accept"
            if self._origin is not None:
                headers["Access-Control-Allow-Origin"] = self._origin
                headers["Access-Control-Allow-Methods"] = _METHODS
                headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Prefer"
                headers["Access-Control-Expose-Headers"] = "Content-Location, Location, Retry-After, X-Scale"
        await self._send(message)


def _too_large(most: int) -> LimitError:
    return LimitError("the request", f"it has more bytes than the limit of {most / 1e6:.0f} MB")
