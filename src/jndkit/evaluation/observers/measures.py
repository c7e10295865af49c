"""What is held against people: readings of observers and measures, and what is derived from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from jndkit.evaluation.metrics.psnr import finite_psnr
from jndkit.evaluation.metrics.similarity import ssim
from jndkit.evaluation.psychometric import Floats
from jndkit.observers import observer
from jndkit.observers.mapped.constants import constants as maps
from jndkit.observers.ssimulacra2.measure import prepare
from jndkit.picture import Picture
from jndkit.picturewise.watching import watch_under
from jndkit.pixelwise.terms.luma import luma
from jndkit.protocols import AIC, SIDE_BY_SIDE, protocol
from jndkit.viewing import Viewing

LOOK = "side-by-side"
TEXTURE = "wu2017"
"""The map whose mean over the reference is the global term."""

_LEAST = 0.01  # JND, or units of a score: less is as good as none
_LOOKING = ("cvvdp", "vpjnd")  # observers that are asked how people look, too

Read = Callable[[Picture], dict[str, float]]


@dataclass(frozen=True)
class Reader:
    """An observer or a metric.

    source: what decides its numbers.  watch: (reference, viewing) -> what reads a version, values by name.
    """

    source: str
    watch: Callable[[Picture, Viewing], Read]


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
    return ("cvvdp", "ssimulacra2", "psnr", "ssim", "vpjnd", *maps())


def reader(name: str) -> Reader:
    """The reader of that name. Raises UsageError for an unknown one, MissingError without weights."""
    if name in _SCORES:
        return Reader(f"{name} of jndkit" if name != "ssimulacra2" else "ssimulacra2 2.1, libjxl", _SCORES[name])
    source = f"{name} {observer(name).version}"
    if name in _LOOKING:
        source += f", {SIDE_BY_SIDE}"  # whose constants decide the second reading
    return Reader(source, lambda reference, viewing: _observed(name, reference, viewing))


def measures(readings: set[str]) -> Iterator[Measure]:
    """What can be said where these values were read, the global terms last."""
    names = [name for reader in readers() for name in (reader, f"{reader}, {LOOK}")]
    yield from (Measure(name) for name in names if name in readings)
    for name in ("cvvdp", "ssimulacra2"):
        if name in readings:
            yield from (Measure(name, exponent) for exponent in (0.5, 0.8))


def _observed(name: str, reference: Picture, viewing: Viewing) -> Read:
    by = observer(name)
    if name not in _LOOKING:
        plain = by.watch(reference, viewing, AIC)
        return lambda decoded: {name: plain(decoded).jnd}
    watched = watch_under(by, reference, viewing, protocol(LOOK, viewing)[0])

    def read(decoded: Picture) -> dict[str, float]:
        reading = watched(decoded)
        return {name: reading.raw, f"{name}, {LOOK}": reading.jnd}

    return read


def _ssimulacra2(reference: Picture, viewing: Viewing) -> Read:
    prepared = prepare(reference.rgb)
    return lambda decoded: {"ssimulacra2": prepared.read(decoded.rgb)}


def _psnr(reference: Picture, viewing: Viewing) -> Read:
    plane = luma(reference.rgb)
    return lambda decoded: {"psnr": finite_psnr(plane, luma(decoded.rgb))}


def _ssim(reference: Picture, viewing: Viewing) -> Read:
    plane = luma(reference.rgb)
    return lambda decoded: {"ssim": ssim(plane, luma(decoded.rgb))}


_SCORES = {"ssimulacra2": _ssimulacra2, "psnr": _psnr, "ssim": _ssim}


def _ln_jnd(values: Floats) -> Floats:
    return np.log(np.maximum(values, _LEAST))


_LN: dict[str, Callable[[Floats], Floats]] = {
    "psnr": lambda decibels: -decibels * (math.log(10.0) / 20.0),
    "ssim": lambda likeness: np.log(np.maximum(1.0 - likeness, 1e-6)),
    "ssimulacra2": lambda score: np.log(np.maximum(100.0 - score, _LEAST)),
}
