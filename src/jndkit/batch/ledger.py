"""Rows in a file, one JSON object a line: what is there is not done again, and a run that ends early loses none.

A run may be killed at any moment, in the middle of a line too. What is left of such a line is no row: it is not read,
and the next line does not run into it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from jndkit.errors import InputError, OutputError
from jndkit.picture import write_atomic

_LONGEST = 64_000_000  # bytes of a line


def read(path: str | Path) -> list[dict[str, Any]]:
    """The rows of a file; none where there is no file. A last line that was cut off is left out.

    Raises InputError where the file cannot be read or a line is no JSON object.
    """
    return list(each(path)) if os.path.exists(path) else []


def each(path: str | Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, one at a time, so that it may be larger than memory.

    Raises InputError as `read` does, where there is no file, and for a line of more than 64 MB.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:  # bytes: a line may be cut off inside a character
            number = 0
            while line := file.readline(_LONGEST):
                number += 1
                row = _row(line)
                if row is not None:  # with or without an end: half an object never reads as one
                    yield row
                elif not _left_over(line):
                    raise InputError(path, f"line {number} is no row: a JSON object is expected")
    except (OSError, ValueError) as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else _reason(error)
        raise InputError(path, reason) from None


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


def _left_over(line: bytes) -> bool:
    """Whether a line is nothing: empty, or the last one, of which a part is missing."""
    if line.endswith(b"\n"):
        return not line.strip()
    if len(line) >= _LONGEST:
        return False
    return line.strip(b"\0 \t\r")[:1] in (b"", b"{")  # zeros: what some file systems leave after a power cut


def _reason(error: OSError | ValueError) -> str:
    return f"it cannot be read: {getattr(error, 'strerror', None) or error}"


def _row(line: bytes) -> dict[str, Any] | None:
    """The row that a line holds, or None."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):  # the latter of a thousand brackets
        return None
    return row if isinstance(row, dict) else None
