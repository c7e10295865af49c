"""The search for the knob at which viewers begin to notice, in as few encodes as possible.

A probe encodes, decodes and looks. The curve of ln(JND) over the knob is smooth but not monotone step by step, so the
search interpolates its distance from the curve that was expected and trusts only what was read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

NEAR = 0.90  # a reading between this share of the target and the target ends the search
_AIM = 0.955
_UNSEEN = 0.01  # JND
_SAFE = 0.91  # the last encode, where one passed before
_SAFER = 0.80  # the last but one, where none did
_SAFEST = 0.60  # the last, where none did


@dataclass(frozen=True)
class Search:
    """How a search ended.

    index: the chosen step of the grid, or None where every step that was tried failed.
    stop: "window" (a reading between 0.90 and 1.00 of the target), "neighbour" (the next worse step was read as
        failing), "floor" (the worst step passes), "budget" (a passing step, perhaps not the cheapest),
        "unreachable" (the best step fails) or "unmet" (no tried step passed, the best step was not tried).
    readings: step -> JND, in the order tried.
    """

    index: int | None
    stop: str
    readings: dict[int, float] = field(default_factory=dict)


def search(read: Callable[[int], float], curve: Sequence[float], target: float, *, budget: int) -> Search:
    """Find the cheapest passing step of a knob.

    read: step -> JND of the file at that step.  curve: expected ln(JND) of every step, worst fidelity first.
    target: JND that a passing step must not exceed.  budget: the most steps that may be read, at least 1.
    """
    state = _State(curve, target)
    for spent in range(1, budget + 1):
        step = state.next(left=budget - spent)
        state.take(step, read(step))
        stop = state.finished()
        if stop:
            return Search(state.chosen() if stop != "unreachable" else None, stop, state.readings)
    chosen = state.chosen()
    return Search(chosen, "unmet" if chosen is None else "budget", state.readings)


class _State:
    def __init__(self, curve: Sequence[float], target: float) -> None:
        self.curve = curve
        self.last = len(curve) - 1
        self.target = target
        self.readings: dict[int, float] = {}

    def take(self, step: int, jnd: float) -> None:
        self.readings[step] = jnd

    def passing(self) -> list[int]:
        return sorted(step for step, jnd in self.readings.items() if jnd <= self.target)

    def chosen(self) -> int | None:
        """The cheapest step that passed, if any."""
        return next(iter(self.passing()), None)

    def finished(self) -> str | None:
        chosen = self.chosen()
        if chosen is None:
            return "unreachable" if self.last in self.readings else None
        if self.readings[chosen] >= NEAR * self.target:
            return "window"
        if chosen == 0:
            return "floor"
        return "neighbour" if chosen - 1 in self.readings else None

    def next(self, left: int) -> int:
        """The step to read now, with `left` more after it. Never one that was read."""
        chosen = self.chosen()
        # Below the cheapest passing step only failures are known: the answer lies above the highest of them.
        failed = [step for step in self.readings if chosen is None or step < chosen]
        low = max(failed, default=-1) + 1
        high = self.last if chosen is None else chosen - 1
        if left == 0 and self.readings:
            # The last encode: what passed already is better kept than bettered by a miss.
            aim = _SAFEST if chosen is None else _SAFE
        else:
            aim = _SAFER if chosen is None and left == 1 and self.readings else _AIM
        return self._first_below(math.log(aim * self.target), low, high)

    def _first_below(self, level: float, low: int, high: int) -> int:
        """The step of low..high whose expected ln(JND) is nearest to `level`, from below where that is close."""
        expected = {step: expect(self.curve, self.readings, step) for step in range(low, high + 1)}
        ceiling = math.log(self.target)
        inside = [step for step, value in expected.items() if value <= ceiling]
        if not inside:
            return high
        return min(inside, key=lambda step: abs(expected[step] - level))


def expect(curve: Sequence[float], readings: Mapping[int, float], step: int) -> float:
    """ln(JND) of a step: the curve, moved by the readings' distance from it, interpolated between them.

    curve: expected ln(JND) of every step.  readings: step -> JND.  Without any, the curve itself.
    """
    known = sorted(readings)
    if not known:
        return curve[step]
    # Of nothing at all there is no logarithm, and of nearly nothing it says nearly nothing.
    away = {k: math.log(max(readings[k], _UNSEEN)) - curve[k] for k in known}
    left = max((k for k in known if k <= step), default=None)
    right = min((k for k in known if k >= step), default=None)
    if left is None or right is None:
        return curve[step] + _beyond(step, known, away)
    if left == right:
        return curve[step] + away[left]
    part = (step - left) / (right - left)
    return curve[step] + (1 - part) * away[left] + part * away[right]


def _beyond(step: int, known: list[int], away: dict[int, float]) -> float:
    """Outside the readings: the trend of the nearest two, fading with distance."""
    near, other = (known[0], known[1:2]) if step < known[0] else (known[-1], known[-2:-1])
    if not other:
        return away[near]
    slope = (away[near] - away[other[0]]) / (near - other[0])
    reach = abs(near - other[0])
    distance = step - near
    return away[near] + slope * math.copysign(reach * (1.0 - math.exp(-abs(distance) / reach)), distance)
