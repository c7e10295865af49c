"""One picture of many: whatever happens to it becomes a row."""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass
from pathlib import Path

from jndkit.batch import died
from jndkit.conversion.outputs import Plan
from jndkit.errors import JndError, LimitError
from jndkit.evidence import Row, failed
from jndkit.picture import make_folder, write_atomic
from jndkit.pipeline import run
from jndkit.settings import Settings


@dataclass(frozen=True)
class Outcome:
    """A row, and the file to write where there is one. Picklable."""

    row: Row
    data: bytes | None = None
    suffix: str = ""


def attempt(path: str, settings: Settings, *, write: bool = True) -> Outcome:
    """`pipeline.run`, but an error of any kind is a failed row."""
    try:
        done = run(path, settings, write=write)
        return Outcome(done.row, done.data, done.suffix)
    except Exception as error:
        return Outcome(explained(path, error))


def explained(path: str, error: Exception) -> Row:
    """The failed row of a picture that raised an error of any kind."""
    if isinstance(error, JndError):
        return failed(path, error)
    if isinstance(error, MemoryError):
        return failed(path, LimitError(path, "there is not enough memory for it"))
    return bug(path, error)


def bug(path: str, error: Exception) -> Row:
    """The row of an error that is none of ours. With JND_DEBUG set, its traceback goes to stderr."""
    if os.environ.get("JND_DEBUG"):
        traceback.print_exception(error)
    message = f"{path}: {type(error).__name__}: {error}; this is a bug; run with JND_DEBUG=1 for the traceback"
    return Row(input=path, status="failed", error={"type": type(error).__name__, "message": message})


def crashed(path: str, code: int | None) -> Outcome:
    """The outcome of a process that ended in the middle of its work."""
    return Outcome(failed(path, died(path, code)))


def store(plan: Plan, path: str, outcome: Outcome) -> Row:
    """Write the file to the plan's target and say so in the row; where it cannot be written, the row says that."""
    row = outcome.row
    if outcome.data is None:
        return row
    try:
        target = plan.target(Path(path), outcome.suffix)
        make_folder(str(target.parent))
        write_atomic(target, outcome.data, force=plan.force)
        row.output = str(target)
        row.notes += [plan.clashes[Path(path)]] if Path(path) in plan.clashes else []
    except JndError as error:
        row.status = "failed"
        row.error = {"type": type(error).__name__, "message": str(error)}
    return row
