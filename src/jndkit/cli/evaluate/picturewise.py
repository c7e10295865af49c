"""jnd evaluate picturewise"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import options, printing
from jndkit.cli.evaluate.run import ForcePlot, Output, exit_code, named_pictures, need_input, run
from jndkit.errors import UsageError

if TYPE_CHECKING:
    from jndkit.evaluation.picturewise.rows import KnobRow
    from jndkit.evaluation.picturewise.settings import Settings
    from jndkit.evaluation.picturewise.subjective import SubjectiveSet

    Results = list[tuple[SubjectiveSet | None, list[KnobRow]]]


def picturewise(
    pictures: options.Folders = None,
    root: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="MCL-JCI or KonJND-1k as published: compare with people's answers."),
    ] = None,
    codec: Annotated[list[str] | None, options.codecs("jpeg, webp, avif and heic")] = None,
    viewing: Annotated[
        list[str] | None, options.displays("desktop; of people the display that their protocol was fitted at")
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
    force: ForcePlot = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    json: options.Json = False,
) -> int:
    """Compare what predicts a picture's setting with what the observer reads at the levels around it.

    Prints tables in Markdown, or with --json the rows. Without a folder, of the rows in the file of --rows alone. The
    observer cvvdp is the ground truth, so its rows come first; baselines that know nothing of the picture are listed
    beside.
    """
    from jndkit.batch import jobs_wanted
    from jndkit.evaluation.picturewise.plots import write_plot
    from jndkit.evaluation.picturewise.rows import KnobRow
    from jndkit.evaluation.picturewise.tables import markdown

    if pictures and root is not None:
        raise UsageError("give folders of pictures, or with --root a set that people judged, not both")
    if root is None:
        need_input(pictures, rows)
    elif protocol != "aic":
        raise UsageError("with --root each set has a protocol of its own: leave --protocol out")
    output = Output(rows, json, plot, force)
    known, processes = output.known(KnobRow), jobs_wanted(jobs)
    results: Results
    if root is not None:
        results = _judged_by_people(root, codec, viewing, method, max_pixels, known, processes, output)
    elif pictures:
        settings = _settings(codec, viewing or ["desktop"], method, protocol, max_pixels)
        results = [(None, _run(named_pictures(pictures, recursive), settings, known, processes, output))]
    else:
        results = [(None, known)]
        output.show(known)
    _say_what_is_absent(method)
    for judged, own in results:
        output.report(own, partial(markdown, judged=judged), partial(write_plot, judged=judged, force=force))
    return exit_code(row for _, own in results for row in own)


def _settings(
    codecs: list[str] | None, viewings: list[str] | None, methods: list[str] | None, protocol: str, max_pixels: int
) -> Settings:
    from jndkit.evaluation.picturewise.settings import Settings

    chosen = {"codecs": tuple(dict.fromkeys(codecs))} if codecs else {}
    chosen |= {"methods": tuple(dict.fromkeys(methods))} if methods else {}
    seen_at = tuple(dict.fromkeys(viewings)) if viewings else (None,)
    return Settings(viewings=seen_at, protocol=protocol, max_pixels=max_pixels, **chosen)


def _judged_by_people(
    root: str,
    codec: list[str] | None,
    viewing: list[str] | None,
    method: list[str] | None,
    max_pixels: int,
    known: list[KnobRow],
    processes: int,
    output: Output,
) -> Results:
    """Each set that is in the folder with its rows."""
    from jndkit.evaluation.picturewise.subjective import subjective_sets

    results: Results = []
    for judged in subjective_sets(root, _judged_codecs(codec)):
        settings = _settings([judged.codec], viewing, method, judged.protocol, max_pixels)
        own = [row for row in known if (row.protocol, row.codec) == (judged.protocol, judged.codec)]
        others = [row for row in known if (row.protocol, row.codec) != (judged.protocol, judged.codec)]
        pictures = [(path, name) for name, path in judged.pictures.items()]
        own = _run(pictures, settings, own, processes, output, others)
        known = [*others, *own]
        results.append((judged, own))
    return results


def _judged_codecs(codec: list[str] | None) -> list[str]:
    """The specs that are asked for, of those that people judged; without a wish all that can be used."""
    from jndkit.codecs import available
    from jndkit.evaluation.picturewise.subjective import JUDGED

    names = {spec.partition(":")[0]: spec for spec in JUDGED}
    if codec:
        if not set(codec) <= {*names, *JUDGED}:
            raise UsageError(
                f"people judged these sets as {' and '.join(names)}: name one of them, or leave --codec out"
            )
        return [spec for name, spec in names.items() if {name, spec} & set(codec)]
    missing = {name: command for name in names if (command := available()[name])}
    for name, command in missing.items():
        printing.complain(f"pictures that people judged as {name} are left out; install what it needs with: {command}")
    return [spec for name, spec in names.items() if name not in missing]


def _run(
    pictures: Sequence[tuple[Path, str]],
    settings: Settings,
    known: list[KnobRow],
    processes: int,
    output: Output,
    others: Sequence[KnobRow] = (),
) -> list[KnobRow]:
    """All rows of these settings. others: rows that stay in the file and are no part of the result."""
    from jndkit.evaluation.picturewise.jobs import jobs_left
    from jndkit.evaluation.picturewise.summary import check
    from jndkit.evaluation.run import plan

    return run(plan(settings, known, partial(jobs_left, pictures, settings), check, others), processes, output)


def _say_what_is_absent(method: list[str] | None) -> None:
    from jndkit.evaluation.picturewise.rows import METHODS
    from jndkit.observers import OBSERVERS

    for name in METHODS:
        if name == "vpjnd" and name not in OBSERVERS and not method:
            printing.complain("the observer vpjnd is not there: this jndkit has no weights of it")
