"""The strength at which noise has a wanted energy or a wanted visibility."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from jndkit.errors import TargetError
from jndkit.injection.noise import Dose, Noise
from jndkit.observers import Reading, Watched

PSNR_TOLERANCE = 0.01
"""dB either way."""
JND_TOLERANCE = 0.01
"""Share of the wanted visibility that a reading may stay below it."""

_DB_PER_E = 20.0 / math.log(10.0)  # a strength e times as high costs so many dB
_JND_SLOPE = 1.5  # of ln(JND) over ln(strength), about, near 1 JND
_USUAL = 38.0  # dB at which noise on photographs reads about 1 JND
_FINEST = 1e-4  # of ln(strength): what still jumps is undone pixel by pixel
_Candidate = TypeVar("_Candidate")


class Seen(NamedTuple):
    """Noise in a picture, and what the observer reads of it."""

    dose: Dose
    reading: Reading


def at_psnr(noise: Noise, psnr: float, *, tolerance: float = PSNR_TOLERANCE) -> Dose:
    """The picture with as much noise as gives `psnr` (dB) within `tolerance`, after rounding and clipping.

    Raises TargetError where no strength does.
    """
    target = f"a PSNR of {psnr:g} dB"
    window = (-psnr - tolerance, -psnr + tolerance)
    dose, reached = _regulated(
        _span(noise, target),
        noise.between,
        lambda dose: -dose.psnr,
        window,
        start=noise.unclipped(psnr),
        slope=_DB_PER_E,
    )
    if not reached:
        raise TargetError(_nearest(target, f"{dose.psnr:.2f} dB", dose.beta))
    return dose


def at_jnd(
    noise: Noise, watched: Watched, jnd: float, *, tolerance: float = JND_TOLERANCE, start: float | None = None
) -> Seen:
    """The picture with as much noise as stays at a visibility of `jnd`: read between (1 - tolerance) jnd and jnd.

    watched: the picture, watched.  start: a strength that may be near.
    Raises TargetError where no strength is read so.
    """

    def given(low: float, high: float, share: float) -> Seen:
        dose = noise.between(low, high, share)
        return Seen(dose, watched(dose.picture))

    target = f"a visibility of {jnd:g} JND"
    nearest, reached = _regulated(
        _span(noise, target),
        given,
        lambda seen: math.log(seen.reading.jnd) if seen.reading.jnd > 0.0 else -math.inf,
        (math.log(jnd * (1.0 - tolerance)), math.log(jnd)),
        start=start or noise.unclipped(_USUAL),
        slope=_JND_SLOPE,
    )
    if not reached:
        raise TargetError(_nearest(target, f"{nearest.reading.jnd:.3f} JND", nearest.dose.beta))
    return nearest


class _Point(NamedTuple):
    """A place, and how far the level there lies above the one wanted; infinitely far where it was not read."""

    x: float
    away: float


def _regulated(
    span: tuple[float, float],
    make: Callable[[float, float, float], _Candidate],
    level: Callable[[_Candidate], float],
    window: tuple[float, float],
    *,
    start: float,
    slope: float,
) -> tuple[_Candidate, bool]:
    """(what has a level in the window, True), or (the nearest that was tried, False).

    span: strengths below and above which nothing changes any more.
    make: from two strengths and the share of pixels that take the second.  level: of a candidate.
    start, slope: a strength that may be near, and about how much the level rises with ln(strength).
    """
    ends = _Point(math.log(span[0]), -math.inf), _Point(math.log(span[1]), math.inf)
    x = min(max(math.log(start), ends[0].x), ends[1].x)

    def alike(x: float) -> _Candidate:
        return make(math.exp(x), math.exp(x), 0.0)

    candidate, reached, (low, high) = _sought(alike, level, window, ends, x, slope)
    if reached or math.isinf(high.away):
        return candidate, reached
    # Rounding moves many pixels at one strength: between two that are hardly apart, a share of them takes the second.
    ties = low._replace(x=0.0), high._replace(x=1.0)
    below, above = math.exp(low.x), math.exp(high.x)
    candidate, reached, _ = _sought(lambda share: make(below, above, share), level, window, ties, 0.5, slope)
    return candidate, reached


def _sought(
    make: Callable[[float], _Candidate],
    level: Callable[[_Candidate], float],
    window: tuple[float, float],
    ends: tuple[_Point, _Point],
    x: float,
    slope: float,
) -> tuple[_Candidate, bool, tuple[_Point, _Point]]:
    """(a candidate, whether its level lies in the window, the ends that are left), from the first place `x` on."""
    aim = (window[0] + window[1]) / 2.0
    low, high = ends
    nearest, distance, steps = None, math.inf, 0
    while True:
        candidate = make(x)
        away = level(candidate) - aim
        if nearest is None or abs(away) < distance:
            nearest, distance = candidate, abs(away)
        if window[0] <= level(candidate) <= window[1]:
            return candidate, True, (low, high)
        width = high.x - low.x
        # An end that stays while the other moves counts as half as far, so that both close in (Illinois).
        if away < 0.0:
            low, high = _Point(x, away), high._replace(away=high.away / 2.0 if steps else high.away)
        else:
            low, high = low._replace(away=low.away / 2.0 if steps else low.away), _Point(x, away)
        if high.x - low.x < _FINEST:
            return nearest, False, (low, high)
        x = _between(low, high, slope * 0.5**steps)
        # After a jump the line through both ends leads nowhere.
        if steps > 4 and high.x - low.x > width / 2.0:
            x = (low.x + high.x) / 2.0
        steps += 1


def _between(low: _Point, high: _Point, slope: float) -> float:
    """Where to look next: on the straight line through both ends, else along the slope from one, else the middle."""
    if math.isfinite(low.away) and math.isfinite(high.away):
        x = low.x - (high.x - low.x) * low.away / (high.away - low.away)
    elif math.isfinite(low.away):
        x = low.x - low.away / slope
    elif math.isfinite(high.away):
        x = high.x - high.away / slope
    else:
        x = math.nan
    margin = 0.01 * (high.x - low.x)  # the ends themselves were tried
    return x if low.x + margin < x < high.x - margin else (low.x + high.x) / 2.0


def _span(noise: Noise, target: str) -> tuple[float, float]:
    if noise.span is None:
        raise TargetError(f"no strength of the noise gives {target}: the map is zero everywhere")
    return noise.span


def _nearest(target: str, reached: str, beta: float) -> str:
    return f"no strength of the noise gives {target}: the nearest reached is {reached}, at strength {beta:.4g}"
