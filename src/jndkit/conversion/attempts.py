"""One picture of many: whatever happens to it becomes a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jndkit.batch import explained
from jndkit.batch.engine import rows_of
from jndkit.conversion.outputs import Plan
from jndkit.errors import JndError
from jndkit.evidence import Row
from jndkit.picture import make_folder, write_atomic
from jndkit.pipeline import run
from jndkit.settings import Settings


@dataclass(frozen=True)
class Outcome:
    """A row, and the file to write where there is one. place: of its task among all. Picklable."""

    row: Row
    data: bytes | None = None
    suffix: str = ""
    place: int = 0


@dataclass(frozen=True)
class Attempt:
    """The work on one picture, a `batch.Job` with one row. write: False for `predict`.  place: as of `Outcome`."""

    path: str
    settings: Settings
    write: bool = True
    place: int = 0

    def rows(self) -> Iterator[Outcome]:
        done = run(self.path, self.settings, write=self.write)
        yield Outcome(done.row, done.data, done.suffix, self.place)

    def failed(self, error: Exception) -> Iterator[Outcome]:
        row = Row(input=self.path, status="failed", error=explained(error, self.path))
        yield Outcome(row, place=self.place)


def attempt(path: str, settings: Settings, *, write: bool = True) -> Outcome:
    """`pipeline.run`, but an error of any kind is a failed row."""
    return next(rows_of(Attempt(path, settings, write)))


def store(plan: Plan, path: Path, outcome: Outcome) -> None:
    """Write the file to the plan's target and say so in the row; where it cannot be written, the row says that."""
    row = outcome.row
    if outcome.data is None:
        return
    try:
        target = plan.target(path, outcome.suffix)
        make_folder(str(target.parent))
        write_atomic(target, outcome.data, force=plan.force)
        row.output = str(target)
        row.notes += [plan.clashes[path]] if path in plan.clashes else []
    except JndError as error:
        row.status = "failed"
        row.error = {"type": type(error).__name__, "message": str(error)}  # which names the place, not the picture
