"""Seconds and memory of `jnd encode` on large pictures, the whole process from a cold start, against their limits.

    python benchmarks/large.py [NAME ...]     writes rows/large.jsonl, of all or of the named cases

The pictures are made here: mirrored tilings of the photograph that ships with the project, and even grounds. Seconds
depend on what else the machine does, those of the processor and memory hardly.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from cold_start import LAKE, once, tiled

HERE = Path(__file__).parent
ROWS = HERE / "rows" / "large.jsonl"
GREY, BLUE = 118, (90, 120, 150)


@dataclass(frozen=True)
class Case:
    """One encode. draw: writes the picture.  limit_s, limit_mb: what the process may take, None where there is none."""

    width: int
    height: int
    suffix: str
    codec: str
    draw: Callable[[Path, int, int], None]
    limit_s: float | None
    limit_mb: float


def photograph(path: Path, width: int, height: int) -> None:
    tiled(LAKE, width, height).save(path, quality=97)


def even_grey(path: Path, width: int, height: int) -> None:
    Image.new("L", (width, height), GREY).save(path)


def even_blue(path: Path, width: int, height: int) -> None:
    Image.new("RGB", (width, height), BLUE).save(path)


CASES = {
    "photo-jpeg": Case(12000, 8333, ".jpg", "jpeg", photograph, None, 1500),
    "photo-png-jpeg": Case(12000, 8333, ".png", "jpeg", photograph, None, 1500),
    "even-jpeg": Case(10000, 10000, ".png", "jpeg", even_grey, 10, 1000),
    "even-colour-jpeg": Case(10000, 10000, ".png", "jpeg", even_blue, None, 1500),
    "photo-jndlic": Case(6000, 4000, ".jpg", "jndlic", photograph, None, 2000),
}


def measured(name: str, case: Case, folder: Path) -> dict[str, object]:
    picture = folder / f"{name}{case.suffix}"
    # In a process of its own: the peak of a process starts from what its parent had when it was started.
    drawing = multiprocessing.get_context("spawn").Process(target=case.draw, args=(picture, case.width, case.height))
    drawing.start()
    drawing.join()
    wall, cpu, peak, row = once(picture, case.codec, folder)
    picture.unlink()
    return {
        "case": name,
        "width": case.width,
        "height": case.height,
        "input_bytes": row["input_bytes"],
        "codec": case.codec,
        "seconds": round(wall, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_mb": round(peak),
        "encodes": row["encodes"],
        "jnd": round(row["jnd"], 6),
        "limit_s": case.limit_s,
        "limit_mb": case.limit_mb,
        "processors": os.cpu_count(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CASES))
    names = parser.parse_args().names or list(CASES)
    if unknown := [name for name in names if name not in CASES]:
        parser.error(f"no case is called {unknown[0]}: choose {', '.join(CASES)}")
    kept = [json.loads(line) for line in ROWS.read_text().splitlines()] if ROWS.exists() else []
    rows = {row["case"]: row for row in kept}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            rows[name] = measured(name, CASES[name], Path(folder))
            print(json.dumps(rows[name]), flush=True)
            ROWS.write_text("".join(json.dumps(rows[each]) + "\n" for each in CASES if each in rows))


if __name__ == "__main__":
    main()
