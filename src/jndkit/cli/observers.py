"""jnd evaluate observers"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import options, printing
from jndkit.cli.evaluate import follow, show
from jndkit.errors import MissingError, UsageError

if TYPE_CHECKING:
    from jndkit.evaluation.observers.rows import ReadingRow, ScoreRow


def observers(
    root: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="The data folder with people/ and labels/, and the pictures they speak of."),
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="midd, aic, encoders or mcl-jci; may be repeated.", show_default="all that are there"
        ),
    ] = None,
    observer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="An observer, or ssimulacra2, psnr or ssim; may be repeated.",
            show_default="all of them",
        ),
    ] = None,
    rows: options.Rows = None,
    plot: options.Plot = None,
    jobs: options.Jobs = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing plot.")] = False,
    json: options.Json = False,
) -> int:
    """Hold observers and measures against what people answered, each picture predicted by the others.

    Prints tables in Markdown, or with --json the rows. Without --root, of the rows in the file of --rows alone. Rows
    hold no answer of people, so that a plot of them needs --root.
    """
    from jndkit.batch import ledger as store
    from jndkit.evaluation.noise.plots import check_plot
    from jndkit.evaluation.observers.rows import from_json
    from jndkit.evaluation.observers.tables import markdown

    if root is None and rows is None:
        raise UsageError("say with --root which folder holds people's answers, or with --rows a file of rows")
    if plot is not None:
        if root is None:
            raise UsageError("a plot shows what people answered, which is not in the rows: say with --root where it is")
        check_plot(plot)
        if Path(plot).exists() and not force:
            raise UsageError(f"{plot}: the file exists; use --force to replace it")
    readings, scores = from_json(store.read(rows) if rows is not None else [])
    if root is not None:
        readings, scores = _judged(Path(root), table, observer, readings, scores, rows, jobs, json)
        if plot is not None:
            _draw(Path(root), scores, plot, force)
    elif json:
        show(readings)
    if json:
        show(scores)
    elif any(row.error is None for row in scores):
        print(markdown([row for row in scores if not table or row.table in table]))
    every: list[ReadingRow | ScoreRow] = [*readings, *scores]
    return 1 if any(row.error is not None for row in every) else 0


def _judged(
    root: Path,
    table: list[str] | None,
    observer: list[str] | None,
    kept: list[ReadingRow],
    old: list[ScoreRow],
    file: str | None,
    jobs: int | None,
    json: bool,
) -> tuple[list[ReadingRow], list[ScoreRow]]:
    """Read what is left, judge all; every row. Scores of tables that were not asked for stay as they are."""
    from jndkit.batch import ledger as store
    from jndkit.evaluation.observers.judging import FILES, judge, present

    for name in table or ():
        if name not in FILES:
            raise UsageError(f"there is no table {name!r} of people: choose {', '.join(FILES)}")
    found = list(dict.fromkeys(table)) if table else present(root)
    found = _with_encoders(found, bool(table))
    readings = _read(root, found, observer, kept, file, jobs, json)
    scores = [row for row in old if row.table not in found]
    for row in judge(root, found, readings):
        scores.append(row)
        if row.error is not None:
            printing.complain(row.error["message"])
    order = list(FILES)
    scores.sort(key=lambda row: order.index(row.table) if row.table in order else len(order))
    if file is not None:
        every: list[ReadingRow | ScoreRow] = [*readings, *scores]
        store.rewrite(file, (row.to_json() for row in every))
    return readings, scores


def _with_encoders(tables: list[str], asked: bool) -> list[str]:
    """The tables, without that of the encoders where these are not installed, which is said once."""
    from jndkit.evaluation.observers.preference import TABLE
    from jndkit.evaluation.observers.stimuli import encoders_missing

    if TABLE not in tables:
        return tables
    try:
        encoders_missing()
    except MissingError as error:
        if asked:
            raise
        printing.complain(f"the table {TABLE} is left out: {error}")
        return [name for name in tables if name != TABLE]
    return tables


def _read(
    root: Path,
    tables: list[str],
    observer: list[str] | None,
    kept: list[ReadingRow],
    file: str | None,
    jobs: int | None,
    json: bool,
) -> list[ReadingRow]:
    """Rows of weights, observers or encoders that are no longer those in use are made again."""
    from jndkit.batch import jobs_wanted, run
    from jndkit.evaluation.observers.rows import Settings
    from jndkit.evaluation.observers.stimuli import STIMULI
    from jndkit.evaluation.observers.work import jobs as work

    wanted = jobs_wanted(jobs)
    chosen = {"readers": tuple(dict.fromkeys(observer))} if observer else {}
    settings = Settings(tuple(name for name in STIMULI if name in tables), **chosen)
    fresh = {(table, by): settings.row(table, "", by).maker for table in settings.tables for by in settings.readers}
    kept = [row for row in kept if row.error is None and fresh.get((row.table, row.reader), row.maker) == row.maker]
    todo = work(root, settings, kept)
    left = {(job.name, f"{job.table} {by}") for job in todo for by in job.left}
    done = [row for row in kept if (row.input, row.part) not in left]
    follow(run(todo, wanted), len(left), done, file, json)
    order = list(STIMULI)
    done.sort(key=lambda row: (order.index(row.table), row.input, row.reader))
    return done


def _draw(root: Path, scores: list[ScoreRow], plot: str, force: bool) -> None:
    from jndkit.evaluation.observers.plots import write_plot
    from jndkit.evaluation.observers.subjective import shares

    write_plot(scores, shares(root), plot, force=force)
