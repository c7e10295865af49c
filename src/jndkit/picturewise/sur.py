"""The satisfied-user ratio: the share of viewers who see no difference, for every setting of a codec."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from jndkit.picturewise.curves import reach
from jndkit.picturewise.prediction import Prediction, deviate
from jndkit.picturewise.probing import Probe
from jndkit.picturewise.search import expect
from jndkit.protocols import Protocol
from jndkit.visibility import interval, viewers

_LEVEL = 0.9


class Point(NamedTuple):
    """Viewers who see no difference at one knob, per cent, with their 90 % interval."""

    value: float
    viewers: float
    low: float
    high: float


def sur_curve(
    prediction: Prediction,
    protocol: Protocol,
    probes: Iterable[Probe] = (),
    *,
    widen: float = 1.0,
) -> list[Point]:
    """The satisfied-user ratio at every step of a codec's grid, worst fidelity first.

    probes: what was read at some steps; a knob off the grid is passed over.
    widen: factor on the observer's error, as in `visibility.interval`; that of the prediction was widened when it was
        made.

    The predicted ln(JND) is moved through the readings as the search does, and what is read or predicted becomes
    viewers by the protocol. The interval joins two errors as independent: their half-widths in ln(JND) add as squares,
    on either side. One is the observer's error to people: the scale's own, `visibility.interval`, and where the nearest
    reading's interval is wider, what that has more. The other is the error of prediction: 1.645 sigma, shrunk beside
    readings as a process shrinks between known points whose errors correlate as exp(-distance in ln(JND) / reach). At a
    step that was read there is nothing left of it, and the interval is the observer's own.

    Raises UsageError where the protocol cannot tell shares, and for a factor below 1.

    Source: Wang et al. 2018 (satisfied-user ratio of compressed video); conditional variance of an Ornstein-Uhlenbeck
    process.
    """
    probed = {probe.value: probe for probe in probes}
    # In the order of the grid: of two equally near readings the one of worse fidelity counts.
    read = {step: probed[value] for step, value in enumerate(prediction.grid) if value in probed}
    known = {step: probe.jnd for step, probe in read.items()}
    points = []
    for step, value in enumerate(prediction.grid):
        if step in read:
            jnd, (low, high) = read[step].jnd, _widened(read[step], widen)
        else:
            jnd = math.exp(expect(prediction.curve, known, step))
            predicted = deviate(_LEVEL) * prediction.sigma[step] * _shrunk(prediction, known, step)
            more = _more(read[min(read, key=lambda other: abs(other - step))], protocol) if read else 0.0
            own = interval(jnd, protocol, level=_LEVEL, widen=widen)
            low, high = _joined(jnd, own, math.hypot(predicted, widen * more))
        points.append(Point(value, viewers(jnd, protocol), viewers(high, protocol), viewers(low, protocol)))
    return points


def _widened(probe: Probe, widen: float) -> tuple[float, float]:
    low, high = probe.interval
    return max(0.0, probe.jnd - widen * (probe.jnd - low)), probe.jnd + widen * (high - probe.jnd)


def _shrunk(prediction: Prediction, known: Mapping[int, float], step: int) -> float:
    """Share of the prediction's sigma that is left at a step beside those that were read."""

    def correlation(one: int, other: int) -> float:
        return math.exp(-abs(prediction.curve[one] - prediction.curve[other]) / reach())

    left = max((other for other in known if other < step), default=None)
    right = min((other for other in known if other > step), default=None)
    sides = [correlation(step, side) ** 2 for side in (left, right) if side is not None]
    left_over = math.prod(1.0 - side for side in sides)
    if len(sides) == 2:
        # 0 where the curve is flat between the two: then they say the same, and all.
        left_over /= max(1.0 - math.prod(sides), 1e-12)
    return math.sqrt(left_over)


def _more(probe: Probe, protocol: Protocol) -> float:
    """Half-width in ln(JND) that an observer's interval has beyond the scale's own, by its upper side."""
    if probe.jnd <= 0.0:  # it has no logarithm, and nothing is scaled by it
        return 0.0
    own, scale = (math.log(high / probe.jnd) for high in (probe.interval[1], interval(probe.jnd, protocol)[1]))
    return math.sqrt(max(0.0, own * own - scale * scale))


def _joined(jnd: float, own: tuple[float, float], predicted: float) -> tuple[float, float]:
    """An interval about `jnd` with another error of half-width `predicted` in ln(JND) joined to it, on either side."""
    low, high = own
    # An end at 0 lies infinitely far below in ln(JND), and stays there.
    below = math.hypot(math.log(jnd / low), predicted) if low > 0.0 else math.inf
    return jnd * math.exp(-below), jnd * math.exp(math.hypot(math.log(high / jnd), predicted))
