"""How well it is seen that a picture was a JPEG before: hits and false alarms, beside a trivial measure.

    python benchmarks/history.py DATA      every fourth picture of DATA/train and all of DATA/valid; two minutes
    python benchmarks/history.py --table   the table of docs/inputs.md, from the rows

A row is one picture: what likelihood gains per coefficient by the best earlier quality, and that quality, for its
pixels as they are, and saved once or twice as JPEG by Pillow. Blockiness, the trivial measure, is the mean step across
borders of blocks over the mean step elsewhere; its threshold leaves one of a hundred pictures of train mistaken.
"""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from jndkit.opening import load
from jndkit.picture import Pixels, from_bytes
from jndkit.picturewise.history.traces import CERTAIN, QUALITIES, likelihoods

ROWS = Path(__file__).parent / "rows" / "history.jsonl"
ONCE = (60, 75, 85, 90, 95)  # then kept as pixels
LAST = (70, 80, 90, 95)  # saved once as JPEG, and the last of two
FIRST = (50, 65, 75, 85)
TWICE = tuple((first, last) for last in LAST for first in FIRST if first != last)

Row = dict[str, Any]


def saved(pixels: Pixels, quality: int) -> tuple[Pixels, tuple[int, ...]]:
    """The pixels after a JPEG of that quality, and its steps of luma."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    picture = from_bytes(file.getvalue(), trusted=True)
    if picture.source is None or picture.source.jpeg is None:
        raise ValueError("a JPEG file without tables")
    return picture.rgb, picture.source.jpeg.tables[0]


def blockiness(pixels: Pixels) -> float:
    """Mean step of luma from column to column across the borders of blocks of 8, over that elsewhere."""
    steps = np.abs(np.diff(pixels.astype(np.float32).mean(axis=2), axis=1)).mean(axis=0)
    border = np.arange(len(steps)) % 8 == 7
    return float(steps[border].mean() / max(float(steps[~border].mean()), 1e-6))


def one(path: Path, name: str) -> Row:
    pixels = load(path).rgb
    row: Row = {"input": name}

    def read(kind: str, shown: Pixels, steps: tuple[int, ...] | None) -> None:
        gains = likelihoods(shown, steps)
        best = int(gains.argmax())
        row[kind] = {"gain": round(float(gains[best]), 5), "quality": QUALITIES[best]}
        row[kind]["blockiness"] = round(blockiness(shown), 5)

    read("pixels", pixels, None)
    for quality in ONCE:
        read(f"{quality}, pixels", saved(pixels, quality)[0], None)
    for last in LAST:
        read(f"{last}", *saved(pixels, last))
    for first, last in TWICE:
        read(f"{first}, {last}", *saved(saved(pixels, first)[0], last))
    return row


def table(rows: list[Row]) -> None:
    sides = {side: [row for row in rows if row["input"].startswith(side)] for side in ("train", "valid")}
    level = {kind: np.quantile([row[kind]["blockiness"] for row in sides["train"]], 0.99) for kind in ("pixels", "90")}
    print("| saved as JPEG at | kept as | seen, train | seen, valid | quality within 3 | blockiness, train | valid |")
    print("|---|---|---|---|---|---|---|")
    for kind in [key for key in rows[0] if key != "input"]:
        qualities = [int(part) for part in kind.split(", ") if part != "pixels"]
        kept = "pixels" if "pixels" in kind else f"JPEG {qualities.pop()}"
        seen = {side: [row[kind] for row in some if row[kind]["gain"] >= CERTAIN] for side, some in sides.items()}
        found = [row["quality"] for some in seen.values() for row in some]
        near = "-"
        if qualities and found:
            near = f"{100 * np.mean([abs(quality - qualities[0]) <= 3 for quality in found]):.0f} %"
        border = level["pixels" if kept == "pixels" else "90"]
        blocky = [np.mean([row[kind]["blockiness"] > border for row in some]) for some in sides.values()]
        shares = [f"{100 * len(seen[side]) / len(some):.1f} %" for side, some in sides.items()]
        cells = (qualities[0] if qualities else "never", kept, *shares, near, *(f"{100 * b:.0f} %" for b in blocky))
        print(f"| {' | '.join(map(str, cells))} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if asked.data is not None:
        train = sorted((asked.data / "train").rglob("*.webp"))[::4]
        paths = [*train, *sorted((asked.data / "valid").rglob("*.png"))]
        with ROWS.open("w") as out:
            for path in paths:
                out.write(json.dumps(one(path, path.relative_to(asked.data).as_posix())) + "\n")
                out.flush()
    if asked.table:
        table([json.loads(line) for line in ROWS.read_text().splitlines()])


if __name__ == "__main__":
    main()
