"""One codec held against another, from the rows of `jnd evaluate codecs`: bytes, per cent, by every measure.

    python benchmarks/codec_pair.py [jndlic] [avif] [--rows FILE]     prints the table; coded and read is nothing

For shares of viewers of the files that a search found; at equal JND, SSIMULACRA2 and PSNR of the curves (Bjontegaard),
by SSIMULACRA2 also from 60 to 90, where pictures are looked at.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path

from jndkit.evaluation.codecs.bjontegaard import rate_difference
from jndkit.evaluation.codecs.rows import CodecRow
from jndkit.evaluation.codecs.summary import ALL, curve, sets
from jndkit.evaluation.intervals import mean

ROWS = Path(__file__).parent / "rows" / "codecs.jsonl"
LOOKED_AT = 60.0, 90.0

Compared = Callable[[CodecRow, CodecRow], float | None]


def at(share: str) -> Compared:
    """ln of the ratio of the files for a share of viewers."""

    def compared(ours: CodecRow, theirs: CodecRow) -> float | None:
        mine, other = (row.answers.get(share, {}).get("bytes") for row in (ours, theirs))
        # A target that no setting met has none.
        return math.log(mine / other) if isinstance(mine, int) and isinstance(other, int) else None

    return compared


def equal(measure: str, between: tuple[float, float] = (-math.inf, math.inf)) -> Compared:
    """ln of the ratio of bytes where a measure reads the same."""

    def compared(ours: CodecRow, theirs: CodecRow) -> float | None:
        return rate_difference(curve(ours, measure), curve(theirs, measure), between)

    return compared


MEASURES: dict[str, Compared] = {
    "75 % of viewers": at("75"),
    "50 % of viewers": at("50"),
    "equal JND": equal("jnd"),
    "equal SSIMULACRA2": equal("ssimulacra2"),
    "from 60 to 90": equal("ssimulacra2", LOOKED_AT),
    "equal PSNR": equal("psnr"),
}


def table(rows: list[CodecRow], ours: str, theirs: str) -> str:
    """A line for each set of pictures: bytes of `ours` against those of `theirs`, per cent, with 95 % intervals."""
    lines = [f"| {ours} against {theirs}, % | {' | '.join(MEASURES)} |", "|---" * (len(MEASURES) + 1) + "|"]
    for name, some in sets(rows).items():
        if name == ALL:
            continue
        by_codec = {spec: {row.input: row for row in some if row.codec == spec} for spec in (ours, theirs)}
        pairs = [(by_codec[ours][each], by_codec[theirs][each]) for each in by_codec[ours] if each in by_codec[theirs]]
        cells = []
        for compared in MEASURES.values():
            values = [value for pair in pairs if (value := compared(*pair)) is not None]
            found = mean(values)
            ends = [100.0 * math.expm1(found.value + side * found.half) for side in (0.0, -1.0, 1.0)]
            cells.append(f"{ends[0]:+.1f} [{ends[1]:+.1f}, {ends[2]:+.1f}]" + _left_out(len(pairs) - len(values)))
        lines.append(f"| {name}, {len(pairs)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _left_out(count: int) -> str:
    return f", without {count}" if count else ""


def read(path: Path = ROWS) -> list[CodecRow]:
    return [CodecRow.from_json(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("codec", nargs="?", default="jndlic")
    asked.add_argument("against", nargs="?", default="avif")
    asked.add_argument("--rows", type=Path, default=ROWS)
    options = asked.parse_args()
    print(table(read(options.rows), options.codec, options.against))


if __name__ == "__main__":
    main()
