"""What all requests share, and how a request becomes a job and a job becomes a response."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from jndkit.errors import UsageError
from jndkit.server.access import Access
from jndkit.server.album import Album
from jndkit.server.desk import Desk, Ticket
from jndkit.server.guard import refusal
from jndkit.server.limits import Limits
from jndkit.server.metrics import Metrics
from jndkit.server.problems import EndingError, Failure, NotFoundError, QueueError
from jndkit.server.storage import Storage
from jndkit.server.uploads import harmless
from jndkit.server.work import Answer, Work

Render = Callable[[Answer, str], Response]
"""The response of an answer. The text is what the request accepts."""

MEDIA_TYPES = {
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".jpg": "image/jpeg",
    ".jxl": "image/jxl",
    ".npy": "application/x-npy",
    ".png": "image/png",
    ".webp": "image/webp",
}
"""By suffix; anything else is bytes, so that no browser takes it for a page."""


class Service:
    """One server's jobs, pictures and counters."""

    def __init__(self, limits: Limits, access: Access, storage: Storage) -> None:
        self.limits, self.access, self.storage = limits, access, storage
        self.metrics = Metrics()
        self.desk = Desk(limits, storage.drop, self._over)
        self.album = Album(storage)

    def _over(self, ticket: Ticket) -> None:
        self.metrics.over(ticket)
        if ticket.folder is not None:  # what was sent is not needed any more, only what came of it
            beside = ticket.work.beside
            for path in (ticket.work.path, *([beside.path] if beside else [])):
                with suppress(OSError):
                    Path(path).unlink()

    async def check_room(self, request: Request) -> None:
        """Raises QueueError and EndingError before a picture is written in vain."""
        try:
            self.desk.check_room()
        except (QueueError, EndingError):
            # Who is hung up on in the middle of sending does not hear why.
            async for _ in request.stream():
                pass
            raise

    async def work(
        self,
        request: Request,
        work: Work,
        kind: str,
        render: Render,
        *,
        folder: Path | None = None,
        then: Callable[[Answer | Failure], None] = lambda _: None,
        begun: Callable[[Ticket], None] = lambda _: None,
    ) -> Response:
        """The response of a job that this request makes. folder, then: as of `Ticket`.

        begun: called with the job once it is taken.
        """
        ticket = Ticket(work, kind, folder, then, render)
        with self.dropping(folder):
            await self.desk.submit(ticket)
        begun(ticket)
        return await self.concluded(request, ticket)

    @contextmanager
    def dropping(self, folder: Path | None) -> Iterator[None]:
        """Drops a folder where the block raises."""
        try:
            yield
        except BaseException:
            self.storage.drop(folder)
            raise

    async def concluded(self, request: Request, ticket: Ticket) -> Response:
        """The job's response once it is over; 202 with the job where the request does not wait so long."""
        patience = _patience(request)
        if patience == 0.0:
            ticket.followers += 1  # who comes back for it: nobody's hanging up is the end of it
            return self.accepted(ticket)
        ticket.followers += 1
        gone = await _waited(request, ticket, patience)
        if ticket.over.is_set():
            return self.result(ticket, request.headers.get("accept", "*/*"))
        if not gone:
            return self.accepted(ticket)
        ticket.followers -= 1
        # One on a picture that is looked at is let finish: its answer is kept, and a warm process is worth more.
        if ticket.followers == 0 and (ticket.folder is not None or ticket.state == "waiting"):
            self.desk.forget(ticket)
        return Response(status_code=499)  # which nobody reads

    def result(self, ticket: Ticket, accept: str) -> Response:
        """Of a job that is over."""
        if isinstance(ticket.result, Failure):
            response = refusal(ticket.result)
        elif isinstance(ticket.result, Answer) and ticket.render is not None:
            response = ticket.render(ticket.result, accept)
        else:
            raise NotFoundError(f"there is no result of the job {ticket.id}")
        response.headers["Content-Location"] = f"/v1/jobs/{ticket.id}/result"
        return response

    def accepted(self, ticket: Ticket) -> Response:
        return JSONResponse(self.told(ticket), 202, headers={"Location": f"/v1/jobs/{ticket.id}", "Retry-After": "1"})

    def told(self, ticket: Ticket) -> dict[str, Any]:
        """What a client hears of a job."""
        failed = ticket.result if isinstance(ticket.result, Failure) else None
        return {
            "id": ticket.id,
            "kind": ticket.kind,
            "name": ticket.work.name,
            "state": ticket.state,
            "position": self.desk.position(ticket),
            "seconds": round(ticket.seconds, 3),
            "probes": ticket.probes,
            "result": f"/v1/jobs/{ticket.id}/result" if ticket.over.is_set() else None,
            "error": None if failed is None else failed.body,
        }


def file_response(path: str | Path, suffix: str, *, name: str | None = None) -> Response:
    """A file of ours. name: what the client called the picture, where the file is to be kept under such a name."""
    kept = None if name is None else f"{Path(harmless(name)).stem}{suffix}"
    media_type = MEDIA_TYPES.get(suffix, "application/octet-stream")
    if not Path(path).exists():
        raise NotFoundError("the file is not kept any more")
    return FileResponse(path, media_type=media_type, filename=kept)


def wants_json(accept: str) -> bool:
    """Whether JSON is asked for before any file."""
    first = accept.partition(",")[0].partition(";")[0].strip().lower()
    return first in ("application/json", "application/*")


def _patience(request: Request) -> float | None:
    """Seconds that a request waits for its answer; None for as long as it takes. Raises UsageError."""
    prefer = request.headers.get("prefer", "").lower()
    given = request.query_params.get("wait")
    if given is None and "respond-async" in prefer:
        named = re.search(r"\bwait\s*=\s*(\d{1,5})\b", prefer)  # RFC 7240, section 4.3
        return float(named[1]) if named else 0.0
    if given is None:
        return None
    if not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", given):
        raise UsageError(f"wait={given}: a number of seconds is expected")
    return float(given)


async def _waited(request: Request, ticket: Ticket, patience: float | None) -> bool:
    """Until the job is over, the patience is, or the client is gone; whether it is gone."""
    over = asyncio.ensure_future(ticket.over.wait())
    left = asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({over, left}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        return left.done()
    finally:
        over.cancel()
        left.cancel()


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
