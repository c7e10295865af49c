"""A file of labels: what is there is not made again, a run cut off loses the pictures at work and no more.

It is CSV, for the programs of those who train with it, and kept as `batch.ledger` keeps rows.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from jndkit.batch import Engine, Known, gather, run
from jndkit.batch.ledger import append, rewrite
from jndkit.errors import InputError, UsageError
from jndkit.labelling.work import Labelled, Labelling, Plan, observer, value_text


@dataclass
class Labels:
    """A CSV file of labels being made. todo: the work on every picture that is not whole yet.

    whole: how many pictures are.  refused: a sentence for each picture that cannot be named in a row.
    """

    path: Path
    plan: Plan
    todo: list[Labelling] = field(default_factory=list)
    whole: int = 0
    refused: list[str] = field(default_factory=list)

    def make(self, jobs: int | None = None, engine: Engine | None = None) -> Generator[Labelled, None, None]:
        """Label what is left, in the order of completion; the rows of a picture are in the file when it is yielded.

        jobs: processes at work at once; the processors by default.
        engine: who works in place of them.  After the last the file is sorted by picture,
        codec and setting. Closing the iterator, or an exception such as KeyboardInterrupt, stops the processes.
        Raises UsageError for less than one job, OutputError where the file cannot be written.
        """
        answers = run(self.todo, jobs, keep=self._keep, max_pixels=self.plan.max_pixels, engine=engine)
        # Before any work: a place that cannot be written to is known at once.
        if not self.path.exists():
            rewrite(self.path, [line(self.plan.columns)])
        with closing(answers):
            yield from answers
        _sort(self.path, self.plan.columns)

    def _keep(self, answer: Labelled) -> None:
        append(self.path, *(line(row.values()) for row in answer.rows))


def begin(folder: str | Path, path: str | Path, plan: Plan, *, recursive: bool = False) -> Labels:
    """Find the pictures of a folder and what a file of labels lacks of them; a last line that was cut off is no label.

    A row is known by its picture's name below the folder, its codec and its setting.
    Raises InputError for a folder without pictures and for a file that holds no labels; UsageError where the file's
    displays or its observer are others, or where it knows another picture by the name of one of these.
    """
    pictures = gather([folder], recursive=recursive, without=plan.keep)
    labels = Labels(Path(path), plan)
    known = _known(labels.path, plan)
    settings = {(spec, value_text(value)): (spec, value) for spec, value in plan.settings}
    for picture in pictures:
        name = (picture.within / picture.path.name).as_posix()
        if picture.error is not None:
            labels.refused.append(str(picture.error))
        elif not is_plain(name):
            labels.refused.append(f"{picture.path}: a row cannot hold its name; rename it")
        elif known.replaced(picture.path, name):
            raise UsageError(
                f"{picture.path}: the file has labels of another picture of that name; choose another file"
            )
        else:
            lacking = set(known.left(picture.path, name, tuple(settings)))
            left = tuple(
                setting for key, setting in settings.items() if key in lacking or _is_lost(plan, name, *setting)
            )
            labels.whole += not left
            labels.todo += [Labelling(str(picture.path), name, left, plan)] if left else []
    return labels


def _known(path: Path, plan: Plan) -> Known[tuple[str, str]]:
    """The settings at which pictures are labelled in a file. Raises UsageError where another observer read them."""
    known = Known[tuple[str, str]]()
    for row in _read(path, plan.columns):
        if row["observer"] != observer():
            raise UsageError(
                f"{path}: its labels are readings of {row['observer']}, not {observer()}; choose another file"
            )
        known.add(row["file"], row["sha256"], (row["codec"], row["value"]))
    return known


def _is_lost(plan: Plan, name: str, spec: str, value: float) -> bool:
    """Whether a coded file is to be kept and is not there."""
    kept = plan.kept(name, spec, value)
    return kept is not None and not kept.exists()


def _read(path: Path, columns: list[str]) -> list[dict[str, str]]:
    """The rows of a file; none where there is no file. A last line without its end is no row, whatever it holds."""
    try:
        data = path.read_bytes() if path.exists() else b""
        text = data[: data.rfind(b"\n") + 1].decode("utf-8")  # what is cut off may end inside a character
    except (OSError, ValueError) as error:
        raise InputError(path, f"it cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not text:
        if not line(columns).encode().startswith(data):
            raise InputError(path, "it is not a file of labels")
        if path.exists():
            rewrite(path, [line(columns)])
        return []
    try:
        lines = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise InputError(path, f"it is not a file of labels: {error}") from None
    if lines[0] != columns:
        # The first columns are the same whatever the displays.
        if lines[0][:5] != columns[:5]:
            raise InputError(path, "it is not a file of labels")
        raise UsageError(
            f"{path}: its labels were made for other displays, or people who look otherwise; choose another file"
        )
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        row = dict(zip(columns, cells, strict=False))
        if len(cells) != len(columns) or not _is_number(row["value"]):
            raise InputError(path, f"line {number} is no label")
        rows.append(row)
    return rows


def _sort(path: Path, columns: list[str]) -> None:
    """Put the rows in the order of pictures, codecs and settings, one row for each: the last where there are two."""
    rows = {_order(row): row for row in _read(path, columns)}
    ordered = [rows[key] for key in sorted(rows)]
    rewrite(path, [line(columns), *(line(list(row.values())) for row in ordered)])


def _order(row: dict[str, str]) -> tuple[str, str, float]:
    return row["file"], row["codec"], float(row["value"])


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def is_plain(name: str) -> bool:
    """Whether a row of one line in UTF-8 can hold a name."""
    return "\n" not in name and "\r" not in name and not any("\ud800" <= c <= "\udfff" for c in name)


def line(cells: Iterable[str]) -> str:
    """One of the table, without its end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()
