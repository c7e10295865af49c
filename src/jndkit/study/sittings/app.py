"""The application: every address of a sitting, in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import ASGIApp

from jndkit.errors import UsageError
from jndkit.picture import png_bytes
from jndkit.server import files
from jndkit.server.access import Access
from jndkit.server.frame import add_handlers, add_page, add_session, json_of
from jndkit.server.guard import Guard
from jndkit.server.problems import NotFoundError
from jndkit.study.plan import Plan
from jndkit.study.sittings import told
from jndkit.study.sittings.desk import Desk, Work
from jndkit.study.sittings.plates import plates
from jndkit.version import VERSION

PAGE = Path(__file__).with_name("page")
_SHARED = (files.PAGE / "display.js",)
"""What the page has in common with that of `jnd serve`."""
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}  # the address is the hash


def make_app(plan: Plan, access: Access, work: Work) -> ASGIApp:
    """The whole server behind its guard."""
    app = FastAPI(title="jndkit study", version=VERSION, openapi_url=None, docs_url=None, redoc_url=None)
    add_page(app, *_SHARED, PAGE)
    add_session(app, access)
    _add_study(app, plan, work)
    _add_sittings(app, work)
    add_handlers(app)
    return Guard(app, access, 0, lambda _, __: None)


def _add_study(app: FastAPI, plan: Plan, work: Work) -> None:
    pictures = {sha256: plan.folder / file for file, sha256 in plan.files() if file.endswith(".png")}
    drawn = [png_bytes(plate.rgb, effort="quick") for plate in plates(plan.seed)]
    study = told.of_study(plan)

    @app.get("/v1/health")
    async def health() -> Response:
        return JSONResponse({"status": "ok", "version": VERSION, "sittings": work.counts.sittings})

    @app.get("/v1/study")
    async def about() -> Response:
        return JSONResponse(study)

    @app.get("/v1/pictures/{name}.png")
    async def picture(name: str) -> Response:
        if name not in pictures or not pictures[name].is_file():
            raise NotFoundError("there is no such picture in this study")
        return FileResponse(pictures[name], headers={"Content-Type": "image/png", **_FOREVER})

    @app.get("/v1/plates/{number}.png")
    async def plate(number: int) -> Response:
        if not 0 <= number < len(drawn):
            raise NotFoundError("there is no such plate")
        return Response(drawn[number], media_type="image/png")


def _add_sittings(app: FastAPI, work: Work) -> None:
    @app.post("/v1/sittings", status_code=201)
    async def begin(request: Request) -> Response:
        if (await json_of(request)).get("consent") is not True:
            raise UsageError("nobody takes part without consent: true")
        return _said(await work(Desk.begin), 201)

    @app.get("/v1/sittings/{code}")
    async def state(code: str) -> Response:
        return _said(await work(lambda desk: desk.state(code)))

    @app.put("/v1/sittings/{code}/display")
    async def check(code: str, request: Request) -> Response:
        found = await json_of(request)
        return _said(await work(lambda desk: desk.check(code, found)))

    @app.post("/v1/sittings/{code}/answers")
    async def answer(code: str, request: Request) -> Response:
        given = await json_of(request)
        return _said(await work(lambda desk: desk.answer(code, given)))

    @app.delete("/v1/sittings/{code}", status_code=204)
    async def withdraw(code: str) -> Response:
        await work(lambda desk: desk.withdraw(code))
        return Response(status_code=204)


def _said(value: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(value, status)
