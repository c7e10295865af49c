"""The rows that evaluations write: one JSON object a line, its keys the fields of a dataclass in their order."""

from __future__ import annotations

import json
import types
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar, Union, get_args, get_origin, get_type_hints

from jndkit.batch import explained, ledger
from jndkit.errors import UsageError

Failure = dict[str, str]
"""Why a row has no result: type and message of the error."""


class Row(ABC):
    """One line of a file of rows. A subclass is a dataclass that lists its fields, `error` among them.

    subject: the evaluation that writes it, as `jnd evaluate` calls it.  error: why there is no result, or None.
    """

    subject: ClassVar[str]
    error: Failure | None

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(vars(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Self:
        """The row of a line of JSON. Raises UsageError where keys are missing, unknown or of another type."""
        kind: Any = cls  # mypy doubts that type[Self] can be hashed
        known = _fields(kind)
        # Rows of earlier versions may lack keys that came later; those have defaults.
        required = {name for name, (_, optional) in known.items() if not optional}
        if not required <= line.keys() <= known.keys():
            raise UsageError(f"a row of another kind than jnd evaluate {cls.subject} writes")
        for name, value in line.items():
            if not _fits(value, known[name][0]):
                raise UsageError(
                    f"a row that jnd evaluate {cls.subject} never wrote: its {name} is {str(value)[:40]!r}"
                )
        return cls(**line)

    def fail(self, error: Exception, name: str) -> Self:
        """This row, failed. name: what failed, which the message begins with. An error that is none of ours says so."""
        self.error = explained(error, name)
        return self


class PictureRow(Row):
    """The row of one picture and one part of what is asked of it, such as a model or a codec.

    input: what rows call the picture.  width, height: pixels.  input_sha256: of its file.  seconds: of wall clock that
    the part took, without what is done once for the whole picture.  versions: library -> version.
    """

    # Annotations, no fields: each subclass lists its own, so that its keys stand in the order of the line.
    input: str
    width: int | None
    height: int | None
    input_sha256: str | None
    seconds: float | None
    versions: dict[str, str]

    @property
    @abstractmethod
    def part(self) -> str:
        """Which of a picture's rows it is."""

    @property
    def maker(self) -> str:
        """Who made the part: the name that `made_with` tells the version of."""
        return self.part

    @property
    def made_with(self) -> str:
        """Versions that decide the result; a row with others than are in use is stale. Empty where none is."""
        return ""


RowT = TypeVar("RowT", bound=Row)


def read(path: str | Path, from_json: Callable[[Mapping[str, Any]], RowT]) -> list[RowT]:
    """The rows of a file, none where there is no file.

    from_json: of the kind that is expected. Raises InputError for what is no file of rows, UsageError for a row of
    another kind.
    """
    rows = []
    for number, line in enumerate(ledger.read(path), 1):
        try:
            rows.append(from_json(line))
        except UsageError as error:
            raise UsageError(f"{path}: line {number}: {error}") from None
    return rows


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Name -> type of each field of a dataclass, and whether a line may lack it."""
    hints = get_type_hints(kind)
    return {field.name: (hints[field.name], _has_default(field)) for field in fields(kind)}


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _fits(value: Any, kind: Any) -> bool:
    """Whether a JSON value is one of a field's type: str, int, float, None, and lists, dicts and unions of them."""
    if kind is None or kind is types.NoneType:
        return value is None
    if kind is float:
        return isinstance(value, float | int)  # JSON has one kind of number
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, parts[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, parts[1]) for item in value.values())
    return isinstance(value, kind)
