"""jnd encode"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import options, printing
from jndkit.errors import UsageError

if TYPE_CHECKING:
    from jndkit.batch import InputFile
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
    json: options.Json = False,
) -> int:
    """Write the smallest file that looks the same.

    A picture that already is the smallest stays as it is; so does one that jnd wrote. Folders keep their tree.

    Exit codes: 0 done; 1 some pictures failed; 2 wrong usage; 3 something is not installed; 4 no setting looks the
    same to so many viewers; 130 interrupted.
    """
    from jndkit import conversion
    from jndkit.batch import gather
    from jndkit.cli.reporting import Report
    from jndkit.picture import check_damaged
    from jndkit.settings import Settings

    options.known_codec(codec)
    piped = output == "-"
    # A folder of results inside one that is searched is no input.
    without = None if output is None or piped else Path(output)
    inputs = gather(pictures, recursive=recursive, without=without)
    exact, folder = conversion.destination(inputs, None if piped else output)
    settings = Settings(
        codec=conversion.codec_for(exact, codec),
        viewers=viewers,
        protocol=protocol,
        viewing=viewing,
        observer=observer,
        effort=effort,
        prefilter=options.prefilter_named(prefilter, shave),
        min_saving=min_saving,
        keep_metadata=keep_metadata,
        force=force,
        max_pixels=max_pixels,
        damaged=check_damaged(damaged),
    )
    if piped:
        return _to_stdout(inputs, settings, json)
    plan = conversion.plan(inputs, settings, exact=exact, folder=folder)
    printing.announce(conversion.longest_wait(plan.tasks, settings))
    report = Report(len(plan.tasks), json=json, lines=lambda row: [printing.result(row)])
    rows = conversion.run_all(
        plan.tasks,
        settings,
        jobs=jobs,
        store=lambda path, outcome: conversion.store(plan, path, outcome),
        done=report.advance,
    )
    return report.follow(rows)


def _to_stdout(inputs: list[InputFile], settings: Settings, json: bool) -> int:
    """The file itself is what stdout gets; its line goes to stderr."""
    from jndkit import conversion
    from jndkit.cli.reporting import exit_code

    if len(inputs) != 1:
        raise UsageError(f"-o - writes one file to stdout, and there are {len(inputs)} pictures")
    if json:
        raise UsageError("-o - and --json both write to stdout: leave one out")
    if sys.stdout.isatty():
        raise UsageError("-o - would write a picture to the terminal: send it to a file or a program")
    outcome = conversion.attempt(str(inputs[0].path), settings)
    row = outcome.row
    for note in printing.notes(row):
        printing.complain(note)
    if outcome.data is not None:
        sys.stdout.buffer.write(outcome.data)
        sys.stdout.buffer.flush()
        row.output = "stdout"
    if row.error is None:
        printing.say(printing.result(row), file=sys.stderr)
    return exit_code([row])
