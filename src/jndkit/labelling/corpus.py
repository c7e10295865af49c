"""Labels of pictures in any place, with a ledger at the destination; the table is made of its rows at the end."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jndkit.batch import explained
from jndkit.batch.corpus import Corpus
from jndkit.batch.engine import Step
from jndkit.batch.pieces import Made, Piece, file_of, key_of, lost, made_of, refused, renamed, stands, whole
from jndkit.batch.places import Place
from jndkit.batch.places.below import below
from jndkit.batch.requests import Request
from jndkit.codecs import versions
from jndkit.errors import InputError, JndError, UsageError
from jndkit.evidence import Row
from jndkit.labelling.file import is_plain, line
from jndkit.labelling.work import Labelled, Labelling, Plan, observer
from jndkit.picture import digest
from jndkit.version import VERSION

TABLE = "labels.csv"


@dataclass(frozen=True)
class LabellingMany:
    """The `Work` of labels. plan: its `keep`, a name below the destination, is where coded files go.

    request: a hash of what is asked and of the versions.
    """

    source: Place
    to: Place
    plan: Plan
    request: str

    def results(self, items: Sequence[Piece]) -> Iterator[Made | Step]:
        for item in items:
            yield self._made(item)

    def lost(self, item: Piece, error: Exception) -> Made:
        """Of a picture that was given up."""
        return lost(item, error, self.request)

    def _made(self, piece: Piece) -> Made:
        sha256, labels, beside = None, list[dict[str, str]](), list[tuple[str, str]]()
        began = time.perf_counter()
        try:
            if piece.entry.error is not None:
                raise InputError(self.source.address(""), piece.entry.error)
            if not is_plain(piece.entry.name):
                raise InputError(piece.address, "a row cannot hold its name; rename it")
            with file_of(self.source, piece.entry) as path:
                sha256 = digest(path)
                known = piece.known
                if known is not None and known.key == key_of(sha256, self.request) and whole(self.to, known):
                    return stands(piece)
                labelled, beside = self._labelled(piece, path)
                labels = list(labelled.rows)
                row = Row(str(path), status="labelled", input_sha256=sha256, notes=list(labelled.notes))
                if labels:
                    row.width, row.height = int(labels[0]["width"]), int(labels[0]["height"])
                if labelled.errors:
                    row.status, row.error = "failed", {"type": "CodecError", "message": "; ".join(labelled.errors)}
                renamed(row, str(path), piece.address)
        except JndError as error:
            row = refused(piece, None if piece.entry.error is not None else error)
        row.seconds = time.perf_counter() - began
        return made_of(piece.entry, row, sha256, self.request, beside=beside, more={"labels": labels})

    def _labelled(self, piece: Piece, path: Path) -> tuple[Labelled, list[tuple[str, str]]]:
        """The labels, and name and SHA-256 of the files that were kept. Raises JndError."""
        with tempfile.TemporaryDirectory(prefix="jndkit-") as folder:
            plan = self.plan if self.plan.keep is None else replace(self.plan, keep=Path(folder))
            try:
                (labelled,) = Labelling(str(path), piece.entry.name, tuple(plan.settings), plan).rows()
            except Exception as error:
                told = explained(error, str(path))
                labelled = Labelled(piece.entry.name, errors=(told["message"],))
            return labelled, self._keep(Path(folder))

    def _keep(self, folder: Path) -> list[tuple[str, str]]:
        kept = list[tuple[str, str]]()
        for name, data in below(folder):
            target = f"{self.plan.keep}/{name}"
            self.to.write(target, data)
            kept.append((target, hashlib.sha256(data).hexdigest()))
        return kept


def corpus(source: Place, to: Place, plan: Plan, **how: Any) -> Corpus:
    """A run that labels. how: keywords of `Corpus`. Raises UsageError where `keep` is no name below the destination."""
    if plan.keep is not None and (plan.keep.is_absolute() or ".." in plan.keep.parts):
        raise UsageError(f"--keep {plan.keep}: with a ledger it is a folder below the destination, such as coded")
    used = {"jndkit": VERSION, "observer": observer()}
    for spec in plan.codecs:
        used |= versions(spec)
    asked = {
        "label": True,
        "settings": [[spec, value] for spec, value in plan.settings],
        "viewings": list(plan.viewings),
        "protocol": plan.protocol,
        "keep": None if plan.keep is None else os.fspath(plan.keep),
        "max_pixels": plan.max_pixels,
        "damaged": plan.damaged,
    }
    request = Request({"settings": asked, "suffixes": [], "versions": used})
    work = LabellingMany(source, to, plan, request.name)
    return Corpus(source, to, request, work, max_pixels=plan.max_pixels, **how)


def write_table(run: Corpus, plan: Plan) -> None:
    """The labels of all pictures, whichever run made them, in the order of the source, as `labels.csv`."""
    columns = plan.columns

    def lines() -> Iterator[str]:
        yield line(columns)
        for record in run.in_order():
            for row in record.get("labels", ()):
                yield line([row[column] for column in columns])

    run.write(TABLE, lines())
