"""Pictures that are looked at: sent once, then asked about by their id."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jndkit.codecs import codec as named_codec, full_spec
from jndkit.errors import UsageError
from jndkit.picturewise.tailoring import has_steps
from jndkit.pixelwise import model_card
from jndkit.server.album import Made, Shown
from jndkit.server.asking import picture_arguments, sent, service_of, settings_of
from jndkit.server.desk import Ticket
from jndkit.server.examples import PICTURE, PROBLEMS, ROW, VERSION_ASKED
from jndkit.server.frame import json_of
from jndkit.server.options import checked_name
from jndkit.server.problems import EndingError, Failure, NotFoundError, QueueError
from jndkit.server.routes import ToEncode, ToPredict, as_json
from jndkit.server.service import Render, Service, file_response
from jndkit.server.uploads import NAME
from jndkit.server.versions import Decode, Overlaid, Version, Where
from jndkit.server.work import Answer, Encode, Open, Work
from jndkit.settings import Settings

router = APIRouter(prefix="/v1/pictures", responses=PROBLEMS)


@router.post("", openapi_extra=PICTURE, status_code=201, summary="Send a picture to look at")
async def send(request: Request, given: ToEncode) -> Response:
    service = service_of(request)
    settings = await settings_of(given, service)
    came = await sent(request)
    folder, upload = came.folder, came.pictures[NAME]
    shown = Shown(folder.name, folder, upload, settings.damaged)
    work = Open(**_picture(shown, service), protocol=settings.protocol, viewing=given["viewing"], out=str(shown.png))

    def then(result: Answer | Failure) -> None:
        if isinstance(result, Failure):
            service.storage.drop(folder)
            return
        shown.about = {"id": shown.id, "name": upload.name, "bytes": upload.bytes, **result.about}
        service.album.add(shown)

    def render(_: Answer, __: str) -> Response:
        return JSONResponse(shown.about, 201, headers={"Location": f"/v1/pictures/{shown.id}"})

    try:
        return await service.work(request, work, "open", render, then=then)
    except (QueueError, EndingError):
        service.storage.drop(folder)
        raise


@router.get("/{picture}", summary="What the picture is")
async def look(request: Request, picture: str) -> Response:
    return JSONResponse(service_of(request).album.find(picture).about)


@router.delete("/{picture}", status_code=204, summary="Forget the picture, and all that was made of it")
async def drop(request: Request, picture: str) -> Response:
    album = service_of(request).album
    album.drop(album.find(picture))
    return Response(status_code=204)


@router.delete("", status_code=204, summary="Forget several pictures, those of them that are known")
async def drop_several(request: Request, id: Annotated[list[str], Query()]) -> Response:
    album = service_of(request).album
    for name in id:
        with suppress(NotFoundError):
            album.drop(album.find(name))
    return Response(status_code=204)


@router.get("/{picture}/png", summary="The picture as it is judged, sample for sample")
async def png(request: Request, picture: str) -> Response:
    return file_response(service_of(request).album.find(picture).png, ".png")


@router.post("/{picture}/encode", responses=ROW, summary="The row of the smallest file that looks the same")
async def encode(request: Request, picture: str, given: ToEncode) -> Response:
    service = service_of(request)
    shown = service.album.find(picture)
    settings = await settings_of(given, service)
    out = shown.place("encoded")
    work = Encode(**_picture(shown, service), settings=settings, out=str(out))

    def kept(answer: Answer) -> Answer:
        row = answer.about
        if answer.file is None:
            return Answer(row | {"version": None})
        name = f"answer-{row['output_sha256'][:16]}"
        made = Made(name, row["codec"], Path(answer.file), shown.place("decoded.png"), answer.suffix)
        shown.versions.setdefault(name, made)
        return Answer(row | {"version": name}, answer.file, answer.suffix)

    return await _answered(request, shown, ("encode", settings), work, "encode", as_json, kept)


@router.post("/{picture}/predict", responses=ROW, summary="The row of a prediction")
async def predict(request: Request, picture: str, given: ToPredict) -> Response:
    service = service_of(request)
    shown = service.album.find(picture)
    settings = await settings_of(given, service)
    work = Encode(**_picture(shown, service), settings=settings)
    return await _answered(request, shown, ("predict", settings), work, "predict", as_json)


@router.get("/{picture}/curve", summary="The satisfied-user curve over the codec's knob")
async def curve(request: Request, picture: str, given: ToPredict) -> Response:
    service = service_of(request)
    shown = service.album.find(picture)
    settings = await settings_of(given, service)
    work = Encode(**_picture(shown, service), settings=settings)
    return await _answered(request, shown, ("predict", settings), work, "predict", _curve(shown, settings))


@router.post("/{picture}/versions", openapi_extra=VERSION_ASKED, summary="The picture at one setting of a codec")
async def make(request: Request, picture: str, given: ToPredict) -> Response:
    service = service_of(request)
    shown = service.album.find(picture)
    asked = await json_of(request)
    spec, value = asked.get("codec"), asked.get("value")
    if not isinstance(spec, str) or isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError('{"codec": "avif", "value": 60} is expected')
    settings = await settings_of(given | {"codec": checked_name("codec", spec), "encode": True}, service)
    if spec == "auto":
        raise UsageError("auto has no settings of its own: name one codec")
    codec = named_codec(spec)
    settings = replace(settings, codec=codec.spec)
    name = full_spec(codec, float(value))
    if has_steps(codec):
        name = ",".join((name, *map(str, _made_for(settings))))
    else:  # the file is the same for however many of them
        settings = replace(settings, viewers=Settings.viewers)
    made = shown.versions.get(name)
    out, image = (made.file, made.png) if made else (shown.place("version"), shown.place("version.png"))
    work = Version(**_picture(shown, service), settings=settings, value=float(value), out=str(out), png=str(image))

    def kept(answer: Answer) -> Answer:
        home = f"/v1/pictures/{shown.id}/versions/{name}"
        shown.versions[name] = Made(name, codec.spec, out, image, answer.suffix)
        return replace(answer, about={"name": name, **answer.about, "png": f"{home}/png", "file": f"{home}/file"})

    return await _answered(request, shown, ("version", name, settings), work, "version", as_json, kept)


@router.get("/{picture}/versions", summary="The versions that were made so far")
async def versions(request: Request, picture: str) -> Response:
    answers = service_of(request).album.find(picture).answers
    made = [answer.about for key, answer in answers.items() if isinstance(key, tuple) and key[0] == "version"]
    return JSONResponse({"versions": made})


@router.get("/{picture}/versions/{version}/png", summary="The version as it decodes")
async def version_png(request: Request, picture: str, version: str) -> Response:
    service = service_of(request)
    shown = service.album.find(picture)
    made = shown.version(version)
    if made.png.exists():
        return file_response(made.png, ".png")
    shown.answers.pop(("decode", version), None)  # whose file made room for others since
    work = Decode(**_picture(shown, service), spec=made.spec, file=str(made.file), png=str(made.png))
    return await _answered(request, shown, ("decode", version), work, "decode", _sent)


@router.get("/{picture}/versions/{version}/file", summary="The version's file")
async def version_file(request: Request, picture: str, version: str) -> Response:
    shown = service_of(request).album.find(picture)
    made = shown.version(version)
    return file_response(made.file, made.suffix, name=shown.upload.name)


@router.get("/{picture}/versions/{version}/where", summary="Where the observer sees the difference, as an overlay")
async def where(request: Request, picture: str, version: str, given: ToPredict) -> Response:
    service = service_of(request)
    shown = service.album.find(picture)
    made = shown.version(version)
    settings = await settings_of(given | {"codec": made.spec, "encode": True}, service)
    work = Where(
        **_picture(shown, service),
        settings=settings,
        spec=made.spec,
        file=str(made.file),
        out=str(shown.place("where.webp")),
    )
    return await _answered(request, shown, ("where", version, settings), work, "where", _overlay)


@router.get("/{picture}/map/{model}", summary="The JND map of a model, as an overlay")
async def map_(request: Request, picture: str, model: str) -> Response:
    service = service_of(request)
    shown = service.album.find(picture)
    await run_in_threadpool(model_card, checked_name("model", model))
    work = Overlaid(**_picture(shown, service), model=model, out=str(shown.place("map.webp")))
    return await _answered(request, shown, ("map", model), work, "map", _overlay)


async def _answered(
    request: Request,
    shown: Shown,
    key: Hashable,
    work: Work,
    kind: str,
    render: Render,
    kept: Callable[[Answer], Answer] = lambda answer: answer,
) -> Response:
    """What was answered before, what is being worked out, or a new job. key: what is asked of this picture."""
    service = service_of(request)
    if key in shown.answers:
        return render(shown.answers[key], request.headers.get("accept", "*/*"))
    if key in shown.underway and not shown.underway[key].given_up.is_set():
        return await service.concluded(request, shown.underway[key])

    def then(result: Answer | Failure) -> None:
        shown.underway.pop(key, None)
        if isinstance(result, Answer):
            shown.answers[key] = kept(result)
            service.album.grown(shown, result.file)

    def told(_: Answer, accept: str) -> Response:
        return render(shown.answers[key], accept)

    def begun(ticket: Ticket) -> None:
        shown.underway[key] = ticket

    return await service.work(request, work, kind, told, then=then, begun=begun)


def _picture(shown: Shown, service: Service) -> dict[str, Any]:
    return picture_arguments(shown.upload, service.limits.pixels, shown.damaged)


def _sent(answer: Answer, _: str) -> Response:
    if answer.file is None:
        raise NotFoundError("there is no file")
    return file_response(answer.file, answer.suffix)


def _overlay(answer: Answer, accept: str) -> Response:
    response = _sent(answer, accept)
    response.headers["X-Scale"] = json.dumps(answer.about)
    return response


def _made_for(settings: Settings) -> tuple[float | str, ...]:
    """What steps of its own that a codec has depend on, beside the picture."""
    return settings.viewers, settings.protocol, settings.fit[1].name


def _curve(shown: Shown, asked: Settings) -> Render:
    """The curve in the row of a prediction, with the bytes of those settings that were made."""

    def is_on_it(version: Settings, codec: str) -> bool:
        own = has_steps(named_codec(codec))
        return version.codec == codec and (not own or _made_for(version) == _made_for(asked))

    def render(answer: Answer, _: str) -> Response:
        row = answer.about
        codec, knob = row["codec"], row["knob"] or {}
        made = {probe["value"]: probe["bytes"] for probe in row["probes"] if probe["codec"] == codec}
        for key, other in shown.answers.items():
            if isinstance(key, tuple) and key[0] == "version" and is_on_it(key[2], codec):
                made[other.about["value"]] = other.about["bytes"]
        points = [
            {"value": value, "viewers": viewers, "low": low, "high": high, "bytes": made.get(value)}
            for value, viewers, low, high in row["sur"] or []
        ]
        told = {"codec": codec, "knob": knob.get("name"), "value": knob.get("value"), "points": points or None}
        return JSONResponse(told | {"probes": row["probes"], "row": row})

    return render
