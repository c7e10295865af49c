"""Rows in a file, one JSON object a line: what is there is not done again, and a run that ends early loses none.

A run may be killed at any moment, in the middle of a line too. What is left of such a line is no row: it is not read,
and the next line does not run into it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from jndkit.errors import InputError, OutputError
from jndkit.picture import write_atomic


def read(path: str | Path) -> list[dict[str, Any]]:
    """The rows of a file; none where there is no file. A last line that was cut off is left out.

    Raises InputError where the file cannot be read or a line is no JSON object.
    """
    path = Path(path)
    try:
        data = path.read_bytes() if os.path.exists(path) else b""
    except OSError as error:
        raise InputError(path, f"it cannot be read: {error.strerror}") from None
    # Of bytes: a line may be cut off inside a character.
    *lines, tail = data.split(b"\n")
    rows = []
    for number, line in enumerate(lines, 1):
        row = _row(line)
        if row is not None:
            rows.append(row)
        elif line.strip():
            raise InputError(path, f"line {number} is no row: a JSON object is expected")
    whole = _row(tail)  # an editor may have left out the end of the last line; half an object never reads as one
    if whole is not None:
        rows.append(whole)
    elif tail.strip(b"\0 \t\r")[:1] not in (b"", b"{"):  # zeros: what some file systems leave after a power cut
        raise InputError(path, f"line {len(lines) + 1} is no row: a JSON object is expected")
    return rows


def append(path: str | Path, *lines: str) -> None:
    """Add lines to the end of a file, which may not be there yet, in one go. Raises OutputError."""
    data = "".join(f"{line}\n" for line in lines).encode()
    try:
        # For appending: what is written goes to the end, wherever `_mend` has read.
        with open(path, "a+b") as file:
            _mend(file)
            file.write(data)
    except (OSError, ValueError) as error:
        raise OutputError(path, f"it cannot be written: {getattr(error, 'strerror', None) or error}") from None


def rewrite(path: str | Path, lines: Iterable[str]) -> None:
    """Replace all rows at once: whoever reads meanwhile, or after a kill, finds the old ones or these. OutputError."""
    write_atomic(path, "".join(f"{line}\n" for line in lines).encode(), force=True)


def _mend(file: BinaryIO) -> None:
    """End the last line: with what it lacks where it is a row, else by taking it away."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 1))
    if file.read(1) in (b"", b"\n"):
        return
    file.seek(0)
    tail = file.read().rpartition(b"\n")[2]
    if _row(tail) is None:
        file.truncate(end - len(tail))
    else:
        file.write(b"\n")


def _row(line: bytes) -> dict[str, Any] | None:
    """The row that a line holds, or None."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
