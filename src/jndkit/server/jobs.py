"""What a client can do with a job: look, follow, fetch, end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from jndkit.server.asking import service_of
from jndkit.server.desk import Ticket
from jndkit.server.examples import JOB, PROBLEMS
from jndkit.server.problems import NotFoundError
from jndkit.server.service import Service

router = APIRouter(prefix="/v1/jobs/{job}", responses=PROBLEMS)


@router.get("", responses=JOB, summary="A job")
async def look(request: Request, job: str) -> Response:
    service = service_of(request)
    return JSONResponse(service.told(_ticket(service, job)))


@router.get("/events", summary="The job whenever it changes, as server-sent events")
async def events(request: Request, job: str) -> Response:
    service = service_of(request)
    ticket = _ticket(service, job)

    async def told() -> AsyncIterator[bytes]:
        async for _ in service.desk.follow(ticket):
            yield f"event: job\ndata: {json.dumps(service.told(ticket))}\n\n".encode()

    return StreamingResponse(told(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get("/result", summary="What came of the job")
async def result(request: Request, job: str) -> Response:
    service = service_of(request)
    ticket = _ticket(service, job)
    if not ticket.over.is_set():
        return service.accepted(ticket)
    return service.result(ticket, request.headers.get("accept", "*/*"))


@router.delete("", status_code=204, summary="End the job, and forget it")
async def cancel(request: Request, job: str) -> Response:
    service = service_of(request)
    ticket = _ticket(service, job)
    ticket.followers -= 1
    if ticket.followers <= 0:  # else others asked for the same, and still wait for it
        service.desk.forget(ticket)
    return Response(status_code=204)


def _ticket(service: Service, name: str) -> Ticket:
    """Raises NotFoundError."""
    ticket = service.desk.find(name)
    if ticket is None:
        raise NotFoundError("there is no such job here: it was fetched long ago, cancelled, or never was")
    return ticket
