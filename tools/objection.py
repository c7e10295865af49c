"""Fits how far above the target the second observer must read before it objects, to ordinary encodes of photographs.

    python tools/objection.py DATA             read what is missing, fit, and write both files
    python tools/objection.py DATA --fit       fit again to the rows that are there

An ordinary encode is what `jnd encode` returns: JPEG, WebP and AVIF for 50, 75 and 90 % of viewers, found by `cvvdp`
and then read by its second, `ssimulacra2`. That one objects where it reads more than the target by more than 1.645
times its plain error; the factor on that is 1, or the least at which fewer than 3 in 100 encodes of train/ meet an
objection. Files without loss are left out, since nobody objects to them. valid/ is reported, and takes no part.
Writes rows/objection.jsonl and observers/objection.json. About 10 minutes of processor time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from jndkit.errors import TargetError
from jndkit.observers import Observer, observer, second_to
from jndkit.observers.objection import FILE, doubted
from jndkit.opening import load
from jndkit.picture import from_bytes
from jndkit.pipeline import encode
from jndkit.viewing import DISPLAYS

VERSION = "1"
ROWS = Path(__file__).parents[1] / "benchmarks" / "rows" / "objection.jsonl"
CODECS, SHARES = ("jpeg", "webp", "avif"), (50.0, 75.0, 90.0)
JUDGE = "cvvdp"
EVERY = {"train": 4, "valid": 4}  # of the pictures in order
MOST = 0.03  # share of ordinary encodes that may meet an objection
STEP = 0.01  # of the factor

Row = dict[str, Any]
Job = tuple[str, str]


def pictures(data: Path) -> Iterator[str]:
    """Names of the pictures that are encoded, those that are fitted to first."""
    for split, every in EVERY.items():
        files = sorted(path for path in (data / split).rglob("*") if path.suffix in (".png", ".webp"))
        yield from (path.relative_to(data).as_posix() for path in files[::every])


def second() -> Observer:
    found = second_to(JUDGE)
    assert found is not None
    return found


def read(job: Job) -> Row:
    """Every ordinary encode of one picture, as the second observer reads it."""
    cv2.setNumThreads(1)
    data, name = job
    picture = load(Path(data) / name)
    watched = second().watch(picture, DISPLAYS["desktop"])
    encodes = []
    for codec in CODECS:
        for viewers in SHARES:
            try:
                done = encode(picture, codec=codec, viewers=viewers, observer=JUDGE, min_saving=0.0, force=True)
            except TargetError:  # there is no file to object to
                continue
            row = done.row
            if done.data is None or row.stop == "lossless" or row.target is None or row.jnd is None:
                continue
            reading = watched(from_bytes(done.data))
            numbers = (row.target["jnd"], row.jnd, reading.jnd, reading.jnd - doubted(reading))
            encodes.append([row.codec, viewers, *(round(number, 4) for number in numbers)])
    return {
        "picture": name,
        **judges(),
        "columns": ["codec", "viewers", "target", "jnd", "second", "low"],
        "encodes": encodes,
    }


def judges() -> Row:
    first, other = observer(JUDGE), second()
    return {"judge": f"{first.name} {first.version}", "second": f"{other.name} {other.version}"}


def objecting(rows: Sequence[Row], factor: float) -> list[bool]:
    """Of every encode whether the second observer objects."""
    found = []
    for row in rows:
        for _, _, target, _, jnd, low in row["encodes"]:
            found.append(jnd - factor * (jnd - low) > target)
    return found


def fitted(rows: Sequence[Row]) -> float:
    """The least factor, 1 or more, at which fewer than `MOST` of the encodes meet an objection."""
    factor = 1.0
    while np.mean(objecting(rows, factor)) >= MOST:
        factor = round(factor + STEP, 2)
    return factor


def of(rows: Sequence[Row], split: str) -> list[Row]:
    return [row for row in rows if row["picture"].startswith(f"{split}/")]


def summary(rows: Sequence[Row]) -> Row:
    """The factor, and how often the second observer objects."""
    factor = fitted(of(rows, "train"))
    told: Row = {"fit": second().name, "factor": factor}
    for split in EVERY:
        own = of(rows, split)
        found = objecting(own, factor)
        told |= {f"{split}_pictures": len(own), f"{split}_encodes": len(found), f"{split}_objections": sum(found)}
        told[f"{split}_share"] = round(float(np.mean(found)), 4)
        told[f"{split}_share_above_target"] = round(float(np.mean(objecting(own, 0.0))), 4)
        told[f"{split}_second_over_judge"] = round(_ratio(own), 4)
    return told


def _ratio(rows: Sequence[Row]) -> float:
    """Median of what the second reads over what the judge reads."""
    return float(np.median([second / jnd for row in rows for _, _, _, jnd, second, _ in row["encodes"] if jnd > 0.0]))


def known() -> list[Row]:
    lines = ROWS.read_text(encoding="utf-8").splitlines() if ROWS.exists() else []
    return [row for row in map(json.loads, lines) if "picture" in row]


def left(data: Path, rows: Sequence[Row]) -> list[Job]:
    made = {row["picture"] for row in rows if judges().items() <= row.items()}
    return [(str(data), name) for name in pictures(data) if name not in made]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fit", action="store_true", help="read nothing")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    rows = known()
    if not asked.fit:
        with (
            ROWS.open("a", encoding="utf-8") as file,
            ProcessPoolExecutor(asked.jobs, multiprocessing.get_context("spawn")) as pool,
        ):
            for row in pool.map(read, left(asked.data, rows)):
                rows.append(row)
                file.write(json.dumps(row) + "\n")
                file.flush()
    fit = summary(rows)
    rows.sort(key=lambda row: row["picture"])
    ROWS.write_text("".join(json.dumps(row) + "\n" for row in (fit, *rows)), encoding="utf-8")
    constants = {"source": "tools/objection.py", "version": VERSION, "factors": {fit["fit"]: fit["factor"]}}
    FILE.write_text(json.dumps(constants, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(fit))


if __name__ == "__main__":
    main()
