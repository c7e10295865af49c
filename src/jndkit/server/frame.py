"""What every server of ours has: the files of a page, a token that becomes a cookie, and errors that are problems."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

from jndkit.errors import JndError, LimitError, UsageError
from jndkit.server.access import COOKIE, Access
from jndkit.server.files import INDEX, page_files
from jndkit.server.guard import refusal
from jndkit.server.problems import Failure, NotFoundError, failure

_WEEK = 7 * 86_400  # seconds
_MOST_JSON = 10_000  # bytes


def add_page(app: FastAPI, *homes: Path) -> None:
    """homes: as `page_files` takes them; `INDEX` in one of them is the page."""
    files = page_files(*homes)

    @app.get("/page/{name:path}", include_in_schema=False)
    async def asset(name: str) -> Response:
        if name not in files:
            raise NotFoundError("there is no such file of the page")
        path, kind = files[name]
        return FileResponse(path, headers={"Content-Type": kind})

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return await asset(INDEX)


def add_session(app: FastAPI, access: Access) -> None:
    @app.post("/v1/session", status_code=204, summary="Exchange the token for a cookie")
    async def session(request: Request) -> Response:
        asked = await json_of(request)
        response = Response(status_code=204)
        secret = access.session(str(asked.get("token", "")))
        response.set_cookie(COOKIE, secret, max_age=_WEEK, httponly=True, samesite="strict")
        return response


async def json_of(request: Request) -> dict[str, Any]:
    """The body. Raises UsageError for anything but a JSON object, LimitError for a long one."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_JSON:
            raise LimitError("the request", f"more than {_MOST_JSON} bytes of JSON")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UsageError("a JSON object is expected as the body")
    return value


def add_handlers(app: FastAPI) -> None:
    """Whatever is raised becomes a problem."""

    @app.exception_handler(JndError)
    async def ours(_: Request, error: JndError) -> Response:
        return refusal(failure(error))

    @app.exception_handler(RequestValidationError)
    async def misread(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = str(first["loc"][-1])
        return refusal(failure(UsageError(f"{where}: {_sentence(str(first['msg']))}")))

    @app.exception_handler(HTTPException)
    async def known(_: Request, error: HTTPException) -> Response:
        names = {404: "NotFoundError", 405: "MethodError"}
        said = Failure(names.get(error.status_code, "UsageError"), _sentence(str(error.detail)))
        return refusal(said)

    @app.exception_handler(ClientDisconnect)
    async def gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=499)  # which nobody reads

    @app.exception_handler(Exception)
    async def bug(_: Request, error: Exception) -> Response:
        return refusal(failure(error))


def _sentence(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:1].lower() + re.sub(r"\s+", " ", text)[1:]
