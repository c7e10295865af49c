"""Sets of picture pairs: made from any pictures, one row of a manifest each, and read back.

A set is a folder of folders, one a side, the files of a pair under the same name in each, and `manifest.jsonl`; below
`train`, `valid` and `test` where there are splits.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from jndkit.batch import Engine, Known, explained, gather, ledger, run
from jndkit.errors import InputError, UsageError, check_choice
from jndkit.observers import observer as named_observer
from jndkit.opening import load
from jndkit.picture import Picture, Pixels, make_folder, png_bytes, write_atomic
from jndkit.picture.difference import psnr
from jndkit.picturewise.domain import domain
from jndkit.protocols import protocol as named_protocol
from jndkit.visibility import jnd_for

MANIFEST = "manifest.jsonl"
SPLITS = ("train", "valid", "test")
_WHOLE = "pair"  # the one part of the work on a picture
# That of a mean squared error of 1e-12.
_EQUAL = 168.131  # dB that a row says of two equal pictures, since JSON has no infinity


@dataclass(frozen=True)
class Pair:
    """A picture and its version.  jnd: what the version reads, where it was read.  probes: readings it took.
    details: more keys of the row.
    """

    pristine: Pixels
    version: Pixels
    jnd: float | None
    probes: int
    details: dict[str, Any] = field(default_factory=dict)


Make = Callable[..., Pair]
"""Makes the pair of a Picture and the options; a function of a module, so that processes can be given it."""

Store = Callable[..., dict[str, Any]]
"""Writes what belongs to a picture: of a Picture, the set's folder, a file name without suffix and the options, the
keys of its row. Like `Make`, a function of a module.
"""

Announce = Callable[[int], None] | None
"""Is told how many pictures are left to do."""


@dataclass(frozen=True)
class Making:
    """How a set is made of pictures. folders: of the set.  store: of each picture.  options: of the rows. Picklable."""

    folders: tuple[str, ...]
    store: Store
    options: dict[str, Any]

    def check(self) -> None:
        """Raises UsageError for what does not exist."""
        asked = self.options
        jnd_for(asked.get("viewers", 75.0), named_protocol(asked.get("protocol", "aic"), asked.get("viewing"))[0])
        named_observer(asked.get("observer", "cvvdp"))

    def row(self, path: Path, source: str, out: Path, stem: str) -> dict[str, Any]:
        """The manifest's row of a picture, whose files are below `out`. source: its name there.

        It may raise errors of any kind.
        """
        picture = load(path)
        row: dict[str, Any] = {"source": source, **self.options}
        sha256 = {"sha256": picture.source.sha256 if picture.source else None}
        kind = domain(picture)
        if kind.inside and picture.alpha is None:
            return {**row, **self.store(picture, out, stem, **self.options), **sha256}
        reason = "it is transparent" if kind.inside else f"{kind.kind}: {', '.join(kind.reasons)}"
        return {**row, "skipped": f"no photograph on an opaque ground ({reason})", **sha256}


def making_pairs(side: str, make: Make, options: dict[str, Any]) -> Making:
    """How a set of pairs is made.

    side: the folder of the versions.  options: keywords of `make`.
    """
    return Making(("pristine", side), partial(_store, side, make), options)


def build_rows(
    source: str | Path,
    target: str | Path,
    made: Making,
    *,
    jobs: int | None,
    announce: Announce,
    engine: Engine | None = None,
) -> Generator[dict[str, Any], None, None]:
    """Make what belongs to every picture below a folder; yields the manifest's rows as they are made, and resumes.

    source: a folder of pictures.  target: the folder for those of the set and `manifest.jsonl`.
    jobs: processes at work at once; the processors by default.  One that dies loses its own picture and no other.
    engine: who works in place of them.
    announce: told once how many pictures are left to do, as many as rows will follow, before the first is worked on.
    A picture that fails, or that is no photograph, is a row with `error` or `skipped`, and the run goes on; what failed
    is tried again when the run is, and so is a picture that was replaced since. After the last the rows are in the
    order of their pictures' names. Closing the iterator stops the processes.
    Raises UsageError for the request, or where the set was begun with other options, InputError for a folder without
    pictures, OutputError where nothing can be written.
    """
    home, out = Path(source), Path(target)
    options = made.options
    if not home.is_dir():
        raise InputError(home, "there is no such folder")
    pictures = {
        picture.within / picture.path.name: picture.path for picture in gather([home], recursive=True, without=out)
    }
    made.check()
    manifest = out / MANIFEST
    rows = _begun(out, options)
    stems = stems_of(list(pictures), rows)
    known = Known[str]()
    for row in rows:
        known.add(row["source"], row.get("sha256"), _WHOLE)
    todo = [
        _Building(str(path), name.as_posix(), out, stems[name], made)
        for name, path in pictures.items()
        if known.left(path, name.as_posix(), (_WHOLE,))
    ]
    fresh = run(todo, jobs, keep=lambda row: ledger.append(manifest, json.dumps(row)), engine=engine)
    again = {building.source for building in todo}
    current = [row for row in rows if row["source"] not in again]
    for folder in made.folders:
        make_folder(str(out / folder))
    if manifest.exists():
        ledger.rewrite(manifest, map(json.dumps, current))
    for row in rows:  # of a picture that was replaced nothing may stay: the new one may fail, or be no photograph
        if row["source"] in again and "pair" in row:
            for folder in made.folders:
                with suppress(OSError):  # most likely it is gone; where it is protected, writing says so
                    (out / folder / Path(row["pair"]).name).unlink()
    if announce is not None:
        announce(len(todo))
    with closing(fresh):
        for row in fresh:
            current.append(row)
            yield row
    ledger.rewrite(manifest, map(json.dumps, sorted(current, key=itemgetter("source"))))


def _begun(out: Path, options: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that a set has, without failures. Raises UsageError where they are of other options."""
    rows = [row for row in ledger.read(out / MANIFEST) if "source" in row and "error" not in row]
    for row in rows:
        other = sorted(key for key, value in options.items() if row.get(key) != value)
        if other:
            raise UsageError(f"{out} was begun with {other[0]} {row.get(other[0])}; choose another folder")
    check_rows(out, rows)
    return rows


