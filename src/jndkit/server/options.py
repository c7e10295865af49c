"""Options of a request, named as on the command line: made from the functions that take them, not written again."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from fastapi import Query
from starlette.requests import Request

from jndkit.errors import UsageError, unknown_choice

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:,+-]{0,199}")
_ENTRY = re.compile(r"(?:^| {2,})(\w+(?:, \w+)*): ", flags=re.M)


class Options:
    """A dependency of FastAPI: the keyword arguments of a function, from the query of a request.

    function: whose keyword-only parameters are taken, and described by its docstring; but those that may be paths.
    also: further names that the query may have.
    Raises UsageError for names that the function does not have, and for words that are no names.
    """

    def __init__(self, function: Callable[..., Any], *, also: Iterable[str] = ()) -> None:
        named = [one for one in inspect.signature(function).parameters.values() if one.kind is one.KEYWORD_ONLY]
        hints, told = _hints(function, {one.name for one in named}), _described(function)
        taken = [one for one in named if Path not in (hints[one.name], *get_args(hints[one.name]))]
        self._paths = {one.name.replace("_", "-") for one in named} - {one.name.replace("_", "-") for one in taken}
        self._names: dict[str, inspect.Parameter] = {}
        for parameter in taken:
            option = parameter.name.replace("_", "-")
            asked = Query(alias=option, description=told.get(parameter.name, ""), default=parameter.default)
            self._names[option] = parameter.replace(annotation=_plain(hints[parameter.name]), default=asked)
        self._also = tuple(also)
        request = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
        self.__signature__ = inspect.Signature([request, *self._names.values()])

    def __call__(self, request: Request, **given: Any) -> dict[str, Any]:
        offered = [*self._names, *self._also]
        for name in request.query_params:
            if name in self._paths:
                raise UsageError(f"{name} is a picture: send it as the field {name} of a form (multipart/form-data)")
            if name not in offered:
                raise unknown_choice("option", name, offered)
        for name, value in given.items():
            if isinstance(value, str):
                checked_name(name.replace("_", "-"), value)
        return given


def checked_name(what: str, value: str) -> str:
    """A word that names something of ours. Nothing that could be a path is one. Raises UsageError."""
    if not _NAME.fullmatch(value) or ".." in value:
        raise UsageError(f"{what} {value!r} is no name")
    return value


def _hints(function: Callable[..., Any], names: set[str]) -> dict[str, Any]:
    """The types of some parameters; those of others may not be known outside of a type checker."""
    known = {name: hint for name, hint in inspect.get_annotations(function).items() if name in names}
    holder = type("_Holder", (), {"__annotations__": known})
    return get_type_hints(holder, getattr(function, "__globals__", {}))


def _plain(hint: Any) -> Any:
    """The type that the query is read as; which words may be chosen is told by our own errors."""
    if get_origin(hint) is Literal:
        return str
    members = getattr(hint, "__args__", ())
    return str | None if type(None) in members else hint


def _described(function: Callable[..., Any]) -> dict[str, str]:
    """What a docstring says of each argument, by its name."""
    text = inspect.cleandoc(function.__doc__ or "")
    parts = _ENTRY.split(text)
    told = {}
    for names, words in zip(parts[1::2], parts[2::2], strict=True):
        sentence = " ".join(words.partition("\n\n")[0].split())
        told.update(dict.fromkeys(names.split(", "), sentence[:1].upper() + sentence[1:]))
    return told
