"""What the published test comes to over pictures, from rows alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jndkit.evaluation.hvssd.rows import CHANNELS, HvssdRow
from jndkit.evaluation.tables import check_alike, check_once


def check(rows: Sequence[HvssdRow]) -> None:
    """Raises UsageError where the rows differ in what may not be averaged, or say one thing twice."""
    kinds = {
        "strength": {f"{row.strength:g}" for row in rows},
        "seed": {str(row.seed) for row in rows},
        "variant": {row.variant for row in rows},
        "border": {row.border for row in rows},
        "weights": {", ".join(row.weights) for row in rows},
    }
    check_alike(kinds)
    check_once(row.input for row in rows)


def means(rows: Sequence[HvssdRow]) -> dict[str, float | None]:
    """The mean of each PSNR over the pictures that changed; None where none did."""
    by_channel: dict[str, float | None] = {}
    for channel in CHANNELS:
        values = [row.psnr[channel] for row in rows if row.error is None and row.psnr]
        known = [value for value in values if value is not None]
        by_channel[channel] = math.fsum(known) / len(known) if known else None
    return by_channel
