"""jnd datasets"""

from __future__ import annotations

import importlib
import json as json_lines
import sys
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jndkit.cli import corpus, options, printing
from jndkit.cli.engines import engine_for
from jndkit.errors import UsageError, check_choice

if TYPE_CHECKING:
    from jndkit.datasets.pairs import Making

_KINDS = {"cpl": "jndkit.datasets.cpl", "vpjnd": "jndkit.datasets.vpjnd", "vvc": "jndkit.datasets.vvc"}
_RATED = {
    "mcl-jci": "jndkit.datasets.mcl_jci",
    "konjnd": "jndkit.datasets.konjnd",
    "videoset": "jndkit.datasets.videoset",
    "aic3": "jndkit.datasets.aic3",
}
_SUMMARIES = {
    "cpl": "made of any pictures: each beside its critical version, for resjnd",
    "vvc": "made of any pictures: each beside its coarsest VVC version that nobody notices, for shen2020",
    "vpjnd": "made of any pictures: coded versions and what the observer sees of them, for vpjnd",
    "mcl-jci": "answers of people: 50 pictures, JPEG, 30 subjects each, three JND points",
    "konjnd": "answers of people: 1,008 pictures, JPEG or BPG, about 42 answers each",
    "videoset": "answers of people: 220 sequences in four resolutions, H.264, three JND points",
    "aic3": "answers of people: plain and boosted triplets",
}
# The defaults, which tell what was given.
_ASKED = {"viewers": 75.0, "protocol": "aic", "viewing": None, "observer": "cvvdp"}


def build(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="cpl, vvc or vpjnd, see above.")],
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="Pictures to make it from, folders inside included; or any place.")
    ],
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
    engine: options.Engine = None,
    address: options.Address = None,
    resume: options.Resume = None,
    max_failures: options.MaxFailures = None,
    max_seconds: options.MaxSeconds = None,
    column: options.Column = None,
    json: options.Json = False,
) -> int:
    """Make a training set from any pictures.

    cpl: pairs of a picture and its critical version, rebuilt from as few of its components as nobody notices; for
    resjnd. vvc: pairs of a picture and its coarsest VVC version that nobody notices; for shen2020. vpjnd: coded
    versions of each picture, with what the psychophysical observer sees in every part of them; for vpjnd.

    A run that was cut off goes on where it stopped; one bad picture does not stop it. Exit code 1: some failed. With
    --engine a run of any size is kept track of in DIR; so is one over s3://, gs:// or az://, *.tar, *.parquet, a list
    (.txt), or - for a list on stdin.
    """
    if model is not None and kind != "cpl":
        raise UsageError("--model is for cpl")
    asked = {"viewers": viewers, "protocol": protocol, "viewing": viewing, "observer": observer}
    if kind == "vpjnd" and asked != _ASKED:
        raise UsageError("vpjnd holds every visibility at two displays: --viewers and the like are for cpl and vvc")
    how = {} if kind == "vpjnd" else asked if model is None else {"model": model, "side": side}
    room, many = _room(kind), corpus.How(engine, address, jobs, resume, max_failures, max_seconds)
    if corpus.wanted([folder], output) or column is not None or (many.asked and not _is_begun(output)):
        return _kept(kind, folder, output, room.making(**how), many, column, json=json)
    many.check_unkept()
    progress = printing.Progress()
    with engine_for(engine, address, jobs, seconds=max_seconds) as chosen:
        rows = room.build(folder, output, announce=progress.begin, engine=chosen, **how)
        counts = _follow(rows, progress, json)
    said = f"{output}: {counts['pair']} pairs, {counts['skipped']} skipped, {counts['error']} failed"
    printing.say(said, file=sys.stderr if json else None)
    return 1 if counts["error"] else 0


def _kept(kind: str, source: str, output: str, made: Making, how: corpus.How, column: str | None, *, json: bool) -> int:
    """A set of any number of pictures in any place."""
    from jndkit.datasets import corpus as sets
    from jndkit.datasets.pairs import MANIFEST

    found, to = corpus.places([source], output, recursive=True, column=column, pack=None)
    corpus.check_made(to, MANIFEST)
    run = sets.corpus(kind, found, to, made, **how.kept(to))
    return corpus.follow(run, how, json=json, lines=lambda _: [], end=lambda: sets.write_manifest(run))


def _is_begun(output: str) -> bool:
    """Whether a set was begun there without a ledger, by whose manifest it goes on."""
    from jndkit.batch.corpus import BEGUN
    from jndkit.datasets.pairs import MANIFEST

    return Path(output, MANIFEST).exists() and not Path(output, BEGUN).exists()


def _follow(rows: Generator[dict[str, Any], None, None], progress: printing.Progress, json: bool) -> dict[str, int]:
    """Print rows as they come; how many of them are pairs, skipped and failed."""
    counts = {"pair": 0, "skipped": 0, "error": 0}
    with closing(rows):
        try:
            for row in rows:
                outcome = next(key for key in ("error", "skipped", "pair") if key in row)
                counts[outcome] += 1
                progress.clear()
                if json:
                    print(json_lines.dumps(row), flush=True)
                elif outcome == "error":
                    printing.complain(row["error"])
                progress.advance()
        finally:
            progress.clear()
    return counts


def check(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="cpl, vvc, vpjnd, mcl-jci, konjnd, videoset or aic3.")],
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where it lies.")],
) -> int:
    """Say what a data set holds, and whether it is whole.

    vvc: pairs of pictures as `build` makes them, or patches with lists of them (CSV) as they were published.
    mcl-jci, konjnd, videoset, aic3: the answers of people as they were published, and the pictures. Exit code 1: some
    lack.
    """
    if kind in _RATED:
        held = importlib.import_module(_RATED[kind]).inventory(folder)
        for sentence in held.held:
            printing.say(f"{folder}: {sentence}")
        for sentence in held.missing:
            printing.complain(f"{folder} lacks {sentence}")
        return 1 if held.missing else 0
    from jndkit.datasets.pairs import SPLITS
    from jndkit.datasets.patches import LISTS, listed

    room = _room(kind, _SUMMARIES)
    lists = [name for name in LISTS if kind == "vvc" and (Path(folder) / LISTS[name][0]).is_file()]
    for name in lists:
        printing.say(f"{folder} {name}: {len(listed(folder, name))} pairs of patches")
    if lists:
        return 0
    splits = [split for split in SPLITS if (Path(folder) / split).is_dir()]
    for split in splits or (None,):
        printing.say(f"{folder}{f' {split}' if split else ''}: {len(room.pairs(folder, split))} pairs")
    return 0


def list_() -> int:
    """List the data sets: those that `build` makes of any pictures, and those of people's answers that are read."""
    for kind, summary in _SUMMARIES.items():
        printing.say(f"{kind:10}{summary}")
    return 0


def _room(kind: str, known: Iterable[str] = _KINDS) -> ModuleType:
    """The module that makes and reads a kind of set."""
    check_choice("kind of set", kind, known)
    return importlib.import_module(_KINDS[kind])
