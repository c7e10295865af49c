"""jnd evaluate hvssd"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from jndkit.cli import options
from jndkit.cli.evaluate.run import Output, exit_code, named, need_input, run
from jndkit.errors import UsageError


def hvssd(
    pictures: options.Folders = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="DIR", help="Where the noisy pictures go.")
    ] = None,
    strength: Annotated[float, typer.Option(metavar="FACTOR", help="The map times this factor.")] = 1.0,
    seed: options.Seed = 0,
    variant: options.Variant = None,
    border: options.Border = "reflect",
    rows: options.Rows = None,
    recursive: options.Recursive = False,
    # One: a network takes all processors for a single picture.
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", help="How many pictures to work on at once.")] = 1,
    force: options.Force = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    json: options.Json = False,
) -> int:
    """Add noise in the shape of the HVS-SD JND map of each colour, and print the PSNR of R, G, B and all together.

    The published test of the model. Prints a table in Markdown, or with --json the rows. Without a folder, of the rows
    in the file of --rows alone.
    """
    from jndkit.batch import jobs_wanted
    from jndkit.evaluation.hvssd.jobs import jobs_left
    from jndkit.evaluation.hvssd.rows import HvssdRow
    from jndkit.evaluation.hvssd.settings import Settings
    from jndkit.evaluation.hvssd.summary import check
    from jndkit.evaluation.hvssd.tables import markdown
    from jndkit.evaluation.run import plan

    need_input(pictures, rows)
    printed = Output(rows, json)
    settings = Settings(strength, seed, variant or "code", border, max_pixels, force, resume=rows is not None)
    results = printed.known(HvssdRow)
    if pictures:
        if output is None:
            raise UsageError("name the folder for the noisy pictures with --output")
        targets, processes = _targets(pictures, recursive, Path(output)), jobs_wanted(jobs)
        results = run(plan(settings, results, partial(jobs_left, targets, settings), check), processes, printed)
    else:
        printed.show(results)
    printed.report(results, markdown)
    return exit_code(results)


def _targets(sources: list[str], recursive: bool, folder: Path) -> list[tuple[Path, str, Path]]:
    """Each picture, its name in the rows, and the PNG made of it. Raises UsageError where two would be one file."""
    from jndkit.batch import gather

    pictures = gather(sources, recursive=recursive, without=folder)
    targets, makers = [], dict[Path, Path]()
    for picture, (path, name) in zip(pictures, named(pictures), strict=True):
        target = folder / picture.within / f"{path.stem}.png"
        if (other := makers.setdefault(target, path)) != path:
            raise UsageError(f"{other} and {path} would both become {target}")
        if target.exists() and target.samefile(path):
            raise UsageError(f"{target}: the output would be the input itself")
        targets.append((path, name, target))
    return targets
