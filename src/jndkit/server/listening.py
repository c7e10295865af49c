"""One process that listens: its address, its connections, and the signals that end it."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
import webbrowser
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from jndkit.errors import UsageError
from jndkit.server.access import is_loopback
from jndkit.server.guard import HEADER_BYTES

_HEADER_SECONDS = 10.0  # in which they must arrive
_IDLE_SECONDS = 15  # that a connection is kept open between requests
_CONNECTIONS = 1_000
_LAST_WORDS = 5  # seconds for responses that are being sent when all work is done


def run(app: ASGIApp, host: str, port: int, *, show: bool, drain: Callable[[], Awaitable[None]]) -> None:
    """Serve an application until SIGTERM or Ctrl-C. drain: finishes what is worked on when the first of them comes.

    Raises UsageError for an address that cannot be listened at.
    """
    listening = _listening(host, port)
    try:
        # Others' loggers stay silent: what is refused is told to whoever asked.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        Server(app, host, show=show, drain=drain).run(sockets=[listening])
    finally:
        listening.close()


class Server(uvicorn.Server):
    """The first signal ends it when what is worked on is finished, the second at once."""

    def __init__(self, app: ASGIApp, host: str, *, show: bool, drain: Callable[[], Awaitable[None]]) -> None:
        self._drain, self._show, self._host = drain, show, host
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked_to_end = False
        self._drained: asyncio.Task[None] | None = None
        config = uvicorn.Config(
            app,
            http=Patience,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=HEADER_BYTES,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_LAST_WORDS,
            limit_concurrency=_CONNECTIONS,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started and sockets:
            host = f"[{self._host}]" if ":" in self._host else self._host
            address = f"http://{host}:{sockets[0].getsockname()[1]}/"
            print(f"{address} (Ctrl-C ends)", flush=True)
            if self._show:
                # Some browsers are waited for; none of them is a reason to wait.
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._asked_to_end or self._loop is None:
            self.should_exit = self.force_exit = True
            return
        self._asked_to_end = True
        self._loop.call_soon_threadsafe(self._begin_to_end)

    def _begin_to_end(self) -> None:
        self._drained = asyncio.create_task(self._end())

    async def _end(self) -> None:
        await self._drain()
        self.should_exit = True


class Patience(H11Protocol):
    """HTTP/1.1, with an end to the patience with headers that do not arrive."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        self._wait()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:  # the headers are there
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._late is None and self.conn.their_state is h11.IDLE:
            self._late = self.loop.call_later(_HEADER_SECONDS, self.transport.close)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _listening(host: str, port: int) -> socket.socket:
    """Raises UsageError."""
    if not 0 <= port <= 65_535:
        raise UsageError(f"--port must lie between 0 and 65535, not {port}")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            if sys.platform != "win32":
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        cure = "; --port 0 takes a free one" if port and is_loopback(host) else ""
        raise UsageError(f"{host}:{port} cannot be listened at: {error.strerror or error}{cure}") from None
    return listening
