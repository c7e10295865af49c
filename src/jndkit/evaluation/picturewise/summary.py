"""What each method comes to over pictures, from rows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jndkit.evaluation.intervals import Mean, mean
from jndkit.evaluation.picturewise.estimates import ORDER
from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.evaluation.picturewise.scores import Score
from jndkit.evaluation.tables import check_alike, check_once

MEANS = ("error", "right", "near", "seen", "sur", "held", "encodes", "saved", "over90", "default")


@dataclass(frozen=True)
class Summary:
    """One method over the pictures. means: of each of MEANS in `Score`, without those that no picture has.

    unreachable: pictures of which no level is unseen.  recognised: of how many of them the method says so.
    """

    method: str
    pictures: int
    unreachable: int
    recognised: int | None
    means: Mapping[str, Mean]

    def of(self, name: str) -> Mean | None:
        return self.means.get(name)


def check(rows: Sequence[KnobRow]) -> None:
    """Raises UsageError where the rows differ in what may not be averaged, or say one thing twice."""
    good = [row for row in rows if row.error is None]
    kinds = {"protocol": {row.protocol for row in rows}}
    for method in sorted({row.method for row in good}):
        kinds[f"what answered as {method}"] = {row.source for row in good if row.method == method}
    for display in sorted({row.viewing for row in rows}):
        own = [row for row in rows if row.viewing == display]
        kinds[f"the display called {display}"] = {f"{row.ppd:g} pixels per degree" for row in own}
        kinds[f"target at {display}"] = {", ".join(f"{jnd:g} JND" for jnd in row.targets.values()) for row in own}
    check_alike(kinds)
    check_once(f"{row.input}, {row.part}" for row in rows)


def summaries(scores: Sequence[Score]) -> list[Summary]:
    """Every method of one case, in the order of `ORDER`."""
    of_methods = []
    for method in ORDER:
        own = [score for score in scores if score.method == method]
        if not own:
            continue
        means = dict[str, Mean]()
        for name in MEANS:
            values = [float(value) for score in own if (value := getattr(score, name)) is not None]
            means |= {name: mean(values)} if values else {}
        recognised = [score.recognised for score in own if score.recognised is not None]
        unreachable = sum(score.unreachable for score in own)
        count = sum(recognised) if recognised else None
        of_methods.append(Summary(method, len(own), unreachable, count, means))
    return of_methods
