"""A picture of a corpus encoded, from its place to its result's: what a worker does, wherever it is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jndkit.batch import InputFile, explained
from jndkit.batch.engine import Step
from jndkit.batch.pieces import Made, Piece, copied, file_of, key_of, lost, made_of, refused, renamed, stands, whole
from jndkit.batch.places import Place
from jndkit.conversion.earlier import is_ours
from jndkit.conversion.originals import settings_for
from jndkit.conversion.responsive import MANIFEST, Variants, responsive_set
from jndkit.errors import JndError, OutputError
from jndkit.evidence import Row
from jndkit.picture import digest
from jndkit.pipeline import run
from jndkit.settings import Settings


@dataclass(frozen=True)
class _Coded:
    """A picture, done but for writing. row: None where what is known stands.  sha256: of what was read.

    data: the file that the row names, below the destination called target.  beside: others that belong to it.
    """

    piece: Piece
    row: Row | None
    sha256: str | None = None
    data: bytes | None = None
    target: str = ""
    beside: tuple[tuple[str, bytes], ...] = ()

    @property
    def files(self) -> list[tuple[str, bytes]]:
        """All that is to be written, what the row names last."""
        return [] if self.data is None else [*self.beside, (self.target, self.data)]


@dataclass(frozen=True)
class Converting:
    """The `Work` of an encode. request: a hash of the settings and versions.  variants: of responsive sets."""

    source: Place
    to: Place
    settings: Settings
    request: str
    variants: Variants | None = None

    def results(self, items: Sequence[Piece]) -> Iterator[Made | Step]:
        """Each picture's file is written before its result is given away; packed ones are, once all are done."""
        if not self.to.packed:
            for item in items:
                coded = self._convert(item)
                yield self._made(coded, self._write(coded))
            return
        held = list[_Coded]()
        for item in items:
            held.append(self._convert(item))
            yield Step(item)
        names = iter(self.to.write_all([file for coded in held for file in coded.files]))
        for coded in held:
            yield self._made(coded, [next(names) for _ in coded.files])

    def lost(self, item: Piece, error: Exception) -> Made:
        """Of a picture that was given up."""
        return lost(item, error, self.request)

    def _convert(self, piece: Piece) -> _Coded:
        """What came of it, with the file that is still to be written."""
        if piece.entry.error is not None:
            return _Coded(piece, refused(piece))
        try:
            with file_of(self.source, piece.entry) as path:
                sha256 = digest(path)
                known = piece.known
                if known is not None and known.key == key_of(sha256, self.request) and whole(self.to, known):
                    return _Coded(piece, None)
                return self._encoded(piece, path, sha256)
        except JndError as error:  # of reading
            return _Coded(piece, refused(piece, error))

    def _encoded(self, piece: Piece, path: Path, sha256: str | None) -> _Coded:
        try:
            settings = settings_for(InputFile(path, True, Path(piece.entry.name).parent), self.settings)
            if self.variants is not None:
                return self._set(piece, path, sha256, settings)
            done = run(str(path), settings)
        except Exception as error:
            row = Row(input=str(path), status="failed", error=explained(error, str(path)), input_sha256=sha256)
            return _Coded(piece, renamed(row, str(path), piece.address), sha256)
        row = renamed(done.row, str(path), piece.address)
        return _Coded(piece, row, row.input_sha256, done.data, f"{piece.target}{done.suffix}")

    def _set(self, piece: Piece, path: Path, sha256: str | None, settings: Settings) -> _Coded:
        """A responsive set. Raises what `responsive_set` raises."""
        assert self.variants is not None
        own = os.path.basename(piece.entry.name)
        made = responsive_set(path, piece.target, settings, self.variants, name=own)
        row = renamed(made.row, str(path), piece.address)
        return _Coded(piece, row, sha256, made.manifest, f"{piece.target}{MANIFEST}", made.files)

    def _made(self, coded: _Coded, names: Sequence[str]) -> Made:
        """The result, once the files are written. names: of these, in their order; none where there are none."""
        row = coded.row
        if row is None:
            return stands(coded.piece)
        *others, output = names or (None,)
        if output is not None:
            row.output = self.to.address(output)
        hashes = (hashlib.sha256(data).hexdigest() for _, data in coded.beside)
        beside = [(name, sha256) for name, sha256 in zip(others, hashes, strict=False) if name is not None]
        return made_of(coded.piece.entry, row, coded.sha256, self.request, output, beside=beside)

    def _write(self, coded: _Coded) -> list[str]:
        """Write the files; their names, or none where there are none, and the row says why."""
        if coded.data is None or coded.row is None:
            return []
        try:
            # Only of the one that the row names is it known beforehand whether it is there.
            looked_at = [name for name, _ in coded.beside] + [coded.target] * coded.piece.taken
            for name in () if self.settings.force else looked_at:
                if not self._is_ours(name):
                    raise OutputError(self.to.address(name), "the file exists; use --force to replace it")
            for name, data in coded.files:
                self.to.write(name, data)
        except JndError as error:
            coded.row.status = "failed"
            coded.row.error = {"type": type(error).__name__, "message": str(error)}  # which names the place
            return []
        return [name for name, _ in coded.files]

    def _is_ours(self, name: str) -> bool:
        """Whether a file of the destination may be replaced: it is not there, or jndkit wrote it."""
        if not self.to.exists(name):
            return True
        path = self.to.local(name)
        if path is not None:
            return is_ours(path)
        with copied(name, self.to.read(name)) as copy:
            return is_ours(copy)
