"""What the tables of every evaluation share: which rows may stand together, and how means are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from jndkit.errors import UsageError
from jndkit.evaluation.intervals import Mean

_REFUSED = "these rows cannot stand in one table"


def check_alike(kinds: Mapping[str, Collection[str]]) -> None:
    """Raises UsageError where rows differ in what may not be averaged. kinds: what it is -> what rows say of it."""
    for what, values in kinds.items():
        if len(values) > 1:
            raise UsageError(f"{_REFUSED}: they differ in {what}: {'; '.join(sorted(values))}")


def check_once(names: Iterable[str]) -> None:
    """Raises UsageError where two rows say the same thing. names: what each row is of."""
    # The most common alone: one sentence is enough.
    for name, count in Counter(names).most_common(1):
        if count > 1:
            raise UsageError(f"{_REFUSED}: {name} is there {count} times")


def ranged(mean: Mean) -> str:
    """6.00 [3.52, 8.48]"""
    return f"{mean.value:.2f} [{mean.value - mean.half:.2f}, {mean.value + mean.half:.2f}]"


def signed(mean: Mean | None) -> str:
    """-1.00 [-1.50, -0.50]; nothing where there is no mean."""
    if mean is None:
        return ""
    return f"{mean.value:+.2f} [{mean.value - mean.half:+.2f}, {mean.value + mean.half:+.2f}]"


def line(cells: Iterable[str]) -> str:
    """| one | two |"""
    return f"| {' | '.join(cells)} |"


def head(titles: Collection[str]) -> list[str]:
    """The first two lines of a table."""
    return [line(titles), f"|{'---|' * len(titles)}"]
