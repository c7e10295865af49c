"""Labels: what the observer reads of every picture x codec x setting, as a table to train with and to study.

The JND is what `jnd compare` reads of the coded file: the worst window decides. Beside it stands the published
metric's pooling over the whole picture, in JOD; and where a protocol's people look from place to place, so that the JND
is theirs, what the observer reads of itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np

from jndkit.batch import explained
from jndkit.codecs import Codec, codec as named_codec, full_spec, versions
from jndkit.codecs.contract import checked
from jndkit.observers.cvvdp import Cvvdp
from jndkit.observers.cvvdp.observer import WatchedCvvdp
from jndkit.observers.cvvdp.quality import pooled_jod
from jndkit.opening import load
from jndkit.picture import (
    MAX_PIXELS,
    Damaged,
    Picture,
    check_damaged,
    flatten,
    make_folder,
    with_metadata,
    write_atomic,
)
from jndkit.picture.difference import psnr
from jndkit.picturewise.curves import typical_curve
from jndkit.protocols import Protocol, protocol as named_protocol
from jndkit.version import VERSION
from jndkit.viewing import DISPLAYS, Viewing, viewing as named_viewing

CODECS = ("jpeg", "webp", "avif")
COUNT = 10
"""Settings of a codec where none are named."""

_WORST, _BEST = 4.0, 0.1  # JND on an ordinary photograph, between which the settings are spread


@dataclass(frozen=True)
class Plan:
    """What is asked of every picture.

    codecs: specs.  knobs: settings that each codec is coded at; None for `spread` of each.  viewings: displays.
    protocol: how people look.
    keep: a folder for the coded files.  Raises UsageError for what does not exist, MissingError for a codec that is
    not installed.
    """

    codecs: tuple[str, ...] = CODECS
    knobs: tuple[float, ...] | None = None
    viewings: tuple[str, ...] = ("desktop",)
    protocol: str = "aic"
    keep: Path | None = None
    max_pixels: int = MAX_PIXELS
    damaged: Damaged = "refuse"

    def __post_init__(self) -> None:
        check_damaged(self.damaged)
        for name in self.viewings:
            self.fit(name)
        for codec in map(_codec, self.codecs):
            for value in self.knobs or ():
                checked(codec.name, codec.knob, value)

    def fit(self, name: str) -> tuple[Protocol, Viewing]:
        """The protocol at one of the viewings, and that viewing."""
        return named_protocol(self.protocol, name)

    @property
    def units(self) -> tuple[str, ...]:
        """What is read of every file at every display."""
        looks = any(self.fit(name)[0].look for name in self.viewings)
        return ("jnd", "reading", "jod") if looks else ("jnd", "jod")

    @property
    def columns(self) -> list[str]:
        """The names of a row's cells."""
        names = dict.fromkeys(named_viewing(name).name for name in self.viewings)
        readings = [f"{unit}_{name}" for name in names for unit in self.units]
        known = ["file", "width", "height", "sha256", "codec", "knob", "value", "bytes", "psnr"]
        return [*known, *readings, "observer", "versions"]

    @property
    def settings(self) -> list[tuple[str, float]]:
        """Every codec's full spec with each of its settings, worst fidelity first."""
        settings = dict[tuple[str, float], None]()
        for codec in map(_codec, self.codecs):
            values = (
                spread(codec) if self.knobs is None else sorted(self.knobs, reverse=not codec.knob.higher_is_better)
            )
            settings.update({(codec.spec, value): None for value in values})
        return list(settings)

    def kept(self, name: str, spec: str, value: float) -> Path | None:
        """Where the coded file of a picture goes: FOLDER/sub/a.png/jpeg-420-q75.jpg."""
        if self.keep is None:
            return None
        codec = _codec(spec)
        stem = full_spec(codec, value).replace(":", "-").replace(",", "-")
        return self.keep / name / f"{stem}{codec.suffix}"


