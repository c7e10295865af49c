"""jnd encode"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import corpus, options, printing
from jndkit.errors import UsageError
from jndkit.wording import size

if TYPE_CHECKING:
    from collections.abc import Callable

    from jndkit.batch import InputFile
    from jndkit.cli.reporting import Report
    from jndkit.settings import Settings


def encode(
    pictures: options.Inputs,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|DIR|-",
            help="A file, a folder, or - for the bytes on stdout.",
            show_default="photo.jpg beside photo.png, or photo.jnd.jpg where that is taken",
        ),
    ] = None,
    codec: options.Codec = None,
    viewers: options.Viewers = 75.0,
    protocol: options.Protocol = "aic",
    viewing: options.Viewing = None,
    observer: options.Observer = "cvvdp",
    effort: options.Effort = "normal",
    prefilter: options.Prefilter = None,
    shave: options.Shave = None,
    against: options.Against = None,
    min_saving: Annotated[
        float, typer.Option(metavar="PERCENT", help="Keep the input where the file would save less than this.")
    ] = 5.0,
    keep_metadata: options.KeepMetadata = "all",
    recursive: options.Recursive = False,
    force: Annotated[
        bool,
        typer.Option("--force", "-f", help="Replace existing files, encode ours again, and write larger files too."),
    ] = False,
    jobs: options.Jobs = None,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    damaged: options.Damaged = "refuse",
    report_to: Annotated[
        str | None,
        typer.Option(
            "--report", metavar="FILE.html", help="Make a page of what became of the pictures, as jnd report."
        ),
    ] = None,
    sdr: options.Sdr = False,
    engine: options.Engine = None,
    address: options.Address = None,
    resume: options.Resume = None,
    max_failures: options.MaxFailures = None,
    max_seconds: options.MaxSeconds = None,
    column: options.Column = None,
    pack: options.Pack = None,
    variants: options.Variants = None,
    widths: options.Widths = None,
    sizes: options.Sizes = None,
    width: options.Width = None,
    json: options.Json = False,
) -> int:
    """Write the smallest file that looks the same.

    A picture that already is the smallest stays as it is; so does one that jnd wrote. Folders keep their tree. With
    --engine a run of any size is kept track of at its destination, and goes on after it was cut off; so is one over
    s3://, gs:// or az://, *.tar, *.parquet, a list (.txt), or - for a list on stdin.

    Exit codes: 0 done; 1 some pictures failed; 2 wrong usage; 3 something is not installed; 4 no setting looks the
    same to so many viewers; 130 interrupted.
    """
    from jndkit.picture import check_damaged
    from jndkit.settings import Settings

    options.known_codec(codec)
    if report_to is not None:
        _check_report(report_to, piped=output == "-")
    asked = partial(
        Settings,
        viewers=viewers,
        protocol=protocol,
        viewing=viewing,
        observer=observer,
        effort=effort,
        prefilter=options.prefilter_named(prefilter, shave),
        against=against,
        min_saving=min_saving,
        keep_metadata=keep_metadata,
        force=force,
        max_pixels=max_pixels,
        damaged=check_damaged(damaged),
        sdr=sdr,
        width=width,
    )
    how = corpus.How(engine, address, jobs, resume, max_failures, max_seconds, variants, widths, sizes)
    if variants is not None and (codec is not None or width is not None):
        raise UsageError(f"--variants names codecs, and --widths widths: leave out {'--codec' if codec else '--width'}")
    if how.asked or column is not None or pack is not None or corpus.wanted(pictures, output):
        source, to = corpus.places(pictures, output, recursive=recursive, column=column, pack=pack)
        return corpus.encode(source, to, asked(codec=codec or "jpeg"), how, json=json, report_to=report_to)
    return _files(pictures, output, codec, asked, recursive=recursive, jobs=jobs, json=json, report_to=report_to)


def _files(
    pictures: list[str],
    output: str | None,
    codec: str | None,
    asked: Callable[..., Settings],
    *,
    recursive: bool,
    jobs: int | None,
    json: bool,
    report_to: str | None,
) -> int:
    """Files and folders of this machine, without a ledger: what is done is told by the files alone."""
    from jndkit import conversion
    from jndkit.batch import gather
    from jndkit.cli.reporting import Report

    piped = output == "-"
    # A folder of results inside one that is searched is no input.
    without = None if output is None or piped else Path(output)
    inputs = gather(pictures, recursive=recursive, without=without)
    exact, folder = conversion.destination(inputs, None if piped else output)
    settings = asked(codec=conversion.codec_for(exact, codec))
    if piped:
        return _to_stdout(inputs, settings, json)
    plan = conversion.plan(inputs, settings, exact=exact, folder=folder)
    printing.announce(conversion.longest_wait(plan.tasks, settings))
    keep = report_to is not None
    report = Report(len(plan.tasks), json=json, lines=lambda row: [printing.result(row)], keep=keep)
    rows = conversion.run_all(
        plan.tasks,
        settings,
        jobs=jobs,
        store=lambda path, outcome: conversion.store(plan, path, outcome),
        done=report.advance,
    )
    code = report.follow(rows)
    if report_to is not None:
        _write_report(report, report_to, pictures, jobs)
    return code


def _check_report(path: str, piped: bool) -> None:
    """Before any work is done. Not `--force`, which is about pictures: a file that is no page of ours stays."""
    from jndkit.report import check_page

    if piped:
        raise UsageError("--report is of files: leave out -o -")
    check_page(path)


def _write_report(report: Report, path: str, pictures: list[str], jobs: int | None) -> None:
    from jndkit.report import report_of, write_page

    progress = printing.Progress()
    try:
        page = report_of(report.rows, f"jnd encode {' '.join(pictures)}", path, jobs=jobs, begin=progress.counted)
    finally:
        progress.clear()
    write_page(path, page)
    printing.complain(f"report: {path}, {size(len(page))}")


def _to_stdout(inputs: list[InputFile], settings: Settings, json: bool) -> int:
    """The file itself is what stdout gets; its line goes to stderr."""
    from jndkit import conversion
    from jndkit.cli.reporting import code_of

    if len(inputs) != 1:
        raise UsageError(f"-o - writes one file to stdout, and there are {len(inputs)} pictures")
    if json:
        raise UsageError("-o - and --json both write to stdout: leave one out")
    if sys.stdout.isatty():
        raise UsageError("-o - would write a picture to the terminal: send it to a file or a program")
    (task,) = conversion.tasks_without_files(inputs, settings)
    ready = task.ready
    outcome = conversion.attempt(str(task.path), task.own or settings) if ready is None else conversion.Outcome(ready)
    row = outcome.row
    for note in printing.notes(row):
        printing.complain(note)
    if outcome.data is not None:
        sys.stdout.buffer.write(outcome.data)
        sys.stdout.buffer.flush()
        row.output = "stdout"
    if row.error is None:
        printing.say(printing.result(row), file=sys.stderr)
    return code_of(None if row.error is None else row.error["type"])
