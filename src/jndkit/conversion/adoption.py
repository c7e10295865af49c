"""What a run without a ledger left in a folder, taken over into one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from jndkit.batch import InputFile
from jndkit.batch.catalogue import Catalogue, Planned
from jndkit.batch.pieces import Made, made_of
from jndkit.batch.places import Place
from jndkit.conversion.earlier import done_before, read_mark
from jndkit.conversion.originals import settings_for
from jndkit.conversion.outputs import suffixes_of
from jndkit.errors import JndError
from jndkit.settings import Settings


def adopted(catalogue: Catalogue, source: Place, to: Place, settings: Settings, request: str) -> Iterator[Made]:
    """The results of pictures that a folder's run did with these settings, as the marks in its files tell.

    Nothing where one of the places is not of this machine's file system: there no such run can have been.
    """
    suffixes = suffixes_of(settings)
    for planned in catalogue.planned():
        if planned.entry.error is None and any(catalogue.is_there(f"{planned.target}{suffix}") for suffix in suffixes):
            made = _adopted(planned, source, to, settings, suffixes, request)
            if made is not None:
                yield made


def _adopted(
    planned: Planned, source: Place, to: Place, settings: Settings, suffixes: tuple[str, ...], request: str
) -> Made | None:
    path = source.local(planned.entry.name)
    there = {to.local(f"{planned.target}{suffix}"): f"{planned.target}{suffix}" for suffix in suffixes}
    if path is None or None in there:
        return None
    names = {file: name for file, name in there.items() if file is not None}
    marks = {file: mark for file in names if (mark := read_mark(file)) is not None}
    try:
        own = settings_for(InputFile(path, True, Path(planned.entry.name).parent), settings)
        row = done_before(path, marks, replace(own, force=False))
    except JndError:  # whoever does the picture will say it
        return None
    if row is None or row.output is None:
        return None
    return made_of(planned.entry, row, row.input_sha256, request, names[Path(row.output)], final=True)
