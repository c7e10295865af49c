"""What a finished file says of its making, and the row of it that can be told from that alone."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jndkit.codecs import codec
from jndkit.codecs.inscription import inscribed
from jndkit.codecs.jpeg import Jpeg
from jndkit.errors import JndError
from jndkit.evidence import Row
from jndkit.observers import observer as named_observer
from jndkit.picture import Picture, digest
from jndkit.picture.metadata.mark import SETTINGS, Mark, Outcome, blank_mark, filled, source_of
from jndkit.protocols import contents, protocol as named_protocol
from jndkit.settings import Settings
from jndkit.visibility import jnd_for

WHETHER = frozenset({"min_saving", "force", "max_pixels", "damaged", "encode"})
"""Settings that decide whether there is a file, not which."""


def first_row(picture: Picture, settings: Settings) -> Row:
    """The row of a picture that nothing was done to yet: what its file says, and what was asked for."""
    row = Row(input=picture.name, width=picture.width, height=picture.height)
    if picture.source is not None:
        row.input_bytes, row.input_sha256 = picture.source.size, picture.source.sha256
        row.resampled = list(picture.source.resampled) if picture.source.resampled else None
    describe(row, settings)
    return row


def describe(row: Row, settings: Settings) -> None:
    """Put what was asked for into the row."""
    fit, viewing = settings.fit
    observer = named_observer(settings.observer)
    row.target = {"viewers": settings.viewers, "jnd": jnd_for(settings.viewers, fit)}
    row.observer = f"{observer.name} {observer.version}"
    row.protocol, row.viewing, row.ppd = fit.name, viewing.name, viewing.ppd
    if fit.note:
        row.notes.append(fit.note)


def told(settings: Settings) -> str:
    """The settings that decide the bytes and are not the defaults, as marks have them: "viewers=90 viewing=4k".

    What would be too long for a mark is hashed.
    """
    values: dict[str, tuple[Any, Any]]
    values = {field.name: (getattr(settings, field.name), field.default) for field in dataclasses.fields(settings)}
    fit, viewing = settings.fit
    # By what it comes to: "desktop" and no viewing at all are one setting under most protocols.
    values["viewing"] = viewing.name, named_protocol(fit.name)[1].name
    # By their contents: no path is in a mark.
    values["protocol"] = contents(settings.protocol), values["protocol"][1]
    values["against"] = _contents(settings.against), None
    text = " ".join(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={quote(str(value), safe=':,')}"
        for name, (value, usual) in values.items()
        if value != usual and name not in WHETHER
    )
    return text if len(text) <= SETTINGS else f"sha256={hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _contents(picture: str | Path | Picture | None) -> str | None:
    if picture is None:
        return None
    if not isinstance(picture, Picture):
        return source_of(digest(picture) or "")  # whoever opens it says why it cannot be read
    known = picture.source.sha256 if picture.source else hashlib.sha256(picture.coded.tobytes()).hexdigest()
    return source_of(known)


def with_mark(picture: Picture, settings: Settings) -> Picture:
    """The picture with the mark that its files are to carry; as it is where it comes from no file."""
    if picture.source is None:
        return picture
    return replace(picture, mark=blank_mark(picture.source.sha256, told(settings)))


def inscribe(row: Row, data: bytes, blank: str) -> bytes:
    """The file with what its row says of it in its mark; the row gets the hash.

    blank: the `mark` of the picture that was coded.
    """
    if row.codec is None or row.knob is None or row.jnd is None or row.width is None or row.height is None:
        raise ValueError("a row without a setting and a reading has no file")
    between = None if row.interval is None else (row.interval[0], row.interval[1])
    reading = row.jnd if row.reading is None else row.reading
    outcome = Outcome(row.codec, row.knob["value"], row.width, row.height, row.jnd, reading, row.viewers, between)
    steps = row.knob.get("steps", "")
    if steps not in row.codec:
        longer = replace(outcome, codec=f"{row.codec}+{steps}")
        outcome = outcome if filled(blank, longer) == blank else longer
    data = inscribed(data, blank, outcome)
    row.output_sha256 = hashlib.sha256(data).hexdigest()
    return data


def recall(row: Row, file: Path, mark: Mark) -> None:
    """Put into the row of an input what its finished file says: the inverse of `inscribe`, and the file's bytes."""
    data = file.read_bytes()
    row.output, row.bytes = str(file), len(data)
    row.output_sha256 = hashlib.sha256(data).hexdigest()
    row.versions = {"jndkit": mark.version}
    if mark.outcome is None:
        return
    outcome = mark.outcome
    row.codec, _, steps = outcome.codec.partition("+")
    row.width, row.height = outcome.width, outcome.height
    row.jnd, row.reading = outcome.jnd, outcome.reading
    row.viewers, row.interval = outcome.viewers, None if outcome.interval is None else list(outcome.interval)
    try:
        named = codec(row.codec)
        row.knob = {"name": named.knob.name, "value": outcome.value}
        steps = steps or (named.steps if isinstance(named, Jpeg) else "")
    except JndError:  # of a codec that is not installed here
        row.knob = {"name": "", "value": outcome.value}
    if steps:
        row.knob["steps"] = steps