@dataclass(frozen=True)
class Labelled:
    """A picture's rows, in the order of the settings, and a sentence for each codec or picture that failed.

    notes: what loading had to change, a sentence each.
    """

    name: str
    rows: tuple[dict[str, str], ...] = ()
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Labelling:
    """The work on one picture, a `batch.Job` that gives one `Labelled`.

    path: the file.  name: what its rows call it.  left: the settings still to be done. Picklable.
    """

    path: str
    name: str
    left: tuple[tuple[str, float], ...]
    plan: Plan

    def rows(self) -> Iterator[Labelled]:
        """Decode the picture once, watch it once for each display, and code it once at each setting."""
        rows, errors = list[dict[str, str]](), list[str]()
        picture = with_metadata(load(self.path, max_pixels=self.plan.max_pixels, damaged=self.plan.damaged), "none")
        watches = {
            viewing.name: Cvvdp().watch(picture, viewing, fit)
            for fit, viewing in map(self.plan.fit, self.plan.viewings)
        }
        # What is left is in the order of `Plan.settings`: codec by codec.
        for spec, settings in groupby(self.left, key=itemgetter(0)):
            try:
                for _, value in settings:
                    rows.append(self._row(picture, watches, spec, value))
            except Exception as error:  # of one codec, such as a picture too large for it: the others go on
                errors.append(explained(error, self.path)["message"])
        notes = tuple(f"{self.path}: {note}" for note in picture.notes)
        yield Labelled(self.name, tuple(rows), tuple(errors), notes)

    def failed(self, error: Exception) -> Iterator[Labelled]:
        yield Labelled(self.name, errors=(explained(error, self.path)["message"],))

    def _row(self, picture: Picture, watches: dict[str, WatchedCvvdp], spec: str, value: float) -> dict[str, str]:
        codec = _codec(spec)
        data = codec.encode(picture, value)
        decoded = codec.decode(data)
        row = {
            "file": self.name,
            "width": str(picture.width),
            "height": str(picture.height),
            "sha256": picture.source.sha256 if picture.source else "",
            "codec": codec.spec,
            "knob": codec.knob.name,
            "value": value_text(value),
            "bytes": str(len(data)),
            "psnr": _number(psnr(flatten(picture, 255), flatten(decoded, 255)), 4),
        }
        for name, watched in watches.items():
            readings = _readings(watched, picture, decoded)
            row |= {f"{unit}_{name}": readings[unit] for unit in self.plan.units}
        row["observer"] = observer()
        row["versions"] = _versions(codec.spec)
        kept = self.plan.kept(self.name, spec, value)
        if kept is not None:
            make_folder(str(kept.parent))
            write_atomic(kept, data, force=True)
        return row


def observer() -> str:
    """Who reads, with the version of its constants."""
    return f"{Cvvdp().name} {Cvvdp().version}"


def value_text(value: float) -> str:
    """A setting as rows have it."""
    return f"{value:g}"


def spread(codec: Codec, count: int = COUNT) -> list[float]:
    """Settings of a codec over its useful range, worst fidelity first, about evenly spaced in ln(JND).

    On an ordinary photograph at the desktop display they read 4 to 0.1 JND. Fewer than `count` where steps are coarse.
    """
    curve = np.array(typical_curve(codec, DISPLAYS["desktop"]))
    wanted = np.linspace(math.log(_WORST), math.log(_BEST), count)
    steps = sorted({int(np.argmin(np.abs(curve - target))) for target in wanted})
    return [codec.knob.grid[step] for step in steps]


@cache
def _codec(spec: str) -> Codec:
    return named_codec(spec)


@cache
def _versions(spec: str) -> str:
    libraries = {"jndkit": VERSION, **versions(spec)}
    return "; ".join(f"{library} {version}" for library, version in libraries.items())


def _readings(watched: WatchedCvvdp, picture: Picture, decoded: Picture) -> dict[str, str]:
    """By unit; no JOD of a transparent picture, whose three backdrops the published metric does not know."""
    if picture.alpha is not None:
        reading, jod = watched(decoded), ""
    else:
        reading, cells = watched.with_cells(decoded.rgb)
        jod = _number(float(pooled_jod(cells.picture_energy())), 5)
    return {"jnd": _number(reading.jnd, 5), "reading": _number(reading.raw, 5), "jod": jod}


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if math.isfinite(value) else "inf"
