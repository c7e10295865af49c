"""jnd label"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jndkit.cli import corpus, options, printing
from jndkit.cli.engines import engine_for
from jndkit.errors import UsageError

if TYPE_CHECKING:
    from jndkit.batch import Engine
    from jndkit.labelling.file import Labels
    from jndkit.labelling.work import Plan


def label(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="A folder of pictures, or a picture; of a ledger any place.")
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE.csv|DIR", help="The labels, one a line; or a place for a ledger and them."
        ),
    ],
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
    engine: options.EngineOnly = None,
    address: options.Address = None,
    resume: options.Resume = None,
    max_failures: options.MaxFailures = None,
    max_seconds: options.MaxSeconds = None,
    column: options.Column = None,
) -> int:
    """Write down how visible every picture x codec x setting is.

    The rows are labels to train with. A row has the file's size, PSNR, and what the psychophysical observer reads on
    each display: the JND of `jnd compare`, and JOD over the whole picture. Where the protocol's people look from place
    to place, the JND is theirs, and what the observer reads of itself stands beside it. No metadata and no profile are
    coded. A run that was cut off goes on where it stopped; one bad picture does not stop it. Exit code 1: some failed.

    Into DIR goes a run of any size, over one folder or s3://, gs:// or az://, *.tar, *.parquet, a list (.txt), or - for
    a list on stdin: its ledger, and labels.csv at the end.
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
    how = corpus.How(engine, address, jobs, resume, max_failures, max_seconds)
    if not _is_table(output):
        return _kept(folder, output, plan, how, column, recursive=recursive)
    if corpus.wanted([folder], output) or column is not None:
        raise UsageError(f"{output}: labels of or in such a place are kept in a ledger: -o names a folder, not a file")
    how.check_unkept()
    labels = begin(folder, output, plan, recursive=recursive)
    with engine_for(engine, address, jobs, max_pixels=max_pixels, seconds=max_seconds) as chosen:
        rows, failed = _follow(labels, chosen)
    for sentence in labels.refused:
        printing.complain(sentence)
    failed += len(labels.refused)
    known = f", {labels.whole} known before" if labels.whole else ""
    printing.say(f"{output}: {rows} labels of {len(labels.todo)} pictures{known}, {failed} failed")
    return 1 if failed else 0


def _is_table(output: str) -> bool:
    """Whether that is the name of a file and not of a folder or a bucket; one that is not there has a suffix."""
    if os.path.isdir(output) or os.path.isfile(output):
        return os.path.isfile(output)
    return bool(os.path.splitext(output)[1]) and not output.endswith(("/", os.sep))


def _kept(source: str, output: str, plan: Plan, how: corpus.How, column: str | None, *, recursive: bool) -> int:
    """Labels of any number of pictures in any place."""
    from jndkit.labelling import corpus as labels

    found, to = corpus.places([source], output, recursive=recursive, column=column, pack=None)
    corpus.check_made(to, labels.TABLE)
    run = labels.corpus(found, to, plan, **how.kept(to))

    def end() -> None:
        labels.write_table(run, plan)
        printing.complain(f"labels: {to.address(labels.TABLE)}")

    return corpus.follow(run, how, json=False, lines=lambda _: [], pixels=plan.max_pixels, end=end)


def _follow(labels: Labels, engine: Engine) -> tuple[int, int]:
    """Make the labels; how many there are, and how many pictures failed, in whole or in part."""
    progress = printing.Progress(len(labels.todo))
    rows = failed = 0
    with closing(labels.make(engine=engine)) as pictures:
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
