"""What the verbs of `jnd evaluate` share: their options, the run itself, and what is printed of its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from jndkit.cli import printing
from jndkit.errors import UsageError

if TYPE_CHECKING:
    from jndkit.batch import InputFile
    from jndkit.evaluation.rows import PictureRow, Row
    from jndkit.evaluation.run import Plan

    RowT = TypeVar("RowT", bound=Row)
    PictureRowT = TypeVar("PictureRowT", bound=PictureRow)

ForcePlot = Annotated[bool, typer.Option("--force", "-f", help="Replace an existing plot.")]


@dataclass(frozen=True)
class Output:
    """Where results go. rows: a file.  plot: a PNG file.  force: replace it.  json: print rows in the place of tables.

    Raises UsageError for a plot that cannot be written, MissingError without matplotlib; before any work is done.
    """

    rows: str | None
    json: bool
    plot: str | None = None
    force: bool = False

    def __post_init__(self) -> None:
        if self.plot is None:
            return
        from jndkit.evaluation.plots import check_plot

        check_plot(self.plot)
        if Path(self.plot).exists() and not self.force:
            raise UsageError(f"{self.plot}: the file exists; use --force to replace it")

    def known(self, kind: type[RowT]) -> list[RowT]:
        """The rows that are in the file. Raises InputError, and UsageError for rows of another kind."""
        from jndkit.evaluation.rows import read

        return read(self.rows, kind.from_json) if self.rows is not None else []

    def show(self, rows: Iterable[Row]) -> None:
        """With --json, print rows, one a line."""
        if self.json:
            for row in rows:
                print(row.to_json(), flush=True)

    def report(
        self,
        rows: Sequence[RowT],
        markdown: Callable[[Sequence[RowT]], str],
        draw: Callable[[Sequence[RowT], str], None] | None = None,
    ) -> None:
        """Draw the plot that is asked for, and print the tables, where any row has a result.

        markdown: the tables of rows.  draw: writes the plot of rows to a file.
        """
        if all(row.error is not None for row in rows):
            return
        if self.plot is not None and draw is not None:
            draw(rows, self.plot)
        if not self.json:
            print(markdown(rows))


def need_input(pictures: Sequence[str] | None, rows: str | None) -> None:
    """Raises UsageError where there is neither a folder nor a file of rows."""
    if not pictures and rows is None:
        raise UsageError("name a folder of pictures to evaluate, or a file of rows with --rows")


def run(plan: Plan[PictureRowT], processes: int, output: Output) -> list[PictureRowT]:
    """Do what is left, keep and print each row as it comes, say once why some failed; all rows, in their order."""
    output.show(plan.rows)
    progress = printing.Progress(plan.count)
    said: set[str] = set()
    with closing(plan.run(processes, output.rows)) as rows:
        for row in rows:
            progress.clear()
            output.show([row])
            # A picture that cannot be opened fails with one and the same sentence in each of its parts.
            if row.error is not None and row.error["message"] not in said:
                said.add(row.error["message"])
                printing.complain(row.error["message"])
            progress.advance()
    return plan.rows


def exit_code(rows: Iterable[Row]) -> int:
    """1 where a row failed."""
    return 1 if any(row.error is not None for row in rows) else 0


def named_pictures(sources: Sequence[str], recursive: bool) -> list[tuple[Path, str]]:
    """Each picture with the name its rows give it. Raises UsageError where two pictures would have one name."""
    from jndkit.batch import gather

    return list(named(gather(sources, recursive=recursive)))


def named(pictures: Iterable[InputFile]) -> Iterable[tuple[Path, str]]:
    """As `named_pictures`, of pictures that are gathered."""
    paths: dict[str, Path] = {}
    for picture in pictures:
        name = _name(picture)
        if (other := paths.setdefault(name, picture.path)) != picture.path:
            raise UsageError(f"{other} and {picture.path} would both be called {name} in the rows")
        yield picture.path, name


def _name(picture: InputFile) -> str:
    """kodak/kodim01.png for a picture found in a folder, wherever that is; the name as given for any other."""
    if not picture.searched:
        return picture.path.as_posix()
    top = picture.path.parents[len(picture.within.parts)]
    # Resolved, since `.` has no name of its own.
    return (Path(top.resolve().name) / picture.within / picture.path.name).as_posix()
