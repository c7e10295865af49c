"""jnd evaluate observers"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import options, printing
from jndkit.cli.evaluate.run import ForcePlot, Output, exit_code, run
from jndkit.errors import MissingError, UsageError, check_choice

if TYPE_CHECKING:
    from jndkit.evaluation.observers.rows import ReadingRow, ScoreRow


def observers(
    root: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="The data folder: people/, labels/ and the pictures that they refer to."),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="A study of your own instead: what its viewers answered."),
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
    force: ForcePlot = False,
    json: options.Json = False,
) -> int:
    """Compare observers and metrics with people's answers; each picture is predicted from the others.

    Prints tables in Markdown, or with --json the rows. Without --root and --study, of the rows in the file of --rows
    alone. Rows hold none of people's answers, so a plot needs --root.
    """
    from jndkit.batch import jobs_wanted
    from jndkit.evaluation.observers.rows import by_kind, from_json
    from jndkit.evaluation.observers.tables import markdown
    from jndkit.evaluation.rows import read

    if root is None and rows is None and study is None:
        raise UsageError("name the folder of people's answers with --root or --study, or a file of rows with --rows")
    if study is not None and (root is not None or table or plot is not None):
        raise UsageError("--study has a table of its own, and no plot: it goes without --root, --table and --plot")
    if plot is not None and root is None:
        raise UsageError("a plot shows people's answers, which are not in the rows: name their folder with --root")
    output = Output(rows, json, plot, force)
    readings, scores = by_kind(read(rows, from_json) if rows is not None else [])
    if study is not None:
        readings, scores = _study(Path(study), observer, readings, scores, jobs_wanted(jobs), output)
    elif root is not None:
        tables = _tables(Path(root), table)
        readings = _read(Path(root), tables, observer, readings, scores, jobs_wanted(jobs), output)
        scores = _score(Path(root), tables, readings, scores, output)
        _draw(Path(root), scores, output)
    else:
        output.show(readings)
    output.show(scores)
    output.report([row for row in scores if not table or row.table in table], markdown)
    return exit_code([*readings, *scores])


def _study(
    folder: Path,
    observer: list[str] | None,
    readings: list[ReadingRow],
    known: list[ScoreRow],
    processes: int,
    output: Output,
) -> tuple[list[ReadingRow], list[ScoreRow]]:
    """Everyone's readings of the versions that were shown, and every score. known: scores of a file of rows."""
    from jndkit.batch import ledger
    from jndkit.evaluation.observers.asked import asked
    from jndkit.evaluation.observers.scoring import score_study
    from jndkit.evaluation.observers.stimuli import STUDY

    study = asked(folder)  # before any work: what is no study is known at once
    readings = _read(folder, [STUDY], observer, readings, known, processes, output)
    scores = list(score_study(study, readings))
    if output.rows is not None:
        ledger.rewrite(output.rows, (row.to_json() for row in (*readings, *scores)))
    return readings, scores


def _tables(root: Path, asked: list[str] | None) -> list[str]:
    """The tables of people that are asked for, or all that are there."""
    from jndkit.evaluation.observers.scoring import FILES, present

    for name in asked or ():
        check_choice("table of people's answers", name, FILES)
    tables = list(dict.fromkeys(asked)) if asked else present(root)
    return _with_encoders(tables, bool(asked))


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
    known: list[ReadingRow],
    scores: list[ScoreRow],
    processes: int,
    output: Output,
) -> list[ReadingRow]:
    """Every reading. scores: rows that stay in the file meanwhile."""
    from jndkit.evaluation.observers.jobs import jobs_left
    from jndkit.evaluation.observers.measures import readers
    from jndkit.evaluation.observers.settings import Settings
    from jndkit.evaluation.observers.stimuli import STIMULI, STUDY
    from jndkit.evaluation.run import plan

    by = tuple(dict.fromkeys(observer)) if observer else readers()
    settings = Settings(root, tuple(name for name in (*STIMULI, STUDY) if name in tables), by)
    return run(plan(settings, known, partial(jobs_left, settings), lambda rows: None, scores), processes, output)


def _score(
    root: Path, tables: list[str], readings: list[ReadingRow], known: list[ScoreRow], output: Output
) -> list[ScoreRow]:
    """Hold all that was read against people; every score. Scores of tables that were not asked for stay as they are."""
    from jndkit.batch import ledger
    from jndkit.evaluation.observers.scoring import FILES, score_tables

    scores = [row for row in known if row.table not in tables]
    for row in score_tables(root, tables, readings):
        scores.append(row)
        if row.error is not None:
            printing.complain(row.error["message"])
    order = list(FILES)
    scores.sort(key=lambda row: order.index(row.table) if row.table in order else len(order))
    if output.rows is not None:
        ledger.rewrite(output.rows, (row.to_json() for row in (*readings, *scores)))
    return scores


def _draw(root: Path, scores: list[ScoreRow], output: Output) -> None:
    from jndkit.evaluation.observers.plots import write_plot
    from jndkit.evaluation.observers.subjective import shares

    if output.plot is not None:
        write_plot(scores, shares(root), output.plot, force=output.force)
