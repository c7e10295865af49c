"""An S3 of this machine, by moto, that fails when it is told to."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

BUCKET = "pictures"
SLOW = 0.6  # seconds: more than the client waits
PATIENCE = 0.3


@dataclass
class Faults:
    """What goes wrong, decided request by request.

    plan: kinds in the order that they befall requests for objects; then `share` of all, of `kinds`, at random.
    """

    plan: list[str] = field(default_factory=list)
    share: float = 0.0
    kinds: tuple[str, ...] = ("500", "503", "slow", "cut", "short", "lost")
    seen: list[str] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    lock: Any = field(default_factory=threading.Lock)

    def next(self, method: str) -> str:
        """The fault of a request; "" for none. Reads cannot be lost, and writes have no body to be cut."""
        with self.lock:
            kind = self.plan.pop(0) if self.plan else ""
            if not kind and self.chance.random() < self.share:
                kind = self.chance.choice(self.kinds)
            fits = {"lost": "PUT", "cut": "GET", "short": "GET"}.get(kind, method) == method
            self.seen += [kind] if kind and fits else []
            return kind if fits else ""


Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_BUSY = {
    "500": ("500 Internal Server Error", b"<Error><Code>InternalError</Code><Message>try again</Message></Error>"),
    "503": ("503 Slow Down", b"<Error><Code>SlowDown</Code><Message>reduce your request rate</Message></Error>"),
}


def failing(application: Application, faults: Faults) -> Application:
    """The store with faults in front of it."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        kind = faults.next(method) if method in ("GET", "PUT", "HEAD", "DELETE") else ""
        if kind in _BUSY:
            status, body = _BUSY[kind]
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [b"" if method == "HEAD" else body]
        if kind == "lost":
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start("200 OK", [("ETag", '"0"'), ("Content-Length", "0")])
            return [b""]
        if kind == "slow":
            time.sleep(SLOW)
        if kind not in ("cut", "short"):
            return application(environ, start)
        held: list[Any] = []
        body = b"".join(application(environ, lambda *told: held.extend(told)))
        half = body[: len(body) // 2]
        headers = [(name, value) for name, value in held[1] if name.lower() != "content-length"]
        declared = len(body) if kind == "cut" else len(half)
        start(held[0], [*headers, ("Content-Length", str(declared))])
        return [half]

    return answer


@contextmanager
def served(faults: Faults) -> Iterator[str]:
    """The address of a store that is empty but for one bucket."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    store = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, failing(store, faults), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
