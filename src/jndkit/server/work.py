"""What a job does, in a process of its own. Each is a `batch.Job` with one row: an `Answer`, or a `Failure`."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np

from jndkit.batch.engine import Step
from jndkit.codecs import codec as named_codec
from jndkit.comparison import compared
from jndkit.evidence import Row
from jndkit.observers import Watched, observer as named_observer
from jndkit.opening import load
from jndkit.picture import Damaged, Picture, png_bytes
from jndkit.picturewise.domain import domain
from jndkit.picturewise.probing import Probe, Told
from jndkit.picturewise.watching import watch_under
from jndkit.pipeline import run
from jndkit.pixelwise import jnd_map
from jndkit.pixelwise.render import write_map
from jndkit.protocols import protocol as named_protocol
from jndkit.server.problems import Failure, failure
from jndkit.settings import Settings


@dataclass(frozen=True)
class Answer:
    """What comes of a job. Picklable.

    about: for JSON.  file: where its bytes lie, or None.  suffix: that their name should have.
    """

    about: dict[str, Any] = field(default_factory=dict)
    file: str | None = None
    suffix: str = ""


class Named(NamedTuple):
    """A picture that was sent. path: in the server's own folder.  name: what the client calls it."""

    path: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Work(ABC):
    """path: of the picture, in the server's own folder.  name: what the client calls it, never opened.

    beside: another picture that is needed, path and name alike.
    """

    path: str
    name: str
    max_pixels: int
    damaged: Damaged = "refuse"
    beside: Named | None = None

    def rows(self) -> Iterator[Step | Answer | Failure]:
        yield self.answer()

    def failed(self, error: Exception) -> Iterator[Answer | Failure]:
        said = failure(error, self.path)
        yield Failure(said.type, self.public(said.message))

    @abstractmethod
    def answer(self) -> Answer:
        """What comes of it, in the worker. Raises what the package raises."""

    def public(self, value: Any) -> Any:
        """A value without the place of the picture, by the client's name for it."""
        if isinstance(value, str):
            for path, name in ((self.path, self.name), *([self.beside] if self.beside else [])):
                value = value.replace(path, name)
            return value
        if isinstance(value, dict):
            return {key: self.public(item) for key, item in value.items()}
        return [self.public(item) for item in value] if isinstance(value, list) else value

    def row(self, row: Row) -> dict[str, Any]:
        """A row as the command line prints it."""
        told: dict[str, Any] = self.public(json.loads(row.to_json()))
        return told

    def opened(self) -> Picture:
        return _opened(self.path, self.max_pixels, self.damaged)


@dataclass(frozen=True, kw_only=True)
class Encode(Work):
    """`jnd encode`, and without `out`, where the file goes, `jnd predict`."""

    settings: Settings
    out: str | None = None

    def rows(self) -> Iterator[Step | Answer | Failure]:
        """The answer, and every probe on the way to it."""
        told: SimpleQueue[Probe | None] = SimpleQueue()
        with ThreadPoolExecutor(1) as thread:
            answering = thread.submit(self.answer, told.put)
            answering.add_done_callback(lambda _: told.put(None))
            for probe in iter(told.get, None):
                yield Step({"codec": probe.spec, "value": probe.value, "bytes": probe.bytes, "jnd": probe.jnd})
            yield answering.result()

    def answer(self, told: Told = None) -> Answer:
        settings = replace(self.settings, against=self.beside.path) if self.beside else self.settings
        done = run(self.opened(), settings, write=self.out is not None, told=told)
        if done.data is None or self.out is None:
            return Answer(self.row(done.row))
        Path(self.out).write_bytes(done.data)
        return Answer(self.row(done.row), self.out, done.suffix)


@dataclass(frozen=True, kw_only=True)
class Compare(Work):
    """`jnd compare`. The picture is the reference, and the version of it lies beside."""

    beside: Named
    viewers: float
    protocol: str
    viewing: str | None
    observer: str

    def answer(self) -> Answer:
        comparison = compared(
            self.path,
            self.beside.path,
            viewers=self.viewers,
            protocol=self.protocol,
            viewing=self.viewing,
            observer=self.observer,
            max_pixels=self.max_pixels,
            damaged=self.damaged,
        )
        return Answer(self.row(comparison.row) | {"identical": comparison.identical})


@dataclass(frozen=True, kw_only=True)
class DrawMap(Work):
    """`jnd map`. out: .png or .npy.  options: of the model, as `jnd_map` takes them."""

    model: str
    out: str
    options: dict[str, Any] = field(default_factory=dict)

    def answer(self) -> Answer:
        jnd = jnd_map(self.opened(), self.model, **self.options)
        write_map(jnd, self.out)
        return Answer(
            {"model": self.model, "mean": float(jnd.mean()), "max": float(jnd.max()), "unit": "code values"},
            self.out,
            Path(self.out).suffix,
        )


@dataclass(frozen=True, kw_only=True)
class Open(Work):
    """What a picture is. out: its samples in sRGB as a PNG file."""

    protocol: str
    viewing: str | None
    out: str

    def answer(self) -> Answer:
        picture = self.opened()
        Path(self.out).write_bytes(samples(picture))
        kind = domain(picture)
        _, display = named_protocol(self.protocol, self.viewing)
        about: dict[str, Any] = {
            "format": picture.source.format if picture.source else None,
            "sha256": picture.source.sha256 if picture.source else None,
            "width": picture.width,
            "height": picture.height,
            "domain": kind.kind,
            "inside": kind.inside,
            "reasons": list(kind.reasons),
            "transparent": picture.alpha is not None,
            "hdr": picture.hdr,
            "notes": self.public(list(picture.notes)),
            "viewing": display.name,
            "ppd": display.ppd,
        }
        return Answer(about, self.out, ".png")


def samples(picture: Picture) -> bytes:
    """A PNG file that browsers decode to these very samples, in sRGB; with alpha where the picture has some."""
    pixels = picture.rgb if picture.alpha is None else np.dstack([picture.rgb, picture.alpha])
    return png_bytes(np.ascontiguousarray(pixels), effort="quick")


class _Last:
    """The picture that this process worked on last, and how it was watched: many versions are made of one.

    key, seen: what tells these from others.
    """

    key: tuple[Any, ...] = ()
    picture: Picture | None = None
    seen: tuple[Any, ...] = ()
    watched: Watched | None = None


def _opened(path: str, max_pixels: int, damaged: Damaged) -> Picture:
    key = path, max_pixels, damaged
    if _Last.picture is None or _Last.key != key:
        _Last.picture = _Last.watched = None  # before the next is there, or both would need room
        _Last.picture = load(path, max_pixels=max_pixels, damaged=damaged)
        _Last.key = key
    return _Last.picture


def watch(picture: Picture, settings: Settings) -> Watched:
    """The picture that was opened last, as the settings' observer sees it; without its transparency, another one."""
    seen = (_Last.key, picture.alpha is None, settings.observer, settings.protocol, settings.viewing)
    if _Last.watched is None or _Last.seen != seen:
        _Last.watched = None
        fit, display = settings.fit
        _Last.watched = watch_under(named_observer(settings.observer), picture, display, fit)
        _Last.seen = seen
    return _Last.watched


def decoded(spec: str, file: str) -> Picture:
    """The version in a file that this server made with that codec."""
    return named_codec(spec).decode(Path(file).read_bytes())
