"""Where KonJND-1k's viewers stand on the scale of the observer, as JPEG and as BPG.

    python benchmarks/konjnd.py DATA           every third of DATA/valid; writes rows/konjnd.jsonl
    python benchmarks/konjnd.py DATA --every 1    all 49 pictures
    python benchmarks/konjnd.py --table        the table, from rows that exist

KonJND-1k's pictures are not at hand. Reported of them is what SSIMULACRA 2 reads on average at their thresholds, half
of which were found on JPEG and half on BPG. Each picture is coded by both, so that it reads that; what the observer of
JND reads there is the row. 8 seconds of processor time a picture. Resumes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.batch import ledger
from jndkit.codecs import codec as named_codec, versions
from jndkit.evaluation.intervals import mean
from jndkit.observers import observer as named_observer
from jndkit.observers.ssimulacra2.measure import prepare
from jndkit.opening import load
from jndkit.picture import Picture, flatten
from jndkit.protocols import protocol
from jndkit.version import VERSION

ROWS = Path(__file__).parent / "rows" / "konjnd.jsonl"
SCORES = {"jpeg:420": 63.1, "bpg:420": 65.4}
"""SSIMULACRA 2 at the mean threshold of each half, as reported; see docs/reference/visibility.md."""
EVERY = 3


class Levels:
    """A picture coded by a codec; `score` is SSIMULACRA 2 at a step of its knob. Each step is coded once."""

    def __init__(self, picture: Picture, spec: str) -> None:
        self.codec = named_codec(spec)
        self.grid = self.codec.knob.grid
        self._picture, self._measured = picture, prepare(flatten(picture, 255))
        self.decoded = cache(self._decoded)
        self.score = cache(lambda step: self._measured.read(flatten(self.decoded(step), 255)))

    def _decoded(self, step: int) -> Picture:
        return self.codec.decode(self.codec.encode(self._picture, self.grid[step]))

    def crossing(self, wanted: float) -> tuple[int, int] | None:
        """Two neighbouring steps between which the score reaches what is wanted; None where none do."""
        low, high = 0, len(self.grid) - 1
        if not self.score(low) < wanted <= self.score(high):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.score(middle) >= wanted else (middle, high)
        return low, high


def read_picture(path: Path, name: str, specs: list[str]) -> Iterator[dict[str, Any]]:
    """The rows of one picture."""
    fit, viewing = protocol("konjnd")
    picture = load(path)
    watched = named_observer("cvvdp").watch(picture, viewing, fit)
    for spec in specs:
        levels = Levels(picture, spec)
        row: dict[str, Any] = {"file": name, "codec": spec, "ssimulacra2": SCORES[spec]}
        steps = levels.crossing(SCORES[spec])
        if steps is not None:
            at = [levels.score(step) for step in steps]
            jnd = [watched(levels.decoded(step)).jnd for step in steps]
            row["knob"] = round(float(np.interp(SCORES[spec], at, [levels.grid[step] for step in steps])), 3)
            row["jnd"] = round(float(np.interp(SCORES[spec], at, jnd)), 5)
        row["versions"] = {"jndkit": VERSION, **versions(spec)}
        yield row


def table(rows: list[dict[str, Any]]) -> str:
    """In Markdown, a line for each codec."""
    lines = [
        "| codec | SSIMULACRA 2 | pictures | knob, mean | JND read, mean | over pictures, 10 to 90 % |",
        "|---|---|---|---|---|---|",
    ]
    for spec, wanted in SCORES.items():
        own = [row for row in rows if row["codec"] == spec and "jnd" in row]
        if not own:
            continue
        jnd = mean([row["jnd"] for row in own])
        low, high = np.percentile([row["jnd"] for row in own], [10, 90])
        knob = float(np.mean([row["knob"] for row in own]))
        reading = f"{jnd.value:.2f} [{jnd.value - jnd.half:.2f}, {jnd.value + jnd.half:.2f}]"
        lines.append(f"| {spec} | {wanted} | {len(own)} | {knob:.1f} | {reading} | {low:.2f} to {high:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--every", type=int, default=EVERY)
    parser.add_argument("--table", action="store_true", help="only print it")
    asked = parser.parse_args()
    if not asked.table:
        if asked.data is None:
            parser.error("give DATA, or --table")
        done = {(row["file"], row["codec"]) for row in ledger.read(ROWS)}
        for path in sorted((asked.data / "valid").rglob("*.png"))[:: asked.every]:
            name = str(path.relative_to(asked.data))
            left = [spec for spec in SCORES if (name, spec) not in done]
            if left:
                ledger.append(ROWS, *map(json.dumps, read_picture(path, name, left)))
    print(table(list(ledger.read(ROWS))))


if __name__ == "__main__":
    main()
