"""Which pictures of a set are for fitting, for choosing and for testing: lists by picture, frozen in files.

The published models were split by picture too (MCL-JCI 30, 10 and 10), but no list of theirs is public. These were
drawn once, by `random.Random(20250101).shuffle` over the names in order, and do not change.
"""

from __future__ import annotations

import csv
from pathlib import Path

from jndkit.datasets.pairs import SPLITS
from jndkit.errors import UsageError

NAMES = ("konjnd", "mcl-jci")


def split(name: str) -> dict[str, list[str]]:
    """ "train", "valid" and "test" -> names of pictures, SRC01 and the like, in order. Raises UsageError."""
    if name not in NAMES:
        raise UsageError(f"no split of {name!r}: choose {', '.join(NAMES)}")
    with Path(__file__).with_name(f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {part: [row["picture"] for row in rows if row["split"] == part] for part in SPLITS}
