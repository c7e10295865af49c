"""Dataclasses as TOML: keys are their fields, tables are fields that are dataclasses themselves."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from jndkit import toml_writer
from jndkit.errors import InputError

_T = TypeVar("_T")


def text(value: Any, apart: Collection[str] = ()) -> str:
    """A dataclass as TOML, from which `built` makes the same. apart: fields to leave out; None always is."""
    parts: list[str] = []
    _emit(parts, "", _plain(value, apart))
    return "".join(parts)


def built(cls: type[_T], values: Any, path: Path, apart: Collection[str] = (), place: str = "") -> _T:
    """An object of a dataclass from a table. Raises InputError for keys that lack, are unknown or of another type."""
    if not isinstance(values, dict):
        raise InputError(path, f"{place or 'it'} is no table")
    kinds = typing.get_type_hints(cls)
    known = {part.name: part for part in dataclasses.fields(cls) if part.name not in apart}  # type: ignore[arg-type]
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        raise InputError(path, f"it has {place}{unknown[0]}, which no plan has")
    made = {}
    for name, part in known.items():
        if name in values:
            made[name] = _value(kinds[name], values[name], path, apart, f"{place}{name}")
        elif part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING:
            raise InputError(path, f"it lacks {place}{name}")
    return cls(**made)


def _plain(value: Any, apart: Collection[str]) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {part.name: getattr(value, part.name) for part in dataclasses.fields(value) if part.name not in apart}
        return {key: _plain(part, apart) for key, part in named.items() if part is not None}
    if isinstance(value, tuple):
        return [_plain(part, apart) for part in value]
    return dict(value) if isinstance(value, Mapping) else value


def _emit(parts: list[str], place: str, table: Mapping[str, Any]) -> None:
    """Values first, then tables; hashes of one picture stand in one line, as inline tables."""

    def is_array(value: Any) -> bool:
        return isinstance(value, list) and bool(value) and all(isinstance(part, dict) for part in value)

    def is_table(key: str, value: Any) -> bool:
        return isinstance(value, dict) and not (key in {"original", "shown", "boosted"} and "sha256" in value)

    later = {key: value for key, value in table.items() if is_array(value) or is_table(key, value)}
    parts.append(toml_writer.lines({key: value for key, value in table.items() if key not in later}))
    for key, value in later.items():
        name = f"{place}{key}"
        for part in value if isinstance(value, list) else [value]:
            parts.append(f"\n[[{name}]]\n" if isinstance(value, list) else f"\n[{name}]\n")
            _emit(parts, f"{name}.", part)


def _value(kind: Any, value: Any, path: Path, apart: Collection[str], place: str) -> Any:
    options = [option for option in get_args(kind) if option is not type(None)]
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_value(options[0], part, path, apart, f"{place}[{i}]") for i, part in enumerate(value, 1))
    if len(options) == 1 and len(get_args(kind)) == 2:  # X | None
        kind = options[0]
    if get_origin(kind) is Literal:
        kind = str
    if dataclasses.is_dataclass(kind):
        return built(kind, value, path, apart, f"{place}.")  # type: ignore[arg-type]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    plain = get_origin(kind) or kind
    if plain in (str, int, float, bool) and (not isinstance(value, plain) or (plain is int and value is True)):
        raise InputError(path, f"{place} is {value!r}, where {plain.__name__} is expected")
    if plain not in (str, int, float, bool) and not isinstance(value, dict):
        raise InputError(path, f"{place} is {value!r}, where a table is expected")
    return value
