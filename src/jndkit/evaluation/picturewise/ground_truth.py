"""What an answer is held against: at every step of a codec whether a difference is seen, by how many, and at what size.

Only some steps were read; between them ln(JND), ln(bytes) and the other measures are taken as straight lines.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jndkit.errors import UsageError
from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.protocols import Protocol
from jndkit.visibility import viewers

Floats = npt.NDArray[np.float64]

_LEAST = 0.005  # JND: what reads less is not told apart


@dataclass(frozen=True)
class GroundTruth:
    """Of one picture, codec and display. Arrays have one value for each step, worst fidelity first.

    grid: the knob.  satisfied: share of viewers, 0 to 1, who see nothing.  bytes: of the coded picture.
    boundary: share of viewers, per cent -> the step from which on no level that was read shows to more than the
        others; the number of steps where the best does.
    """

    grid: tuple[float, ...]
    satisfied: Floats
    bytes: Floats
    boundary: Mapping[str, int]

    def value(self, step: int) -> float:
        """The knob at a step; for a step past the best, one beyond it: quality 101 of 100."""
        if step < len(self.grid):
            return self.grid[step]
        return self.grid[-1] + math.copysign(1.0, self.grid[-1] - self.grid[0])

    def step(self, value: float | None) -> int:
        """The step of a knob's value; for None, past the best. Raises UsageError for a value the knob has not."""
        if value is None:
            return len(self.grid)
        if value not in self.grid:
            raise UsageError(f"a row answers {value:g}, which is no setting of the codec")
        return self.grid.index(value)


def observed_ground_truth(row: KnobRow, grid: tuple[float, ...], fit: Protocol) -> GroundTruth:
    """By an observer's readings. row: of the observer.  grid: the codec's.  fit: the rows' protocol."""
    jnd = jnd_curve(row, grid)
    sizes = measure(row, "bytes", grid, logarithmic=True)
    return GroundTruth(grid, satisfied(jnd, fit), sizes, boundaries(jnd, row.targets))


def boundaries(jnd: Floats, targets: Mapping[str, float]) -> dict[str, int]:
    """Share of viewers -> the step after the last that reads more than its target."""
    return {share: first_after(jnd > target) for share, target in targets.items()}


def first_after(visible: npt.NDArray[np.bool_]) -> int:
    """The step after the last that is visible; 0 where none is."""
    return int(np.flatnonzero(visible)[-1]) + 1 if visible.any() else 0


def jnd_curve(row: KnobRow, grid: tuple[float, ...]) -> Floats:
    """JND at every step, from the levels of a row."""
    return measure(row, "jnd", grid, logarithmic=True)


def measure(row: KnobRow, name: str, grid: tuple[float, ...], *, logarithmic: bool = False) -> Floats:
    """What a row's levels say of every step: `name` is one of their lists. Raises UsageError where it is not there."""
    known = row.levels.get(name)
    at = row.levels.get("value")
    if not known or not at or len(known) != len(at) or not set(at) <= set(grid):
        raise UsageError(f"the row of {row.input}, {row.part} has no {name} along the codec's knob")
    values = np.maximum(np.array(known), _LEAST) if logarithmic else np.array(known)
    steps = [grid.index(value) for value in at]
    along: Floats = np.interp(range(len(grid)), steps, np.log(values) if logarithmic else values)
    if logarithmic:
        np.exp(along, out=along)
    return along


def satisfied(jnd: Sequence[float] | Floats, fit: Protocol) -> Floats:
    """Share of viewers, 0 to 1, who see nothing at each JND; not a number where the protocol's spread is not fitted."""
    if not fit.shares:
        return np.full(len(jnd), np.nan)
    return np.array([viewers(float(value), fit) / 100.0 for value in jnd])
