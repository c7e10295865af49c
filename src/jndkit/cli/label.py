"""jnd label"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import options, printing
from jndkit.errors import UsageError

if TYPE_CHECKING:
    from jndkit.labelling.file import Labels


def label(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A folder of pictures, or a picture.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE.csv", help="The labels, one a line.")],
    codec: Annotated[list[str] | None, options.codecs("jpeg, webp and avif")] = None,
    knobs: Annotated[
        str | None,
        typer.Option(
            metavar="N,N,...",
            help="Settings of every codec, such as 15,30,60.",
            show_default="ten of each codec, evenly spread in visibility",
        ),
    ] = None,
    viewing: Annotated[list[str] | None, options.displays("desktop")] = None,
    protocol: options.Protocol = "aic",
    keep: Annotated[
        str | None, typer.Option(metavar="DIR", help="Keep the coded files here, a folder for each picture.")
    ] = None,
    recursive: options.Recursive = False,
    jobs: options.Jobs = None,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    damaged: options.Damaged = "refuse",
) -> int:
    """Write down how visible every picture x codec x setting is: labels to train with.

    A row has the file's size, PSNR, and what the psychophysical observer reads on each display: the JND of `jnd
    compare`, and JOD over the whole picture. Where the protocol's people look from place to place, the JND is theirs,
    and what the observer reads of itself stands beside it. No metadata and no profile are coded. A run that was cut off
    goes on where it stopped; one bad picture does not stop it. Exit code 1: some failed.
    """
    from jndkit.labelling.file import begin
    from jndkit.labelling.work import CODECS, Plan
    from jndkit.picture import check_damaged

    plan = Plan(
        codecs=tuple(codec or CODECS),
        knobs=None if knobs is None else _numbers(knobs),
        viewings=tuple(viewing or ("desktop",)),
        protocol=protocol,
        keep=None if keep is None else Path(keep),
        max_pixels=max_pixels,
        damaged=check_damaged(damaged),
    )
    labels = begin(folder, output, plan, recursive=recursive)
    rows, failed = _follow(labels, jobs)
    for sentence in labels.refused:
        printing.complain(sentence)
    failed += len(labels.refused)
    known = f", {labels.whole} known before" if labels.whole else ""
    printing.say(f"{output}: {rows} labels of {len(labels.todo)} pictures{known}, {failed} failed")
    return 1 if failed else 0


def _follow(labels: Labels, jobs: int | None) -> tuple[int, int]:
    """Make the labels; how many there are, and how many pictures failed, in whole or in part."""
    progress = printing.Progress(len(labels.todo))
    rows = failed = 0
    with closing(labels.make(jobs)) as pictures:
        try:
            progress.draw()
            for picture in pictures:
                rows += len(picture.rows)
                failed += bool(picture.errors)
                progress.clear()
                for sentence in (*picture.notes, *picture.errors):
                    printing.complain(sentence)
                progress.advance()
        finally:
            progress.clear()
    return rows, failed


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--knobs {text}: numbers with commas between them are expected, as in 15,30,60") from None
