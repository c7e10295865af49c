"""The application: every address, in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from jndkit.server import jobs, pictures, routes
from jndkit.server.access import Access
from jndkit.server.catalogue import catalogue
from jndkit.server.files import PAGE
from jndkit.server.frame import add_handlers, add_page, add_session
from jndkit.server.guard import Guard
from jndkit.server.limits import Limits
from jndkit.server.metrics import MEDIA_TYPE
from jndkit.server.service import Service
from jndkit.server.storage import Storage
from jndkit.version import VERSION


def make_app(
    limits: Limits, access: Access, storage: Storage, started: Callable[[Service], None] = lambda _: None
) -> ASGIApp:
    """The whole server behind its guard. started: called with what the requests share, once it takes them."""
    service = Service(limits, access, storage)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        service.desk.start()
        started(service)
        yield
        await service.desk.close()
        storage.close()

    app = FastAPI(
        title="jndkit",
        version=VERSION,
        description="The smallest file that looks the same, with the evidence.",
        openapi_url="/v1/openapi.json",
        docs_url=None,  # a page of other people's scripts
        redoc_url=None,
        lifespan=life,
    )
    app.state.service = service
    add_page(app, PAGE)
    add_session(app, access)
    _add_facts(app, service)
    for room in (routes, jobs, pictures):
        app.include_router(room.router)
    add_handlers(app)
    return Guard(app, access, limits.bytes, service.metrics.responded)


def _add_facts(app: FastAPI, service: Service) -> None:
    @app.get("/v1/health", summary="Whether the server takes work")
    async def health() -> Response:
        desk = service.desk
        state = "ending" if desk.ending else "ok"
        told = {"status": state, "version": VERSION, "working": desk.working, "waiting": desk.waiting}
        return JSONResponse(told, 503 if desk.ending else 200)

    @app.get("/v1/models", summary="What can be chosen")
    async def models() -> Response:
        limits = service.limits
        most = {"bytes": limits.bytes, "pixels": limits.pixels, "seconds": limits.seconds, "memory": limits.memory}
        return JSONResponse(await run_in_threadpool(catalogue) | {"limits": most})

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(service.metrics.text(service.desk), headers={"Content-Type": MEDIA_TYPE})
