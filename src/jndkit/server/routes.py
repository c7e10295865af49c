"""One picture, one answer: encode, predict, compare, map."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jndkit import pipeline
from jndkit.comparison import compared
from jndkit.errors import UsageError
from jndkit.picture import check_damaged
from jndkit.pixelwise import jnd_map, model_card
from jndkit.server.asking import Sent, sent, service_of, settings_of
from jndkit.server.examples import COMPARISON, JUDGED, MAP, PICTURE, PROBLEMS, ROW
from jndkit.server.options import Options, checked_name
from jndkit.server.service import Render, file_response, wants_json
from jndkit.server.uploads import NAME
from jndkit.server.work import Answer, Compare, DrawMap, Encode, Work
from jndkit.settings import Settings

router = APIRouter(prefix="/v1", responses=PROBLEMS)
_MORE = ("name", "wait")
AGAINST = "against"  # the field of a better original
ToEncode = Annotated[dict[str, Any], Depends(Options(pipeline.encode, also=_MORE))]
ToPredict = Annotated[dict[str, Any], Depends(Options(pipeline.predict, also=_MORE))]
ToCompare = Annotated[dict[str, Any], Depends(Options(compared, also=_MORE))]
ToMap = Annotated[
    dict[str, Any],
    Depends(Options(jnd_map, also=(*_MORE, "model", "max-pixels", "damaged", "fixation", "distance"))),
]


def as_json(answer: Answer, _: str) -> Response:
    return JSONResponse(answer.about)


@router.post("/encode", openapi_extra=JUDGED, responses=ROW, summary="The smallest file that looks the same")
async def encode(request: Request, given: ToEncode) -> Response:
    settings = await settings_of(given, service_of(request))
    came = await sent(request, also=(AGAINST,))
    work = Encode(**_pictures(came, settings), settings=settings, out=str(came.folder / "encoded"))
    return await _worked(request, came, work, "encode", _file_or_row(work.name))


@router.post("/predict", openapi_extra=JUDGED, responses=ROW, summary="The setting that encode would choose, and why")
async def predict(request: Request, given: ToPredict) -> Response:
    settings = await settings_of(given, service_of(request))
    came = await sent(request, also=(AGAINST,))
    return await _worked(request, came, Encode(**_pictures(came, settings), settings=settings), "predict", as_json)


@router.post("/compare", openapi_extra=COMPARISON, responses=ROW, summary="How visible a difference is, and where")
async def compare(request: Request, given: ToCompare) -> Response:
    # What makes no sense is told before the pictures are sent.
    looking = {name: given[name] for name in ("viewers", "protocol", "viewing", "observer", "max_pixels", "damaged")}
    settings = await settings_of(looking, service_of(request))
    came = await sent(request, ("reference", "test"))
    work = Compare(
        **came.work("reference", "test", settings.max_pixels, settings.damaged),
        viewers=settings.viewers,
        protocol=settings.protocol,
        viewing=given["viewing"],
        observer=settings.observer,
    )
    return await _worked(request, came, work, "compare", as_json)


@router.post("/map", openapi_extra=PICTURE, responses=MAP, summary="The just noticeable difference of every pixel")
async def map_(
    request: Request,
    given: ToMap,
    model: str = "resjnd-s",
    damaged: str = "refuse",
    fixation: str | None = None,
    distance: float | None = None,
) -> Response:
    await run_in_threadpool(model_card, checked_name("model", model))
    eye = {"fixation": _point(fixation), "distance": distance}
    options = given | {name: value for name, value in eye.items() if value is not None}
    numbers = "application/x-npy" in request.headers.get("accept", "")
    check_damaged(damaged)
    came = await sent(request)
    work = DrawMap(
        **came.work(NAME, "", service_of(request).limits.pixels, damaged),
        model=model,
        out=str(came.folder / ("map.npy" if numbers else "map.png")),
        options=options,
    )
    return await _worked(request, came, work, "map", _file_or_row(work.name))


def _pictures(came: Sent, settings: Settings) -> dict[str, Any]:
    return came.work(NAME, AGAINST, settings.max_pixels, settings.damaged)


async def _worked(request: Request, came: Sent, work: Work, kind: str, render: Render) -> Response:
    return await service_of(request).work(request, work, kind, render, folder=came.folder)


def _file_or_row(name: str) -> Render:
    """The file, or what is told of it where that is asked for or there is no file."""

    def render(answer: Answer, accept: str) -> Response:
        if answer.file is None or wants_json(accept):
            return JSONResponse(answer.about)
        return file_response(answer.file, answer.suffix, name=name)

    return render


def _point(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"fixation {text}: write two numbers, X,Y") from None
    return x, y
