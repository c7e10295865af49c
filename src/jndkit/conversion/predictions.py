"""Predictions of pictures that come from any place."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from jndkit.batch import Engine, InputFile, explained
from jndkit.batch.corpus import NONE
from jndkit.batch.engine import Step
from jndkit.batch.flow import flow
from jndkit.batch.pieces import Made, Piece, file_of, key_of, lost, made_of, piece_of, refused, renamed, stands
from jndkit.batch.places import Place
from jndkit.conversion.asking import predicting
from jndkit.conversion.originals import settings_for
from jndkit.errors import InputError, JndError
from jndkit.evidence import Row
from jndkit.picture import digest
from jndkit.pipeline import run as predict
from jndkit.settings import Settings


@dataclass(frozen=True)
class Predicting:
    """The `Work` of a prediction: no file is made. request: a hash of the settings and versions."""

    source: Place
    settings: Settings
    request: str

    def results(self, items: Sequence[Piece]) -> Iterator[Made | Step]:
        for item in items:
            yield self._predicted(item)

    def lost(self, item: Piece, error: Exception) -> Made:
        """Of a picture that was given up."""
        return lost(item, error, self.request)

    def _predicted(self, piece: Piece) -> Made:
        if piece.entry.error is not None:
            return made_of(piece.entry, refused(piece), None, self.request)
        try:
            with file_of(self.source, piece.entry) as path:
                sha256 = digest(path)
                if piece.known is not None and piece.known.key == key_of(sha256, self.request):
                    return stands(piece)
                row = renamed(self._row(piece, path), str(path), piece.address)
                return made_of(piece.entry, row, sha256, self.request)
        except JndError as error:  # of reading
            return made_of(piece.entry, refused(piece, error), None, self.request)

    def _row(self, piece: Piece, path: Path) -> Row:
        try:
            settings = settings_for(InputFile(path, True, Path(piece.entry.name).parent), self.settings)
            return predict(str(path), settings, write=False).row
        except Exception as error:
            return Row(str(path), status="failed", error=explained(error, str(path)))


def predictions(source: Place, settings: Settings, engine: Engine) -> Generator[Row, None, None]:
    """A row of every picture, in the order of completion, kept nowhere; they are taken as there is room for them.

    Raises InputError where there is no picture, or where the place cannot be read.
    """
    entries = source.entries()
    first = next(entries, None)
    if first is None:
        raise InputError(source.address(""), NONE)
    pieces = (piece_of(source, entry, settings.max_pixels) for entry in chain((first,), entries))
    with closing(flow(pieces, Predicting(source, settings, predicting(settings).name), engine)) as results:
        for made in results:
            if made.row is not None:
                yield made.row
