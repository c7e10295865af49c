"""What is held against people: readings of observers and measures, and what is derived from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from jndkit.evaluation.metrics.psnr import finite_psnr
from jndkit.evaluation.metrics.similarity import ssim
from jndkit.observers import Reading, observer
from jndkit.observers.contract import holds_at
from jndkit.observers.mapped.constants import constants as maps
from jndkit.observers.ssimulacra2.measure import prepare
from jndkit.picture import Picture
from jndkit.picturewise.watching import watch_under
from jndkit.pixelwise.terms.luma import luma
from jndkit.protocols import AIC, SIDE_BY_SIDE, protocol
from jndkit.study.psychometric import Floats
from jndkit.viewing import Viewing
from jndkit.visibility import interval

LOOK = "side-by-side"
SECOND = "ssimulacra2, in JND"
"""What the second of the panel reads in its worst window, on the scale of people's answers."""
TEXTURE = "wu2017"
"""The map whose mean over the reference is the global term."""

_LEAST = 0.01  # JND, or units of a score: less is as good as none
_LOOKING = ("cvvdp", "vpjnd", "panel")  # observers that are asked how people look, too
_Z90 = 1.6449  # 95th percentile of the normal distribution


class Said(NamedTuple):
    """What a reader says of a version, by the names of what is read.

    values: JND, or the unit of a score.
    errors: the standard deviation of ln(JND) that an observer states beside its reading; no score states any.
    """

    values: dict[str, float]
    errors: dict[str, float]


Read = Callable[[Picture], Said]


@dataclass(frozen=True)
class Reader:
    """An observer or a metric.

    source: what decides its numbers.  watch: (reference, viewing) -> what reads a version.
    holds_at: whether it reads at a display.
    """

    source: str
    watch: Callable[[Picture, Viewing], Read]
    holds_at: Callable[[Viewing], bool] = lambda viewing: True


@dataclass(frozen=True)
class Measure:
    """A value that was read, over the mean wu2017 map of the reference to an exponent."""

    reading: str
    exponent: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.reading} / {TEXTURE}^{self.exponent:g}" if self.exponent else self.reading

    def ln(self, values: Floats, texture: Floats) -> Floats:
        """Logarithm of a difference, so that all rise with it: of the root mean square error in the place of PSNR, of
        1 - SSIM, of 100 - SSIMULACRA2.

        values: float64 of any shape.  texture: mean wu2017 map of each value's reference, code values, of one shape.
        """
        x = _LN.get(self.reading, _ln_jnd)(values)
        return x - self.exponent * np.log(texture) if self.exponent else x


def readers() -> tuple[str, ...]:
    """The names of all that read, in the order of tables; without `vpjnd-paper`, which says seen or not."""
    return ("cvvdp", "panel", "ssimulacra2", "psnr", "ssim", "vpjnd", *maps())


def reader(name: str) -> Reader:
    """The reader of that name. Raises UsageError for an unknown one, MissingError without weights."""
    if name in _SCORES:
        return Reader(f"{name} of jndkit" if name != "ssimulacra2" else "ssimulacra2 2.1, libjxl", _SCORES[name])
    by = observer(name)
    source = f"{name} {by.version}"
    if name in _LOOKING:
        source += f", {SIDE_BY_SIDE}"  # whose constants decide the second reading
    watch = _paneled if name == "panel" else partial(_observed, name)
    return Reader(source, watch, partial(holds_at, by))


def measures(readings: set[str]) -> Iterator[Measure]:
    """What can be said where these values were read, the global terms last."""
    names = [name for reader in readers() for name in (reader, f"{reader}, {LOOK}")]
    names.insert(names.index("ssimulacra2"), SECOND)
    yield from (Measure(name) for name in names if name in readings)
    for name in ("cvvdp", "ssimulacra2"):
        if name in readings:
            yield from (Measure(name, exponent) for exponent in (0.5, 0.8))


def _observed(name: str, reference: Picture, viewing: Viewing) -> Read:
    by = observer(name)
    if name not in _LOOKING:
        plain = by.watch(reference, viewing, AIC)
        return lambda decoded: _said({name: plain(decoded)})
    watched = watch_under(by, reference, viewing, protocol(LOOK, viewing)[0])

    def read(decoded: Picture) -> Said:
        looked = watched(decoded)
        said = _said({f"{name}, {LOOK}": looked}, {name: looked.raw})
        if name == "cvvdp":  # whose interval is that of the unit itself; others state theirs with a reading alone
            said.errors[name] = _error(looked.raw, interval(looked.raw, AIC)[1])
        return said

    return read


def _paneled(reference: Picture, viewing: Viewing) -> Read:
    """Both judges, and the second by itself. Whether it objects depends on how people look: so each is asked."""
    by = observer("panel")
    plain = by.watch(reference, viewing, AIC)
    watched = watch_under(by, reference, viewing, protocol(LOOK, viewing)[0])

    def read(decoded: Picture) -> Said:
        alone = plain(decoded)
        return _said({"panel": alone, f"panel, {LOOK}": watched(decoded)}, {SECOND: alone.witnesses[1].jnd})

    return read


def _said(readings: dict[str, Reading], others: dict[str, float] | None = None) -> Said:
    """others: values without an interval of their own."""
    errors = {name: _error(reading.jnd, reading.interval[1]) for name, reading in readings.items()}
    return Said({name: reading.jnd for name, reading in readings.items()} | (others or {}), errors)


def _error(jnd: float, high: float) -> float:
    """One standard deviation of ln(JND), by the upper end of a 90 % interval."""
    return math.log(max(high, _LEAST) / max(jnd, _LEAST)) / _Z90


def _ssimulacra2(reference: Picture, viewing: Viewing) -> Read:
    prepared = prepare(reference.rgb)
    return lambda decoded: Said({"ssimulacra2": prepared.read(decoded.rgb)}, {})


def _psnr(reference: Picture, viewing: Viewing) -> Read:
    plane = luma(reference.rgb)
    return lambda decoded: Said({"psnr": finite_psnr(plane, luma(decoded.rgb))}, {})


def _ssim(reference: Picture, viewing: Viewing) -> Read:
    plane = luma(reference.rgb)
    return lambda decoded: Said({"ssim": ssim(plane, luma(decoded.rgb))}, {})


_SCORES = {"ssimulacra2": _ssimulacra2, "psnr": _psnr, "ssim": _ssim}


def _ln_jnd(values: Floats) -> Floats:
    return np.log(np.maximum(values, _LEAST))


_LN: dict[str, Callable[[Floats], Floats]] = {
    "psnr": lambda decibels: -decibels * (math.log(10.0) / 20.0),
    "ssim": lambda likeness: np.log(np.maximum(1.0 - likeness, 1e-6)),
    "ssimulacra2": lambda score: np.log(np.maximum(100.0 - score, _LEAST)),
}
