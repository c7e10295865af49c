"""jnd evaluate codecs"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import options, printing
from jndkit.cli.evaluate import follow, named_pictures, show
from jndkit.errors import UsageError

if TYPE_CHECKING:
    from jndkit.evaluation.codecs.rows import CodecRow, Settings


def codecs(
    pictures: options.Folders = None,
    codec: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEC", help="May be repeated.", show_default="all that are installed"),
    ] = None,
    viewing: options.Display = "desktop",
    rows: options.Rows = None,
    plot: options.Plot = None,
    recursive: options.Recursive = False,
    jobs: options.Jobs = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing plot.")] = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    json: options.Json = False,
) -> int:
    """Compare the codecs by the bytes they take for what viewers see, and by what they take for equal measures.

    Each picture is coded at a few settings of each codec, and searched as jnd encode does for 75 and 50 % of viewers.
    Prints tables in Markdown, or with --json the rows. Without a folder, of the rows in the file of --rows alone.
    Seconds are honest with --jobs 1 alone.
    """
    from jndkit.evaluation.codecs.plots import write_plot
    from jndkit.evaluation.codecs.tables import markdown
    from jndkit.evaluation.noise.plots import check_plot

    if not pictures and rows is None:
        raise UsageError("say which folder of pictures to evaluate, or with --rows a file of rows")
    if plot is not None:
        check_plot(plot)
        if Path(plot).exists() and not force:
            raise UsageError(f"{plot}: the file exists; use --force to replace it")
    made = _read(rows)
    if pictures:
        settings = _settings(codec, viewing, max_pixels, jobs)
        made = _run(named_pictures(pictures, recursive), settings, made, rows, json)
    elif json:
        show(made)
    if any(row.error is None for row in made):
        if plot is not None:
            write_plot(made, plot, force=force)
        if not json:
            print(markdown(made))
    return 1 if any(row.error is not None for row in made) else 0


def _settings(codec: list[str] | None, viewing: str, max_pixels: int, jobs: int | None) -> Settings:
    """Codecs that are asked for must be there; of all, those that are not are left out, and named."""
    from jndkit.batch import jobs_wanted
    from jndkit.codecs import available
    from jndkit.evaluation.codecs.rows import Settings, order, present

    wanted = jobs_wanted(jobs)
    chosen = tuple(dict.fromkeys(codec)) if codec else present()
    settings = Settings(chosen, viewing, max_pixels, wanted)
    if not codec:
        for name, install in available().items():
            if name in order() and install:
                printing.complain(f"the codec {name} is left out: install it with: {install}")
    return settings


def _run(
    pictures: list[tuple[Path, str]], settings: Settings, kept: list[CodecRow], file: str | None, json: bool
) -> list[CodecRow]:
    """Do what is left, keep and print each row as it comes; all rows, by picture and codec.

    Rows of libraries, weights or observers that are no longer those in use are made again.
    """
    from jndkit.batch import ledger as store, run
    from jndkit.evaluation.codecs.rows import place
    from jndkit.evaluation.codecs.tables import checked
    from jndkit.evaluation.codecs.work import jobs as work

    fresh = {row.codec: (row.source, row.maker) for row in (settings.row("", spec) for spec in settings.codecs)}
    kept = [
        row
        for row in kept
        if row.error is None and fresh.get(row.codec, (row.source, row.maker)) == (row.source, row.maker)
    ]
    checked([*kept, settings.row("", settings.codecs[0])])
    todo = work(pictures, settings, kept)
    left = {(job.name, spec) for job in todo for spec in job.codecs}
    done = [row for row in kept if (row.input, row.codec) not in left]
    follow(run(todo, settings.processes), len(left), done, file, json)
    done.sort(key=lambda row: (row.input, place(row.codec)))
    if file is not None:
        store.rewrite(file, (row.to_json() for row in done))
    return done


def _read(file: str | None) -> list[CodecRow]:
    from jndkit.batch import ledger as store
    from jndkit.evaluation.codecs.rows import CodecRow

    return [CodecRow.from_json(row) for row in store.read(file)] if file is not None else []
