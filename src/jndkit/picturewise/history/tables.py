"""Which quality a JPEG file's quantisation tables stand for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from jndkit.codecs.annex_k import CHROMINANCE, LUMINANCE, scaled

Tables = tuple[tuple[int, ...], ...]

_LIKE = 0.1  # mean distance of ln(step): tables of Annex K that another program scaled or rounded its own way


class Quality(NamedTuple):
    """The quality of libjpeg whose tables are nearest. exact: they are these very tables.

    family: "annex-k" for the tables of Annex K, exactly or nearly; "unknown" for others, whose quality is that of as
        fine steps on average.
    """

    value: int
    exact: bool
    family: str


def nearest_quality(tables: Sequence[tuple[int, ...]]) -> Quality:
    """The quality that the tables of a JPEG file stand for.

    tables: of luma and, where there is colour, of its chroma: 64 steps each, in rows of the frequencies.
    Source: ITU-T T.81, Annex K; the scaling of libjpeg.
    """
    apart = {quality: _distance(tables, _libjpeg(quality)) for quality in range(1, 101)}
    best = min(apart, key=lambda quality: apart[quality])
    if apart[best] <= _LIKE:
        return Quality(best, apart[best] == 0.0, "annex-k")
    level = _mean_ln(tables[:1])
    # Of tables with another shape the mean step is what can be compared.
    return Quality(min(apart, key=lambda quality: abs(_mean_ln(_libjpeg(quality)[:1]) - level)), False, "unknown")


@cache
def _libjpeg(quality: int) -> Tables:
    return scaled(LUMINANCE, quality), scaled(CHROMINANCE, quality)


def _distance(tables: Sequence[tuple[int, ...]], others: Tables) -> float:
    """Mean distance of ln(step) over luma and, by the first of its tables, chroma."""
    if tuple(tables[:2]) == others[: len(tables[:2])]:
        return 0.0
    pairs = [pair for table, other in zip(tables, others, strict=False) for pair in zip(table, other, strict=True)]
    return sum(abs(math.log(max(step, 1) / other)) for step, other in pairs) / len(pairs)


def _mean_ln(tables: Sequence[tuple[int, ...]]) -> float:
    steps = [step for table in tables for step in table]
    return sum(math.log(max(step, 1)) for step in steps) / len(steps)
