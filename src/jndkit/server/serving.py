"""Start and end: one process that listens, and those that work for it."""

from __future__ import annotations

from jndkit.server.access import Access
from jndkit.server.app import make_app
from jndkit.server.limits import Limits
from jndkit.server.listening import run
from jndkit.server.service import Service
from jndkit.server.storage import Storage

PORT = 8040


def serve(limits: Limits, access: Access, *, port: int = PORT, show: bool = True) -> None:
    """Serve until SIGTERM or Ctrl-C. port: 0 takes a free one.  show: open the page in a browser.

    Raises UsageError for an address that cannot be listened at.
    """
    storage = Storage()
    services: list[Service] = []

    async def drain() -> None:
        for service in services:
            await service.desk.drain()

    try:
        run(make_app(limits, access, storage, services.append), access.host, port, show=show, drain=drain)
    finally:
        storage.close()
