"""Sets of picture pairs: made from any pictures, one row of a manifest each, and read back.

A set is a folder of folders, one a side, the files of a pair under the same name in each, and `manifest.jsonl`; below
`train`, `valid` and `test` where there are splits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.errors import InputError, JndError, UsageError
from jndkit.observers import observer as named_observer
from jndkit.picture import Picture, Pixels, load, png_bytes, write_atomic
from jndkit.picture.formats import ENDINGS
from jndkit.picturewise.domain import domain
from jndkit.protocols import protocol as named_protocol
from jndkit.visibility import jnd_for

MANIFEST = "manifest.jsonl"
SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Pair:
    """A picture and its version.  jnd: what the version reads, where it was read.  probes: readings it took.
    told: more for the row.
    """

    pristine: Pixels
    version: Pixels
    jnd: float | None
    probes: int
    told: dict[str, Any] = field(default_factory=dict)


Make = Callable[..., Pair]
"""Makes the pair of a Picture and the options; a function of a module, so that processes can be given it."""

Store = Callable[..., dict[str, Any]]
"""Writes what belongs to a picture: of a Picture, the set's folder, a file name without suffix and the options, the
keys of its row. Like `Make`, a function of a module.
"""


def build_pairs(
    source: str | Path, target: str | Path, side: str, make: Make, *, jobs: int, options: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Make a pair of every picture below a folder; yields the manifest's rows as they are made, and resumes.

    source: a folder of pictures.  target: the folder for `pristine`, `side` and `manifest.jsonl`.
    options: keywords of `make`; viewers, protocol, viewing and observer are checked before any work.
    A picture that fails, or that is no photograph, is a row with `error` or `skipped`, and the run goes on; what failed
    is tried again when the run is.
    Raises UsageError for the request, or where the set was begun with other options, InputError for a folder without
    pictures.
    """
    return build_rows(source, target, ("pristine", side), partial(_store, side, make), jobs=jobs, options=options)


def build_rows(
    source: str | Path, target: str | Path, folders: Iterable[str], store: Store, *, jobs: int, options: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """`build_pairs` for sets that hold more than pairs. folders: of the set, made beforehand."""
    home, out = Path(source), Path(target)
    suffixes = {suffix for group in ENDINGS.values() for suffix in group}
    names = sorted(path.relative_to(home) for path in home.rglob("*") if path.suffix.lower() in suffixes)
    if not names:
        raise InputError(home, "it holds no picture")
    jnd_for(options.get("viewers", 75.0), named_protocol(options.get("protocol", "aic"), options.get("viewing"))[0])
    named_observer(options.get("observer", "cvvdp"))
    manifest = out / MANIFEST
    rows = [row for row in read_manifest(manifest) if "error" not in row] if manifest.exists() else []
    for row in rows:
        other = sorted(key for key, value in options.items() if row.get(key) != value)
        if other:
            raise UsageError(f"{out} was begun with {other[0]} {row.get(other[0])}; choose another folder")
    done = {row["source"] for row in rows}
    for folder in folders:
        (out / folder).mkdir(parents=True, exist_ok=True)
    if manifest.exists():  # a line that was cut off must not run into the next
        write_atomic(manifest, "".join(json.dumps(row) + "\n" for row in rows).encode(), force=True)
    waiting = [name for name in names if name.as_posix() not in done]
    with (
        manifest.open("a", encoding="utf-8") as lines,
        ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool,
    ):
        tasks = [pool.submit(_row, home, out, name, store, options) for name in waiting]
        try:
            for task in as_completed(tasks):
                row = task.result()
                lines.write(json.dumps(row) + "\n")
                lines.flush()
                yield row
        finally:
            for task in tasks:
                task.cancel()


def _row(home: Path, out: Path, name: Path, store: Store, options: dict[str, Any]) -> dict[str, Any]:
    """What a picture gives, or why nothing."""
    row: dict[str, Any] = {"source": name.as_posix(), **options}
    try:
        picture = load(home / name)
        kind = domain(picture)
        if not kind.inside or picture.alpha is not None:
            reason = f"{kind.kind}: {', '.join(kind.reasons)}" if not kind.inside else "it is transparent"
            return {**row, "skipped": f"no photograph on an opaque ground ({reason})"}
        told = store(picture, out, "_".join(name.with_suffix("").parts), **options)
    except JndError as error:
        return {**row, "error": str(error)}
    except Exception as error:
        return {**row, "error": f"{home / name}: {type(error).__name__}: {error}; this is a bug"}
    return {**row, **told, "sha256": picture.source.sha256 if picture.source else None}


def _store(side: str, make: Make, picture: Picture, out: Path, stem: str, /, **options: Any) -> dict[str, Any]:
    """One pair, written."""
    pair = make(picture, **options)
    name = f"{stem}.png"
    write_atomic(out / "pristine" / name, png_bytes(pair.pristine), force=True)
    write_atomic(out / side / name, png_bytes(pair.version), force=True)
    return {
        "pair": name,
        **pair.told,
        "jnd": None if pair.jnd is None else round(pair.jnd, 5),
        "psnr": round(_psnr(pair), 3),
        "probes": pair.probes,
    }


def _psnr(pair: Pair) -> float:
    """In dB, at most 168: two equal pictures."""
    difference = pair.pristine.astype(np.float64) - pair.version
    return float(10.0 * np.log10(255.0**2 / max(float(np.mean(difference**2)), 1e-12)))


def read_manifest(path: Path) -> list[dict[str, Any]]:
    """Rows of a manifest; a last line that was cut off is left out."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def read_pairs(folder: str | Path, side: str, split: str | None = None) -> list[tuple[Path, Path]]:
    """The (pristine, `side`) files of a set, by name.

    split: "train", "valid" or "test" where the folder has them.
    Raises UsageError for an unknown split, InputError where a folder is missing or a picture has no partner.
    """
    if split is not None and split not in SPLITS:
        raise UsageError(f"unknown split {split!r}: choose {', '.join(SPLITS)}")
    home = Path(folder) / split if split else Path(folder)
    found = {}
    for each in ("pristine", side):
        if not (home / each).is_dir():
            raise InputError(home, f"it has no folder {each!r}")
        found[each] = {path.stem: path for path in (home / each).iterdir() if path.is_file()}
    alone = sorted(found["pristine"].keys() ^ found[side].keys())
    if alone:
        raise InputError(home, f"{len(alone)} pictures have no partner, such as {alone[0]}")
    if not found["pristine"]:
        raise InputError(home, "it holds no pair")
    return [(found["pristine"][stem], found[side][stem]) for stem in sorted(found["pristine"])]
