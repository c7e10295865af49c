"""Two pictures of one size: how visible their difference is, and where."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from jndkit.errors import UsageError
from jndkit.evidence import Row, record_reading, record_second
from jndkit.observers import OBSERVERS, Map, Reading, Watched, observer as named_observer
from jndkit.observers.contract import check_viewing
from jndkit.opening import opened
from jndkit.picture import MAX_PIXELS, Damaged, Picture
from jndkit.picturewise.domain import domain
from jndkit.picturewise.watching import watch_under
from jndkit.pixelwise.render import write_map
from jndkit.protocols import protocol as named_protocol
from jndkit.version import VERSION
from jndkit.viewing import Viewing
from jndkit.visibility import jnd_for, viewers as share, viewers_between


@dataclass(frozen=True)
class Comparison:
    """The row of a comparison: `input` is the reference, `output` the version of it.

    identical: whether the wanted share of viewers sees no difference.
    watched: the reference, being watched.  reference, test: the two pictures.
    """

    row: Row
    identical: bool
    watched: Watched
    reference: Picture
    test: Picture

    def map(self) -> Map:
        """float32 (H, W): local visible difference in JND units."""
        return self.watched.map(self.test)

    def write_map(self, path: str | Path, *, force: bool = False) -> None:
        """Write that map: .npy and .tiff hold the numbers, .png is a drawing of them with its scale.

        Raises UsageError for another suffix, OutputError where the file exists (unless `force`) or cannot be written.
        """
        write_map(self.map(), path, title="visible difference, JND", least=1.0, force=force)


def compare(
    reference: str | Path | Picture,
    test: str | Path | Picture,
    *,
    viewing: str | float | Viewing | None = None,
    observer: str = "cvvdp",
    protocol: str = "aic",
) -> Reading:
    """What an observer says of the difference between two pictures of one size.

    reference, test: paths, or Pictures from `jndkit.load`.  viewing: a display's name, pixels per degree, or a Viewing;
    the protocol's own where None.  protocol: how people look.
    Raises UsageError for unknown names and for pictures that differ in size, InputError for files.
    """
    judge = named_observer(observer)
    fit, display = named_protocol(protocol, viewing)
    original, version = _pair(reference, test)
    return watch_under(judge, original, display, fit)(version)


def compared(
    reference: str | Path | Picture,
    test: str | Path | Picture,
    *,
    viewers: float = 75.0,
    protocol: str = "aic",
    viewing: str | float | None = None,
    observer: str = "cvvdp",
    max_pixels: int = MAX_PIXELS,
    damaged: Damaged = "refuse",
) -> Comparison:
    """`compare`, said in viewers: the share that sees no difference, with its interval, and the verdict.

    viewers: per cent who should see no difference.  Other arguments and errors as `compare` and `encode`.
    """
    started = time.perf_counter()
    fit, display = named_protocol(protocol, viewing)
    target = jnd_for(viewers, fit)
    judge = named_observer(observer)
    check_viewing(judge, display)
    original, version = _pair(reference, test, max_pixels, damaged)
    watched = watch_under(judge, original, display, fit)
    reading = watched(version)
    kind = domain(original)
    row = Row(input=original.name, output=version.name, status="compared", width=original.width)
    row.height = original.height
    record_reading(row, reading)
    if fit.shares:
        row.viewers = share(reading.jnd, fit)
        row.interval = list(viewers_between(reading.interval, reading.jnd, fit, widen=kind.widen))
    row.target = {"viewers": viewers, "jnd": target}
    row.observer, row.protocol = f"{judge.name} {judge.version}", fit.name
    row.viewing, row.ppd, row.domain = display.name, display.ppd, kind.kind
    row.versions = {"jndkit": VERSION, **OBSERVERS.package(observer)}
    _describe(row, original, version)
    row.notes += [fit.note] if fit.note else []
    if reading.witnesses:
        record_second(row, reading.witnesses[1], target)
    if not kind.inside:
        row.notes.append(f"outside the domain of the scale ({kind.kind}: {', '.join(kind.reasons)}): interval doubled")
    row.seconds = time.perf_counter() - started
    return Comparison(row, reading.jnd <= target, watched, original, version)


def _pair(
    reference: str | Path | Picture,
    test: str | Path | Picture,
    max_pixels: int = MAX_PIXELS,
    damaged: Damaged = "refuse",
) -> tuple[Picture, Picture]:
    """Both pictures. Raises UsageError where they differ in size."""
    original, version = (opened(source, max_pixels=max_pixels, damaged=damaged) for source in (reference, test))
    if original.rgb.shape != version.rgb.shape:
        raise UsageError(
            f"only pictures of the same size can be compared: {original.name} has {original.width} x {original.height} "
            f"pixels, {version.name} has {version.width} x {version.height}"
        )
    return original, version


def _describe(row: Row, original: Picture, version: Picture) -> None:
    """What the files say, in the row."""
    if original.source is not None:
        row.input_bytes, row.input_sha256 = original.source.size, original.source.sha256
    if version.source is not None:
        row.bytes, row.output_sha256 = version.source.size, version.source.sha256
    row.hdr_lost = not version.hdr if original.hdr else None
    row.notes += [f"{picture.name}: {note}" for picture in (original, version) for note in picture.notes]