def stems_of(names: Sequence[Path], rows: Sequence[dict[str, Any]]) -> dict[Path, str]:
    """A file name without suffix for every picture, no two alike: its path in one word.

    names: below the folder that was searched.  rows: whose pictures keep the names they have.
    Where two paths make one word, or differ in capital letters alone, a hash of the path follows.
    """
    kept = {row["source"]: Path(row["pair"]).stem for row in rows if "pair" in row}
    plain = {name: "_".join(name.with_suffix("").parts) for name in names}
    taken = Counter(stem.casefold() for stem in plain.values())  # not every file system tells capitals apart
    taken.update({stem.casefold() for source, stem in kept.items() if plain.get(Path(source)) != stem})
    stems = {}
    for name, stem in plain.items():
        hashed = f"{stem}-{hashlib.sha256(name.as_posix().encode()).hexdigest()[:8]}"
        stems[name] = kept.get(name.as_posix(), stem if taken[stem.casefold()] == 1 else hashed)
    return stems


@dataclass(frozen=True)
class _Building:
    """The work on one picture, a `batch.Job` that gives one row of the manifest.

    path: the file.  source: its name in the manifest.  out: the set's folder.  stem: of the files that are made.
    """

    path: str
    source: str
    out: Path
    stem: str
    made: Making

    def rows(self) -> Iterator[dict[str, Any]]:
        yield self.made.row(Path(self.path), self.source, self.out, self.stem)

    def failed(self, error: Exception) -> Iterator[dict[str, Any]]:
        yield {"source": self.source, **self.made.options, "error": explained(error, self.path)["message"]}


def _store(side: str, make: Make, picture: Picture, out: Path, stem: str, /, **options: Any) -> dict[str, Any]:
    """One pair, written."""
    pair = make(picture, **options)
    name = f"{stem}.png"
    write_atomic(out / "pristine" / name, png_bytes(pair.pristine), force=True)
    write_atomic(out / side / name, png_bytes(pair.version), force=True)
    return {
        "pair": name,
        **pair.details,
        "jnd": None if pair.jnd is None else round(pair.jnd, 5),
        "psnr": round(min(psnr(pair.pristine, pair.version), _EQUAL), 3),
        "probes": pair.probes,
    }


def check_rows(folder: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Raises InputError where two pictures of a set have one pair, the first overwritten by the second."""
    sources: dict[str, str] = {}
    for row in rows:
        if {"pair", "source"} <= row.keys() and sources.setdefault(row["pair"], row["source"]) != row["source"]:
            both = f"{sources[row['pair']]} and {row['source']}"
            raise InputError(folder, f"{both} were written to one pair, {row['pair']}; make the set again elsewhere")


def read_pairs(folder: str | Path, side: str, split: str | None = None) -> list[tuple[Path, Path]]:
    """The (pristine, `side`) files of a set, by name.

    split: "train", "valid" or "test" where the folder has them.
    Raises UsageError for an unknown split; InputError where a folder is missing, a picture has no partner, or the
    manifest names pairs that are not there or that two pictures share.
    """
    if split is not None:
        check_choice("split", split, SPLITS)
    home = Path(folder) / split if split else Path(folder)
    files = {}
    for folder_name in ("pristine", side):
        if not (home / folder_name).is_dir():
            raise InputError(home, f"it has no folder {folder_name!r}")
        files[folder_name] = {path.stem: path for path in (home / folder_name).iterdir() if path.is_file()}
    alone = sorted(files["pristine"].keys() ^ files[side].keys())
    if alone:
        raise InputError(home, f"{len(alone)} pictures have no partner, such as {alone[0]}")
    if not files["pristine"]:
        raise InputError(home, "it holds no pair")
    if (home / MANIFEST).is_file():
        rows = [row for row in ledger.read(home / MANIFEST) if "pair" in row and "source" in row]
        check_rows(home, rows)
        gone = sorted({row["pair"] for row in rows if Path(row["pair"]).stem not in files["pristine"]})
        if gone:
            raise InputError(home, f"{len(gone)} pairs of its manifest are not there, such as {gone[0]}")
    return [(files["pristine"][stem], files[side][stem]) for stem in sorted(files["pristine"])]
