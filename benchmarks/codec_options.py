"""What the slower and the sharper options of WebP and AVIF are worth at equal visibility.

    python benchmarks/codec_options.py DATA --codec webp   DATA/valid; adds to rows/codec_options.jsonl
    python benchmarks/codec_options.py DATA --codec avif   every second of its smaller pictures
    python benchmarks/codec_options.py --table             the tables of docs/encoders.md, from the rows

Sharp WebP needs `pip install 'jndkit[webp]'`. Every picture x spec x setting is read by both observers; an hour of one
processor. Resumes. Compared is as in `jpeg_encoders.py`, with the first spec of each table in the place of plain JPEG.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from equal_visibility import Row, bytes_at, interval, known, measure, objection_level, panel_bytes, reading_at

ROWS = Path(__file__).parent / "rows" / "codec_options.jsonl"
VIEWERS = 75.0
WEBP = (50, 64, 76, 84, 89, 93, 96, 98, 100)
AVIF = (56, 66, 75, 83)
LOSSLESS = "webp:m4,lossless"
SPECS: dict[str, dict[str, Sequence[float]]] = {
    "webp": {**dict.fromkeys(("webp:m4", "webp:m6", "webp:m4,sharp", "webp:m6,sharp"), WEBP), LOSSLESS: (0,)},
    "avif": dict.fromkeys(("avif:s6,420", "avif:s4,420", "avif:s6,420,ssimulacra2", "avif:s4,420,ssimulacra2"), AVIF),
}
EVERY = {"webp": 1, "avif": 2}

Picture = dict[str, Row]


def names(data: Path, codec: str) -> list[str]:
    paths = sorted((data / "valid").rglob("*.png"))
    if EVERY[codec] > 1:
        paths = [path for path in paths if path.parent.name != "clic25_final"]  # which take minutes each
    return [str(path.relative_to(data)) for path in paths[:: EVERY[codec]]]


def targets() -> tuple[float, float]:
    """JND that cvvdp may read, and above which SSIMULACRA2 objects."""
    from jndkit.protocols import AIC
    from jndkit.visibility import jnd_for

    target = jnd_for(VIEWERS, AIC)
    return target, objection_level(target)


def by_picture(rows: list[Row], codec: str) -> dict[str, Picture]:
    pictures: dict[str, Picture] = defaultdict(dict)
    for row in rows:
        if row["codec"].partition(":")[0] == codec:
            pictures[row["picture"]][row["codec"]] = row
    return {name: picture for name, picture in pictures.items() if set(picture) == set(SPECS[codec])}


def table(pictures: dict[str, Picture], codec: str) -> Iterator[str]:
    """Markdown: one line for each spec, over the pictures whose target it and the first one reach."""
    target, objection = targets()
    first, *others = [spec for spec in SPECS[codec] if spec != LOSSLESS]
    yield (
        f"| spec | pictures | bytes against {first}, % by panel | fewest, most | by cvvdp | by SSIMULACRA2 "
        "| times the seconds |"
    )
    yield "|---|---|---|---|---|---|---|"
    yield f"| {first} | {len(pictures)} | 0 | | 0 | 0 | 1.0 |"
    for spec in others:
        ratios: dict[str, list[float]] = defaultdict(list)
        for picture in pictures.values():
            base, other = picture[first], picture[spec]
            level = reading_at(base, "ssimulacra2", bytes_at(base, "cvvdp", target))
            pairs = {
                "panel": (panel_bytes(other, target, objection), panel_bytes(base, target, objection)),
                "cvvdp": (bytes_at(other, "cvvdp", target), bytes_at(base, "cvvdp", target)),
                "ssimulacra2": (bytes_at(other, "ssimulacra2", level), bytes_at(base, "cvvdp", target)),
            }
            for judge, (ours, theirs) in pairs.items():
                if math.isfinite(ours) and math.isfinite(theirs):
                    ratios[judge].append(ours / theirs)
        panel = ratios["panel"]
        means = " | ".join(_percent(ratios[judge]) for judge in ("cvvdp", "ssimulacra2"))
        yield (
            f"| {spec} | {len(panel)} | {_percent(panel)} | {_change(min(panel))}, {_change(max(panel))} | {means} "
            f"| {_slower(pictures, spec, first):.1f} |"
        )


def rescued(pictures: dict[str, Picture]) -> Iterator[str]:
    """Markdown: the pictures that plain WebP reaches the target of in no lossy setting, one line each."""
    target, objection = targets()
    yield "| picture | WebP at quality 100 reads, JND | sharp, JND | lossless, kB | sharp at the target, kB | share |"
    yield "|---|---|---|---|---|---|"
    shares, lost = [], 0
    for name, picture in pictures.items():
        if math.isfinite(bytes_at(picture["webp:m4"], "cvvdp", target)):
            continue
        lost += 1
        whole, sharp = picture[LOSSLESS]["bytes"][0], panel_bytes(picture["webp:m4,sharp"], target, objection)
        least = [min(picture[spec]["cvvdp"]) for spec in ("webp:m4", "webp:m4,sharp")]
        taken = "not reached"
        if math.isfinite(sharp):
            shares.append(sharp / whole)
            taken = f"{sharp / 1000:.1f} | {100 * sharp / whole:.0f} %"
        yield f"| {Path(name).name} | {least[0]:.2f} | {least[1]:.2f} | {whole / 1000:.1f} | {taken} |"
    mean = f"{100 * math.exp(np.log(shares).mean()):.0f} %" if shares else ""
    yield f"| {len(shares)} of {lost}, of {len(pictures)} pictures | | | | | {mean} |"


def _slower(pictures: dict[str, Picture], spec: str, first: str) -> float:
    """Processor time over that of the first spec."""
    taken = [sum(sum(picture[which]["seconds"]) for picture in pictures.values()) for which in (spec, first)]
    return float(taken[0] / taken[1])


def _percent(ratios: list[float]) -> str:
    """The geometric mean as a change in per cent, with its 95 % interval over pictures."""
    mean, low, high = (_change(math.exp(value)) for value in interval([math.log(ratio) for ratio in ratios]))
    return f"{mean} [{low}, {high}]"


def _change(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--codec", choices=sorted(SPECS), default="webp")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    if asked.data is not None:
        measure(asked.data, names(asked.data, asked.codec), SPECS[asked.codec], ROWS, processes=asked.jobs)
    if asked.table:
        for codec in SPECS:
            pictures = by_picture(known(ROWS), codec)
            print("\n".join(table(pictures, codec)), end="\n\n")
            if codec == "webp":
                print("\n".join(rescued(pictures)), end="\n\n")


if __name__ == "__main__":
    main()
