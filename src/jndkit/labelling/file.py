"""A file of labels: what is there is not made again, a run cut off loses the pictures at work and no more."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from jndkit.batch import Pool, jobs_wanted
from jndkit.batch.inputs import gather
from jndkit.batch.ledger import append, rewrite
from jndkit.conversion.attempts import crashed
from jndkit.errors import InputError, UsageError
from jndkit.labelling.work import Labelled, Labelling, Plan, observer
from jndkit.picture import digest
from jndkit.threads import processors


@dataclass
class Labels:
    """A CSV file of labels being made. todo: (file, its work) of every picture that is not whole yet.

    whole: how many pictures are.  refused: a sentence for each picture that cannot be named in a row.
    """

    path: Path
    plan: Plan
    todo: list[tuple[str, Labelling]] = field(default_factory=list)
    whole: int = 0
    refused: list[str] = field(default_factory=list)

    def make(self, jobs: int | None = None) -> Generator[Labelled, None, None]:
        """Label what is left, in the order of completion; the rows of a picture are in the file when it is yielded.

        jobs: processes at work at once; the processors by default.  After the last the file is sorted by picture,
        codec and setting. Closing the iterator, or an exception such as KeyboardInterrupt, stops the processes.
        Raises UsageError for less than one job, OutputError where the file cannot be written.
        """
        wanted = jobs_wanted(jobs)
        if not self.path.exists():
            rewrite(self.path, [_line(self.plan.columns)])
        with closing(self._answers(min(wanted, len(self.todo)))) as answers:
            for answer in answers:
                if answer.rows:
                    append(self.path, "\n".join(_line(list(row.values())) for row in answer.rows))
                yield answer
        _sort(self.path, self.plan.columns)

    def _answers(self, jobs: int) -> Generator[Labelled, None, None]:
        if jobs <= 1:
            for path, work in self.todo:
                yield work(path)
            return
        names = {path: work.name for path, work in self.todo}

        def lost(path: str, code: int | None) -> Labelled:
            error = crashed(path, code).row.error
            return Labelled(names[path], errors=(str(error["message"]) if error else path,))

        pool = Pool(lost, jobs=jobs, threads=max(1, processors() // jobs), max_pixels=self.plan.max_pixels)
        for _, answer in pool.work([(index, path, work) for index, (path, work) in enumerate(self.todo)]):
            yield answer


def begin(folder: str | Path, path: str | Path, plan: Plan, *, recursive: bool = False) -> Labels:
    """Find the pictures of a folder and what a file of labels lacks of them. A last line that was cut off is removed.

    A row is known by its picture's name below the folder, its codec and its setting.
    Raises InputError for a folder without pictures and for a file that holds no labels; UsageError where the file's
    displays or its observer are others, or where it knows another picture by the name of one of these.
    """
    found = gather([folder], recursive=recursive, without=plan.keep)
    made = Labels(Path(path), plan)
    known = dict[str, dict[tuple[str, str], str]]()
    for row in _read(made.path, plan.columns):
        if row["observer"] != observer():
            raise UsageError(
                f"{path}: its labels are readings of {row['observer']}, not {observer()}; choose another file"
            )
        known.setdefault(row["file"], {})[row["codec"], row["value"]] = row["sha256"]
    settings = plan.settings
    for each in found:
        name = (each.within / each.path.name).as_posix()
        if each.error is not None:
            made.refused.append(str(each.error))
        elif not _is_plain(name):
            made.refused.append(f"{each.path}: a row cannot hold its name; rename it")
        else:
            left = _left(each.path, name, plan, settings, known.get(name, {}))
            made.whole += not left
            made.todo += [(str(each.path), Labelling(name, left, plan))] if left else []
    return made


def _left(
    path: Path, name: str, plan: Plan, settings: Sequence[tuple[str, float]], known: dict[tuple[str, str], str]
) -> tuple[tuple[str, float], ...]:
    """The settings at which a picture is still to be labelled, or its coded file to be kept."""
    contents = digest(path) if known else None
    if contents is not None and contents not in known.values():
        raise UsageError(f"{path}: the file has labels of another picture of that name; choose another file")
    left = []
    for spec, value in settings:
        kept = plan.kept(name, spec, value)
        if (spec, f"{value:g}") not in known or (kept is not None and not kept.exists()):
            left.append((spec, value))
    return tuple(left)


def _read(path: Path, columns: list[str]) -> list[dict[str, str]]:
    """The rows of a file; none where there is no file. A last line without its end is cut off, in the file too."""
    try:
        data = path.read_bytes() if path.exists() else b""
        text = data[: data.rfind(b"\n") + 1].decode("utf-8")
    except (OSError, ValueError) as error:
        raise InputError(path, f"it cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not text:
        if not _line(columns).encode().startswith(data):
            raise InputError(path, "it is no file of labels")
        if path.exists():
            rewrite(path, [_line(columns)])
        return []
    try:
        lines = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise InputError(path, f"it is no file of labels: {error}") from None
    if lines[0] != columns:
        if lines[0][:5] != columns[:5]:
            raise InputError(path, "it is no file of labels")
        raise UsageError(
            f"{path}: its labels were made for other displays, or people who look otherwise; choose another file"
        )
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        row = dict(zip(columns, cells, strict=False))
        if len(cells) != len(columns) or not _is_number(row["value"]):
            raise InputError(path, f"line {number} is no label")
        rows.append(row)
    if len(text.encode()) != len(data):
        rewrite(path, text.removesuffix("\n").split("\n"))
    return rows


def _sort(path: Path, columns: list[str]) -> None:
    """Put the rows in the order of pictures, codecs and settings, one row for each: the last where there are two."""
    rows = {_order(row): row for row in _read(path, columns)}
    ordered = [rows[key] for key in sorted(rows)]
    rewrite(path, [_line(columns), *(_line(list(row.values())) for row in ordered)])


def _order(row: dict[str, str]) -> tuple[str, str, float]:
    return row["file"], row["codec"], float(row["value"])


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _is_plain(name: str) -> bool:
    """Whether a row of one line in UTF-8 can hold a name."""
    return "\n" not in name and "\r" not in name and not any("\ud800" <= c <= "\udfff" for c in name)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()
