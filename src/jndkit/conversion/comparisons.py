"""Comparisons of the pairs that a table names."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jndkit.batch import Engine, explained
from jndkit.batch.corpus import Corpus
from jndkit.batch.engine import Step
from jndkit.batch.flow import flow
from jndkit.batch.pieces import Made, Piece, copied, key_of, lost, made_of, piece_of, renamed, stands
from jndkit.batch.places import Place
from jndkit.batch.places.pairs import Pairs, contents, pictures_of
from jndkit.batch.requests import Request
from jndkit.comparison import compared
from jndkit.errors import JndError
from jndkit.evidence import Row
from jndkit.observers import OBSERVERS, observer as named_observer
from jndkit.picture import digest
from jndkit.version import VERSION


@dataclass(frozen=True)
class Comparing:
    """The `Work` on pairs. asked: keywords of `compared`.  request: a hash of them and the versions."""

    asked: dict[str, Any]
    request: str

    def results(self, items: Sequence[Piece]) -> Iterator[Made | Step]:
        for item in items:
            yield self._compared(item)

    def lost(self, item: Piece, error: Exception) -> Made:
        """Of a pair that was given up."""
        made = lost(item, error, self.request)
        if made.row is not None:
            made.row.input, made.row.output = pictures_of(item.entry)
        return made

    def _compared(self, piece: Piece) -> Made:
        reference, test = pictures_of(piece.entry)
        sha256 = None
        try:
            with _file(reference) as original, _file(test) as version:
                sha256 = _digest(original, version)
                if piece.known is not None and piece.known.key == key_of(sha256, self.request):
                    return stands(piece)
                row = renamed(renamed(self._row(original, version), str(original), reference), str(version), test)
        except JndError as error:  # of reading
            row = Row(reference, status="failed", error=explained(error, reference))
        row.input, row.output = reference, test
        return made_of(piece.entry, row, sha256, self.request)

    def _row(self, original: Path, version: Path) -> Row:
        try:
            return compared(original, version, **self.asked).row
        except Exception as error:
            return Row(str(original), status="failed", error=explained(error, str(original)))


def comparing(asked: dict[str, Any]) -> Request:
    """What is asked of every pair. Raises UsageError for an unknown observer."""
    observer = named_observer(asked["observer"])
    used = {"jndkit": VERSION, observer.name: observer.version, **OBSERVERS.package(asked["observer"])}
    return Request({"settings": {"compare": True, **asked}, "suffixes": [], "versions": used})


def comparisons(pairs: Pairs, asked: dict[str, Any], engine: Engine) -> Generator[Row, None, None]:
    """A row of every pair, in the order of completion, kept nowhere; they are taken as there is room for them."""
    pieces = (piece_of(pairs, entry, asked["max_pixels"]) for entry in pairs.entries())
    with closing(flow(pieces, Comparing(asked, comparing(asked).name), engine)) as results:
        for made in results:
            if made.row is not None:
                yield made.row


def corpus(pairs: Pairs, to: Place, asked: dict[str, Any], **how: Any) -> Corpus:
    """A run that keeps a reading of each pair. how: keywords of `Corpus`."""
    request = comparing(asked)
    return Corpus(pairs, to, request, Comparing(asked, request.name), max_pixels=asked["max_pixels"], **how)


@contextmanager
def _file(address: str) -> Iterator[Path]:
    found = contents(address)
    if isinstance(found, Path):
        yield found
        return
    with copied(address, found) as copy:
        yield copy


def _digest(*files: Path) -> str | None:
    """Of the contents of all; None where one cannot be read, which whoever opens it says."""
    each = [digest(file) for file in files]
    return None if None in each else hashlib.sha256("".join(map(str, each)).encode()).hexdigest()
