"""Means over pictures, and how far they may be off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from jndkit.errors import UsageError


class Mean(NamedTuple):
    """A mean over `n` pictures, and half the width of its interval; infinite where one picture says nothing of it."""

    value: float
    half: float
    n: int


def mean(values: Sequence[float], *, level: float = 0.95) -> Mean:
    """The mean and its two-sided interval, values taken as a sample of a normal population.

    Raises UsageError for no values.  Source: Student 1908.
    """
    n = len(values)
    if n == 0:
        raise UsageError("a mean needs one value at least")
    # Exact sums: rows come in any order, and tables must not differ in the last digit.
    centre = math.fsum(values) / n
    if n == 1:
        return Mean(centre, math.inf, 1)
    deviation = math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (n - 1))
    return Mean(centre, student_t(level, n - 1) * deviation / math.sqrt(n), n)


def student_t(level: float, freedom: int) -> float:
    """t with a share `level` of Student's distribution between -t and t.

    freedom: degrees of freedom, at least 1.  level: 0 < level < 1. Raises UsageError outside.
    Source: Abramowitz and Stegun 1964, 26.7.3 and 26.7.4, inverted by bisection.
    """
    if freedom < 1 or not 0.0 < level < 1.0:
        raise UsageError(f"no Student's t for {freedom} degrees of freedom and a level of {level:g}")
    low, high = 0.0, math.pi / 2.0
    # A quarter of a circle, halved until no digit of a float is left.
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _inside(middle, freedom) < level else (low, middle)
    return math.tan((low + high) / 2.0) * math.sqrt(freedom)


def _inside(angle: float, freedom: int) -> float:
    """Share of the distribution between -t and t, t = sqrt(freedom) tan(angle)."""
    odd = freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = term if freedom > 1 or not odd else 0.0
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= (k - 1) / k * math.cos(angle) ** 2
        total += term
    return 2.0 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total
