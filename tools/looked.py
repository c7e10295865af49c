"""Reads JPEG-coded training photographs as people look who compare side by side: what `mcl-jci` is fitted on.

    python tools/looked.py DATA

DATA (default: data/ in the folder that JNDKIT_SHARED names) holds train/ and labels/visibility.csv, which names the
photographs and qualities. Writes benchmarks/rows/looked.jsonl, a line for each photograph and display: jnd, as the
protocol's look has it, and reading, what the observer reads of itself, at every quality. Takes some eight minutes of
two processors. Prints what a unit of the look has to be for photographs to read the same on average.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import os
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from jndkit.observers.cvvdp import Cvvdp
from jndkit.picture import Picture
from jndkit.protocols import SIDE_BY_SIDE, protocol

ROWS = Path(__file__).parents[1] / "benchmarks" / "rows" / "looked.jsonl"
DISPLAYS = ("4k", "desktop")
WEBP = (30, 75)  # beside JPEG, so that the unit is not that of one codec
JOD_EXPONENT = 0.93  # of the pooled difference: how a reading answers the unit


def grid(data: Path) -> dict[str, list[int]]:
    """Photograph -> JPEG qualities."""
    found = defaultdict(set)
    with (data / "labels" / "visibility.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["codec"] == "jpeg" and row["file"].startswith("train/"):
                found[row["file"]].add(int(row["quality"]))
    return {name: sorted(qualities) for name, qualities in sorted(found.items())}


def coded(rgb: np.ndarray[Any, Any], kind: str, quality: int) -> Picture:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, kind, quality=quality, **({"optimize": True} if kind == "JPEG" else {"method": 4}))
    return Picture(rgb=np.ascontiguousarray(Image.open(file).convert("RGB")))


def read(data: Path, name: str, qualities: list[int]) -> list[dict[str, Any]]:
    rgb = np.ascontiguousarray(Image.open(data / name).convert("RGB"))
    rows = []
    for display in DISPLAYS:
        fit, viewing = protocol("side-by-side", display)
        watched = Cvvdp().watch(Picture(rgb=rgb), viewing, fit)
        readings = [watched(coded(rgb, "JPEG", quality)) for quality in qualities]
        webp = [watched(coded(rgb, "WEBP", quality)) for quality in WEBP] if display == "desktop" else []
        rows.append(
            {
                "file": name,
                "viewing": display,
                "quality": qualities,
                "jnd": [round(reading.jnd, 5) for reading in readings],
                "reading": [round(reading.raw, 5) for reading in readings],
                "webp": [[round(reading.jnd, 5), round(reading.raw, 5)] for reading in webp],
            }
        )
    return rows


def moved(rows: list[dict[str, Any]]) -> float:
    """Mean of ln(jnd / reading) at the desktop, JPEG at the qualities that read 0.3 to 4 JND and WebP alike."""
    logs: dict[str, list[float]] = {"jpeg": [], "webp": []}
    for row in rows:
        if row["viewing"] == "desktop":
            pairs = [(jnd, raw) for jnd, raw in zip(row["jnd"], row["reading"], strict=True) if 0.3 <= raw <= 4.0]
            logs["jpeg"] += [math.log(jnd / raw) for jnd, raw in pairs]
            logs["webp"] += [math.log(jnd / raw) for jnd, raw in row["webp"]]
    return float(np.mean([np.mean(each) for each in logs.values()]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("JNDKIT_SHARED")
    parser.add_argument("data", type=Path, nargs="?", default=Path(shared) / "data" if shared else None)
    parser.add_argument("--out", type=Path, default=ROWS)
    arguments = parser.parse_args()
    if arguments.data is None:
        parser.error("give DATA or set JNDKIT_SHARED")
    names = grid(arguments.data)
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(partial(read, arguments.data), names.keys(), names.values()))
    rows = [row for each in found for row in each]
    with arguments.out.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    away = moved(rows)
    unit = SIDE_BY_SIDE.unit * math.exp(-away / JOD_EXPONENT)
    print(f"{len(names)} photographs: mean of ln(jnd / reading) {away:+.3f}; a unit of {unit:.3f} would have 0")


if __name__ == "__main__":
    main()
