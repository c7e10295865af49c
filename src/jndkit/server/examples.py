"""What the service's own description shows: bodies, answers and errors, as OpenAPI has them."""

from __future__ import annotations

from typing import Any

from jndkit.server.problems import MEDIA_TYPE, STATUS, Failure

_BINARY = {"schema": {"type": "string", "format": "binary"}}


def _form(*fields: str, also: tuple[str, ...] = ()) -> dict[str, Any]:
    properties = dict.fromkeys((*fields, *also), _BINARY["schema"])
    return {"schema": {"type": "object", "required": list(fields), "properties": properties}}


def _picture(form: dict[str, Any]) -> dict[str, Any]:
    """The picture is the body, or a field of a form."""
    content = {"application/octet-stream": _BINARY, "image/*": _BINARY, "multipart/form-data": form}
    return {"requestBody": {"required": True, "content": content}}


PICTURE = _picture(_form("picture"))
JUDGED = _picture(_form("picture", also=("against",)))
"""Beside the picture there may be a better original, which visibility is judged against."""
COMPARISON: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"multipart/form-data": _form("reference", "test")}}
}

_ROW = {
    "input": "photo.png",
    "output": None,
    "status": "written",
    "codec": "avif:420",
    "knob": {"name": "quality", "value": 60.0},
    "bytes": 41210,
    "input_bytes": 612480,
    "width": 768,
    "height": 512,
    "jnd": 0.43,
    "viewers": 77.2,
    "interval": [60.1, 92.8],
    "target": {"viewers": 75.0, "jnd": 0.472},
    "encodes": 3,
    "notes": [],
    "error": None,
}
_JOB = {
    "id": "q5cJk0m7TqvYt2sYbB2uZ3xA",
    "kind": "encode",
    "name": "photo.png",
    "state": "working",
    "position": None,
    "seconds": 1.2,
    "probes": [{"codec": "avif:420", "value": 60.0, "bytes": 41210, "jnd": 0.43}],
    "result": None,
    "error": None,
}
VERSION_ASKED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["codec", "value"],
                    "properties": {"codec": {"type": "string"}, "value": {"type": "number"}},
                },
                "example": {"codec": "avif", "value": 60},
            }
        },
    }
}


def _json(example: Any) -> dict[str, Any]:
    return {"application/json": {"schema": {"type": "object"}, "example": example}}


_LATER: dict[int | str, dict[str, Any]] = {
    202: {"description": "The job, which is not done yet.", "content": _json(_JOB)}
}
ROW: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file, or the row.", "content": {"image/*": _BINARY, **_json(_ROW)}},
    **_LATER,
}
MAP: dict[int | str, dict[str, Any]] = {
    200: {"description": "The map.", "content": {"image/png": _BINARY, "application/x-npy": _BINARY}},
    **_LATER,
}
JOB: dict[int | str, dict[str, Any]] = {200: {"description": "The job.", "content": _json(_JOB)}}


def _problems() -> dict[int | str, dict[str, Any]]:
    """Every status that an error has, with the names of the errors that have it."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted(set(STATUS.values())):
        names = [name for name, its in STATUS.items() if its == status]
        example = Failure(names[0], "one sentence that names the picture and the reason").body
        content = {MEDIA_TYPE: {"schema": {"type": "object"}, "example": example}}
        found[status] = {"description": " or ".join(names), "content": content}
    return found


PROBLEMS = _problems()
