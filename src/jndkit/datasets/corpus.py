"""A set made of pictures in any place, with a ledger at the destination; its rows make the manifest at the end."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jndkit.batch import explained
from jndkit.batch.corpus import Corpus
from jndkit.batch.engine import Step
from jndkit.batch.pieces import Made, Piece, file_of, key_of, lost, made_of, refused, renamed, stands, whole
from jndkit.batch.places import Place
from jndkit.batch.places.below import below
from jndkit.batch.requests import Request
from jndkit.datasets.pairs import MANIFEST, Making
from jndkit.errors import JndError
from jndkit.evidence import Row
from jndkit.observers import observer as named_observer
from jndkit.picture import digest, make_folder
from jndkit.version import VERSION


@dataclass(frozen=True)
class Building:
    """The `Work` of a set. request: a hash of what is asked and of the versions."""

    source: Place
    to: Place
    made: Making
    request: str

    def results(self, items: Sequence[Piece]) -> Iterator[Made | Step]:
        for item in items:
            yield self._built(item)

    def lost(self, item: Piece, error: Exception) -> Made:
        """Of a picture that was given up."""
        return lost(item, error, self.request)

    def _built(self, piece: Piece) -> Made:
        began = time.perf_counter()
        sha256, beside, told = None, list[tuple[str, str]](), dict[str, Any]()
        try:
            if piece.entry.error is not None:
                return made_of(piece.entry, refused(piece), None, self.request)
            with file_of(self.source, piece.entry) as path:
                sha256 = digest(path)
                known = piece.known
                if known is not None and known.key == key_of(sha256, self.request) and whole(self.to, known):
                    return stands(piece)
                row, told, beside = self._row(piece, path)
                renamed(row, str(path), piece.address)
        except JndError as error:  # of reading, and of writing
            row = refused(piece, error)
        row.input_sha256, row.seconds = sha256, time.perf_counter() - began
        return made_of(piece.entry, row, sha256, self.request, beside=beside, more={"manifest": told} if told else {})

    def _row(self, piece: Piece, path: Path) -> tuple[Row, dict[str, Any], list[tuple[str, str]]]:
        """The row, what the manifest says, and name and SHA-256 of the files, written. Raises OutputError."""
        with tempfile.TemporaryDirectory(prefix="jndkit-") as folder:
            for name in self.made.folders:
                make_folder(f"{folder}/{name}")
            try:
                told = self.made.row(path, piece.entry.name, Path(folder), stem_of(piece))
            except Exception as error:
                return Row(str(path), status="failed", error=explained(error, str(path))), {}, []
            files = list[tuple[str, str]]()
            for name, data in below(Path(folder)):
                self.to.write(name, data)
                files.append((name, hashlib.sha256(data).hexdigest()))
        reasons = [told["skipped"]] if "skipped" in told else []
        return Row(str(path), status="skipped" if reasons else "written", notes=reasons), told, files


def stem_of(piece: Piece) -> str:
    """A file name without suffix, no two alike: that of the picture, else its path in one word with a hash of it."""
    word = piece.target.replace("/", "_")
    if word == piece.target.casefold():  # not every file system tells capitals apart
        return word
    return f"{word}-{hashlib.sha256(piece.entry.name.encode(errors='surrogateescape')).hexdigest()[:8]}"


def corpus(kind: str, source: Place, to: Place, made: Making, **how: Any) -> Corpus:
    """A run that makes a set of this kind. how: keywords of `Corpus`. Raises UsageError for what does not exist."""
    made.check()
    observer = named_observer(made.options.get("observer", "cvvdp"))
    used = {"jndkit": VERSION, observer.name: observer.version}
    request = Request({"settings": {"build": kind, **made.options}, "suffixes": [], "versions": used})
    return Corpus(source, to, request, Building(source, to, made, request.name), **how)


def write_manifest(run: Corpus) -> None:
    """The rows of all pictures, whichever run made them, in the order of the source, as `manifest.jsonl`."""
    run.write(MANIFEST, (json.dumps(row["manifest"]) for row in run.in_order() if "manifest" in row))
