"""JPEG files carried by JPEG XL without loss: what that saves, and how often it beats a lossy file.

    python benchmarks/carried.py DATA      the 24 Kodak pictures as JPEG files of four kinds; about five minutes
    python benchmarks/carried.py --table   the table of docs/formats.md, from rows that exist

DATA holds kodak/. Pillow writes the JPEG files, in 4:2:0. Writes benchmarks/rows/carried.jsonl.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import jndkit

ROWS = Path(__file__).parent / "rows" / "carried.jsonl"
KINDS = tuple((quality, progressive) for progressive in (False, True) for quality in (75, 90))


def measured(pictures: list[Path]) -> Iterator[dict[str, Any]]:
    """A row for every picture and kind of JPEG.

    carried: bytes of the JPEG file carried, our mark included.  jnd: read on it, against the JPEG as another decoder
    shows it.  lossy: bytes of the smallest other file of the search that passed, None where none did.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jpg"
        for source in pictures:
            for quality, progressive in KINDS:
                with Image.open(source) as picture:
                    picture.convert("RGB").save(path, quality=quality, progressive=progressive)
                whole = jndkit.encode(path, codec="jxl:jpeg", min_saving=0).row
                found = jndkit.encode(path, codec="jxl", min_saving=0).row
                target = (found.target or {})["jnd"]
                lossy = [p["bytes"] for p in found.probes if p["codec"] != "jxl:jpeg" and p["jnd"] <= target]
                yield {
                    "picture": source.name,
                    "quality": quality,
                    "progressive": progressive,
                    "jpeg": whole.input_bytes,
                    "carried": whole.bytes,
                    "jnd": round(whole.jnd or 0.0, 4),
                    "lossy": min(lossy, default=None),
                    "codec": found.codec,
                    "versions": whole.versions,
                }


def table(rows: list[dict[str, Any]]) -> str:
    """Means over pictures, in Markdown."""
    lines = [
        "| JPEG | pictures | saved by carrying, % | JND read, mean (worst) | carried by `jnd encode --codec jxl` |"
    ]
    lines.append("|---|---|---|---|---|")
    for quality, progressive in KINDS:
        kind = [row for row in rows if (row["quality"], row["progressive"]) == (quality, progressive)]
        saved = 100 * (1 - np.mean([row["carried"] / row["jpeg"] for row in kind]))
        jnd = [row["jnd"] for row in kind]
        taken = sum(row["codec"] == "jxl:jpeg" for row in kind)
        name = f"{'progressive' if progressive else 'sequential'}, quality {quality}"
        lines.append(f"| {name} | {len(kind)} | {saved:.1f} | {np.mean(jnd):.2f} ({max(jnd):.2f}) | {taken} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.data is not None:
        pictures = sorted((arguments.data / "kodak").glob("*.png"))
        ROWS.write_text("".join(json.dumps(row) + "\n" for row in measured(pictures)), encoding="utf-8")
    elif not arguments.table:
        parser.error("name DATA, or ask for --table")
    print(table([json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]))


if __name__ == "__main__":
    main()
