"""jnd datasets"""

from __future__ import annotations

import json as json_lines
import sys
from typing import Annotated

import typer

from jndkit.cli import options, printing
from jndkit.errors import UsageError

_BUILDS = ("cpl",)


def build(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="cpl: pairs of a picture and its critical version.")],
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Pictures to make it from, folders inside included.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="Where it goes.")],
    viewers: options.Viewers = 75.0,
    protocol: options.Protocol = "aic",
    viewing: options.Viewing = None,
    observer: options.Observer = "cvvdp",
    jobs: options.Jobs = None,
    json: options.Json = False,
) -> int:
    """Make a training set from any pictures.

    A run that was cut off goes on where it stopped; one bad picture does not stop it. Exit code 1: some failed.
    """
    from jndkit.datasets import cpl

    if kind not in _BUILDS:
        raise UsageError(f"unknown kind of set {kind!r}: choose {', '.join(_BUILDS)}")
    rows = cpl.build(
        folder, output, jobs=jobs or 1, viewers=viewers, protocol=protocol, viewing=viewing, observer=observer
    )
    counts = {"pair": 0, "skipped": 0, "error": 0}
    for row in rows:
        outcome = next(key for key in ("error", "skipped", "pair") if key in row)
        counts[outcome] += 1
        if json:
            print(json_lines.dumps(row), flush=True)
        elif outcome == "error":
            printing.complain(row["error"])
    said = f"{output}: {counts['pair']} pairs, {counts['skipped']} skipped, {counts['error']} failed"
    printing.say(said, file=sys.stderr if json else None)
    return 1 if counts["error"] else 0


def check(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="cpl.")],
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where it lies.")],
) -> int:
    """Say what a data set holds, and whether it is whole."""
    from pathlib import Path

    from jndkit.datasets import cpl

    if kind not in _BUILDS:
        raise UsageError(f"unknown kind of set {kind!r}: choose {', '.join(_BUILDS)}")
    splits = [split for split in cpl.SPLITS if (Path(folder) / split).is_dir()]
    for split in splits or (None,):
        found = cpl.pairs(folder, split)
        printing.say(f"{folder}{f' {split}' if split else ''}: {len(found)} pairs")
    return 0
