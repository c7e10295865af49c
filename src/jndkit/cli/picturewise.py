"""jnd evaluate picturewise"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import options, printing
from jndkit.cli.evaluate import follow, named_pictures, show
from jndkit.errors import UsageError

if TYPE_CHECKING:
    from jndkit.evaluation.picturewise.rows import KnobRow, Settings
    from jndkit.evaluation.picturewise.subjective import People


def picturewise(
    pictures: options.Folders = None,
    root: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="MCL-JCI or KonJND-1k as published: hold the answers against those of people."
        ),
    ] = None,
    codec: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEC", help="May be repeated.", show_default="jpeg, webp, avif and heic"),
    ] = None,
    viewing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|PPD",
            help="desktop, 4k, laptop, phone, or a number of pixels per degree; may be repeated.",
            show_default="desktop; of people the display that their protocol was fitted at",
        ),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="cvvdp, vpjnd, knob or search; may be repeated.", show_default="all of them"),
    ] = None,
    protocol: options.Protocol = "aic",
    rows: options.Rows = None,
    plot: options.Plot = None,
    recursive: options.Recursive = False,
    jobs: options.Jobs = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing plot.")] = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    json: options.Json = False,
) -> int:
    """Hold what predicts a picture's knob against what the observer reads at every level around it.

    Prints tables in Markdown, or with --json the rows. Without a folder, of the rows in the file of --rows alone. The
    observer, cvvdp, is the truth, so that its rows come first; guesses that know nothing of a picture are beside it.
    """
    from jndkit.evaluation.noise.plots import check_plot
    from jndkit.evaluation.picturewise.plots import write_plot
    from jndkit.evaluation.picturewise.tables import markdown

    if pictures and root is not None:
        raise UsageError("give folders of pictures, or with --root a set that people judged, not both")
    if not pictures and rows is None and root is None:
        raise UsageError("say which folder of pictures to evaluate, or with --rows a file of rows")
    if root is not None and protocol != "aic":
        raise UsageError("with --root every set is asked by its own protocol: leave --protocol out")
    if plot is not None:
        check_plot(plot)
        if Path(plot).exists() and not force:
            raise UsageError(f"{plot}: the file exists; use --force to replace it")
    kept = _read(rows)
    parts: list[tuple[People | None, list[KnobRow]]] = []
    if root is not None:
        parts = _of_people(root, codec, viewing, method, kept, rows, jobs, max_pixels, json)
    elif pictures:
        settings = _settings(codec, viewing or ["desktop"], method, protocol, max_pixels)
        parts = [(None, _run(named_pictures(pictures, recursive), settings, kept, rows, jobs, json))]
    else:
        parts = [(None, kept)]
        if json:
            show(kept)
    _absent(method)
    for asked, made in parts:
        if any(row.error is None for row in made):
            if plot is not None:
                write_plot(made, plot, asked, force=force)
            if not json:
                print(markdown(made, asked))
    return 1 if any(row.error is not None for _, made in parts for row in made) else 0


def _settings(
    codecs: list[str] | None, viewings: list[str] | None, methods: list[str] | None, protocol: str, max_pixels: int
) -> Settings:
    from jndkit.evaluation.picturewise.rows import Settings

    chosen = {"codecs": tuple(dict.fromkeys(codecs))} if codecs else {}
    chosen |= {"methods": tuple(dict.fromkeys(methods))} if methods else {}
    seen_at = tuple(dict.fromkeys(viewings)) if viewings else (None,)
    return Settings(viewings=seen_at, protocol=protocol, max_pixels=max_pixels, **chosen)


def _of_people(
    root: str,
    codec: list[str] | None,
    viewing: list[str] | None,
    method: list[str] | None,
    kept: list[KnobRow],
    file: str | None,
    jobs: int | None,
    max_pixels: int,
    json: bool,
) -> list[tuple[People | None, list[KnobRow]]]:
    """Each set that is in the folder with its rows."""
    from jndkit.evaluation.picturewise.subjective import CODEC, people

    if codec and set(codec) != {"jpeg"} and set(codec) != {CODEC}:
        raise UsageError("what people said of these sets is held against JPEG alone: leave --codec out")
    parts: list[tuple[People | None, list[KnobRow]]] = []
    for each in people(root):
        settings = _settings([CODEC], viewing, method, each.protocol, max_pixels)
        mine = [row for row in kept if row.protocol == each.protocol]
        others = [row for row in kept if row.protocol != each.protocol]
        found = [(path, name) for name, path in each.pictures.items()]
        made = _run(found, settings, mine, file, jobs, json, others)
        kept = [*others, *made]
        parts.append((each, made))
    return parts


def _run(
    pictures: list[tuple[Path, str]],
    settings: Settings,
    kept: list[KnobRow],
    file: str | None,
    jobs: int | None,
    json: bool,
    others: list[KnobRow] | None = None,
) -> list[KnobRow]:
    """Do what is left, keep and print each row as it comes; all rows, by picture, codec, display and method.

    Rows of weights or observers that are no longer those in use are made again.
    others: rows that stay in the file and are no part of the result.
    """
    from jndkit.batch import jobs_wanted, ledger as store, run
    from jndkit.evaluation.picturewise.rows import METHODS, source
    from jndkit.evaluation.picturewise.tables import checked
    from jndkit.evaluation.picturewise.work import jobs as work

    wanted = jobs_wanted(jobs)
    kept = [
        row
        for row in kept
        if row.error is None and (row.method not in settings.methods or row.source == source(row.method))
    ]
    checked([*kept, settings.row("", *settings.parts[0])])
    todo = work(pictures, settings, kept)
    left = {(job.name, settings.row("", *part).part) for job in todo for part in job.left}
    done = [row for row in kept if (row.input, row.part) not in left]
    follow(run(todo, wanted), len(left), done, file, json)
    done.sort(key=lambda row: (row.input, row.codec, row.ppd, METHODS.index(row.method)))
    if file is not None:
        store.rewrite(file, (row.to_json() for row in [*(others or []), *done]))
    return done


def _absent(method: list[str] | None) -> None:
    from jndkit.evaluation.picturewise.rows import METHODS
    from jndkit.observers import OBSERVERS

    for name in METHODS:
        if name == "vpjnd" and name not in OBSERVERS and not method:
            printing.complain("the observer vpjnd is not there: this jndkit has no weights of it")


def _read(file: str | None) -> list[KnobRow]:
    from jndkit.batch import ledger as store
    from jndkit.evaluation.picturewise.rows import KnobRow

    return [KnobRow.from_json(row) for row in store.read(file)] if file is not None else []
