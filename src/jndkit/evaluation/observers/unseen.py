"""How far a reading lies from people where neither the picture nor the codec took part in any fit.

A handful of sources and codecs stand for all others. So an error is taken apart into what a source shares, what a codec
shares, what they share as a pair, and the rest; a new source and a new codec bring each of these anew, and so few of
them leave in doubt how large each is. The interval that is stated is the one that foresees both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jndkit.evaluation.intervals import student_t
from jndkit.evaluation.observers.subjective import Names
from jndkit.protocols import Error
from jndkit.study.psychometric import Floats

NEAR = 1.5
"""JND: readings below it are the ones encoding decisions rest on."""

Z90 = 1.6449
"""95th percentile of the normal distribution: what a 90 % interval has on either side, in standard deviations."""

_MANY = 1000.0  # degrees of freedom: as good as any more

Fit = Callable[[Floats, Floats], Callable[[Floats], Floats]]
"""Of values of a metric and what people say, JND each, to a curve from one to the other."""


class Components(NamedTuple):
    """Variances of what a source, a codec and a pair of them share, and of what is left; the mean error; and how many
    degrees of freedom say so, of a new source and codec together."""

    source: float
    codec: float
    pair: float
    rest: float
    mean: float
    total: float
    freedom: float

    @property
    def sd(self) -> float:
        """The standard deviation that, times 1.645, holds 90 % of a new source and codec."""
        wider = student_t(0.9, max(1, math.floor(min(self.freedom, _MANY)))) / Z90
        return math.hypot(wider * math.sqrt(self.total), self.mean)


def components(error: Floats, source: Names, codec: Names) -> Components:
    """The two-way random model, by its mean squares over the means of the cells; what is below zero is none.

    error: float64 (N,).  source, codec: of each; two of either at least, and some pair with two errors.
    Source: Searle, Casella and McCulloch 1992, 4.3 and 5.2; Satterthwaite 1946 for the degrees of freedom.
    """
    cells = [[error[(source == s) & (codec == c)] for c in np.unique(codec)] for s in np.unique(source)]
    means = np.array([[cell.mean() if len(cell) else np.nan for cell in row] for row in cells])
    sizes = np.array([[len(cell) for cell in row] for row in cells], dtype=np.float64)
    within = sum(float(((cell - cell.mean()) ** 2).sum()) for row in cells for cell in row if len(cell))
    freedom = float((sizes - 1)[sizes > 0].sum())
    rows, columns = means.shape
    mean, spread = float(np.nanmean(means)), float((1.0 / sizes[sizes > 0]).mean())
    of_row, of_column = np.nanmean(means, axis=1) - mean, np.nanmean(means, axis=0) - mean
    left = means - mean - of_row[:, None] - of_column[None, :]
    squares = {
        "row": (columns * float(of_row @ of_row) / (rows - 1), rows - 1),
        "column": (rows * float(of_column @ of_column) / (columns - 1), columns - 1),
        "pair": (float(np.nansum(left**2)) / ((rows - 1) * (columns - 1)), (rows - 1) * (columns - 1)),
        "rest": (within / freedom, freedom),
    }
    by_row, by_column, by_pair, rest = (square for square, _ in squares.values())
    source_part = max(0.0, (by_row - by_pair) / columns)
    codec_part = max(0.0, (by_column - by_pair) / rows)
    pair_part = max(0.0, by_pair - spread * rest)
    # The mean of those that were seen is uncertain, too: by one part in so many of each.
    new_row, new_column, new_pair = 1.0 + 1.0 / rows, 1.0 + 1.0 / columns, 1.0 + 1.0 / (rows * columns)
    total = new_row * source_part + new_column * codec_part + new_pair * pair_part + rest
    a, b = new_row / columns * (source_part > 0), new_column / rows * (codec_part > 0)
    c = new_pair * (pair_part > 0)
    weights = (a, b, c - a - b, 1.0 - spread * c)
    doubt = sum((w * square) ** 2 / df for w, (square, df) in zip(weights, squares.values(), strict=True))
    # Errors that are all alike leave no doubt.
    return Components(source_part, codec_part, pair_part, rest, mean, total, total**2 / doubt if doubt else math.inf)


def stated(reading: Floats, people: Floats, source: Names, codec: Names) -> Error:
    """The error to state beside readings: in JND below NEAR, as a part of the reading above.

    reading: JND of a fit that each one's source took no part in.  people: what they say, JND.
    """
    error, near = reading - people, reading < NEAR
    relative = error / np.maximum(reading, NEAR)
    floor, share = (
        components(part[rows], source[rows], codec[rows]).sd for part, rows in ((error, near), (relative, ~near))
    )
    return Error(floor, share)


def left_out(fit: Fit, x: Floats, people: Floats, source: Names) -> Floats:
    """What each stimulus reads when its source takes no part in the fit."""
    reading = np.empty_like(people)
    for name in np.unique(source):
        inside = source == name
        reading[inside] = fit(x[~inside], people[~inside])(x[inside])
    return reading


class HeldOut(NamedTuple):
    """Of each stimulus, float64 (N,): what it reads, and the standard deviation that is stated beside it."""

    reading: Floats
    sd: Floats

    def ends(self) -> tuple[Floats, Floats]:
        """Of the 90 % interval, JND."""
        return self.reading - Z90 * self.sd, self.reading + Z90 * self.sd

    def holds(self, people: Floats) -> Floats:
        """1.0 where the interval holds what people say, 0.0 elsewhere."""
        low, high = self.ends()
        return ((low < people) & (people < high)).astype(np.float64)


def held_out(fit: Fit, x: Floats, people: Floats, source: Names, codec: Names) -> HeldOut:
    """Curve and stated error alike, fitted anew without the source and without the codec of each stimulus."""
    reading, sd = np.empty_like(people), np.empty_like(people)
    for s in np.unique(source):
        for c in np.unique(codec):
            own, others = (source == s) & (codec == c), (source != s) & (codec != c)
            known, among = people[others], source[others]
            error = stated(left_out(fit, x[others], known, among), known, among, codec[others])
            reading[own] = fit(x[others], known)(x[own])
            sd[own] = np.maximum(error.floor, error.share * reading[own])
    return HeldOut(reading, sd)
