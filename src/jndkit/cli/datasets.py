"""jnd datasets"""

from __future__ import annotations

import importlib
import json as json_lines
import sys
from types import ModuleType
from typing import Annotated

import typer

from jndkit.cli import options, printing
from jndkit.errors import UsageError

_KINDS = {"cpl": "jndkit.datasets.cpl", "vvc": "jndkit.datasets.vvc"}


def build(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="cpl or vvc, see above.")],
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Pictures to make it from, folders inside included.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="Where it goes.")],
    viewers: options.Viewers = 75.0,
    protocol: options.Protocol = "aic",
    viewing: options.Viewing = None,
    observer: options.Observer = "cvvdp",
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="cpl: critical versions as this network predicts them, to teach another."),
    ] = None,
    side: Annotated[
        int, typer.Option(metavar="PIXELS", help="With --model: only the middle of each picture.", min=0)
    ] = 0,
    jobs: options.Jobs = None,
    json: options.Json = False,
) -> int:
    """Make a training set from any pictures.

    cpl: pairs of a picture and its critical version, rebuilt from as few of its components as nobody notices; for
    resjnd. vvc: pairs of a picture and its coarsest VVC version that nobody notices; for shen2020.

    A run that was cut off goes on where it stopped; one bad picture does not stop it. Exit code 1: some failed.
    """
    if model is not None and kind != "cpl":
        raise UsageError("--model is for cpl")
    asked = {"viewers": viewers, "protocol": protocol, "viewing": viewing, "observer": observer}
    how = asked if model is None else {"model": model, "side": side}
    rows = _room(kind).build(folder, output, jobs=jobs or 1, **how)
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
    kind: Annotated[str, typer.Argument(metavar="KIND", help="cpl or vvc.")],
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where it lies.")],
) -> int:
    """Say what a data set holds, and whether it is whole.

    vvc: pairs of pictures as `build` makes them, or patches with lists of them (CSV) as they were published.
    """
    from pathlib import Path

    from jndkit.datasets.pairs import SPLITS
    from jndkit.datasets.patches import LISTS, listed

    room = _room(kind)
    lists = [name for name in LISTS if kind == "vvc" and (Path(folder) / LISTS[name][0]).is_file()]
    for name in lists:
        printing.say(f"{folder} {name}: {len(listed(folder, name))} pairs of patches")
    if lists:
        return 0
    splits = [split for split in SPLITS if (Path(folder) / split).is_dir()]
    for split in splits or (None,):
        printing.say(f"{folder}{f' {split}' if split else ''}: {len(room.pairs(folder, split))} pairs")
    return 0


def _room(kind: str) -> ModuleType:
    """The module that makes and reads a kind of set."""
    if kind not in _KINDS:
        raise UsageError(f"unknown kind of set {kind!r}: choose {', '.join(_KINDS)}")
    return importlib.import_module(_KINDS[kind])
