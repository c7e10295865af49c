"""Rows in a file, one JSON object a line: what is there is not done again, and a run that ends early loses none."""

from __future__ import annotations

import io
import json
import os
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jndkit.errors import InputError, JndError
from jndkit.picture import append_line, write_atomic

append = append_line


def read(path: str | Path) -> list[dict[str, Any]]:
    """The rows of a file; none where there is no file. A last line without its end, of a run cut off, is left out.

    Raises InputError where the file cannot be read or a line is no JSON object.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, ValueError) as error:
        raise InputError(path, f"it cannot be read: {getattr(error, 'strerror', None) or error}") from None
    rows = []
    for number, line in enumerate(io.StringIO(text), 1):
        if not line.endswith("\n"):
            break
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise InputError(path, f"line {number} is no row: a JSON object is expected")
        rows.append(row)
    return rows


def rewrite(path: str | Path, lines: Iterable[str]) -> None:
    """Replace all rows at once. Raises OutputError."""
    write_atomic(path, "".join(f"{line}\n" for line in lines).encode(), force=True)


def told(error: Exception, name: str) -> dict[str, str]:
    """What a row says of its failure: type and message, which names `name`. An error that is none of ours says so."""
    message = str(error)
    if not isinstance(error, JndError):
        if os.environ.get("JND_DEBUG"):
            traceback.print_exception(error)
        message = f"{type(error).__name__}: {error}; this is a bug; run with JND_DEBUG=1 for the traceback"
    return {"type": type(error).__name__, "message": message if name in message else f"{name}: {message}"}
