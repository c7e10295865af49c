"""Means and Student's t."""

from __future__ import annotations

import math

import pytest

from jndkit.errors import UsageError
from jndkit.evaluation.intervals import mean, student_t

# Printed tables, two-sided.
TABLE = {
    (1, 0.95): 12.706,
    (2, 0.95): 4.303,
    (3, 0.99): 5.841,
    (4, 0.90): 2.132,
    (7, 0.95): 2.365,
    (10, 0.99): 3.169,
    (23, 0.95): 2.069,
    (24, 0.95): 2.064,
    (120, 0.95): 1.980,
}


@pytest.mark.parametrize(("freedom", "level"), TABLE)
def test_students_t(freedom: int, level: float) -> None:
    assert student_t(level, freedom) == pytest.approx(TABLE[freedom, level], abs=6e-4)


def test_students_t_of_many_is_the_normal_deviate() -> None:
    assert student_t(0.95, 5000) == pytest.approx(1.960, abs=1e-3)
    assert student_t(0.6827, 4999) == pytest.approx(1.0, abs=1e-3)


def test_mean() -> None:
    centre = mean([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])
    assert centre.value == 5.0
    assert centre.n == 8
    assert centre.half == pytest.approx(2.3646 * 2.1381 / math.sqrt(8), abs=1e-3)
    assert mean([3.0]) == (3.0, math.inf, 1)
    assert mean([1.5, 1.5, 1.5]).half == 0.0


def test_no_mean_of_nothing() -> None:
    with pytest.raises(UsageError):
        mean([])
    for level, freedom in ((0.0, 3), (1.0, 3), (0.95, 0)):
        with pytest.raises(UsageError):
            student_t(level, freedom)
