"""The coded pictures of labels/visibility.csv, made again as the table says, and their labels in JND."""

from __future__ import annotations

import csv
import io
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from jndkit.visibility import JND_PER_JOD

KEPT = Path(__file__).parents[1] / "build" / "mapped"
COLUMNS = {"desktop": "q_fhd", "4k": "q_4k"}
LEAST_JND, MOST_JND = 0.1, 3.0  # labels outside are not used
EVERY = 3  # train/: every third picture, every second coding of it

Rgb = npt.NDArray[np.uint8]


def labels(data: Path) -> dict[str, list[dict[str, str]]]:
    """Rows of the table by picture: every third of train/, all of valid/."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (data / "labels" / "visibility.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            found[row["file"]].append(row)
    train = sorted(name for name in found if name.startswith("train/"))[::EVERY]
    valid = sorted(name for name in found if name.startswith("valid/"))
    return {name: found[name][index % 2 :: 2] for index, name in enumerate(train)} | {n: found[n] for n in valid}


def coded(picture: Image.Image, row: dict[str, str]) -> bytes:
    """The coded file of a row, with the settings its table states."""
    kept = KEPT / f"{row['file'].replace('/', '__')}__{row['codec']}_{row['quality']}"
    if kept.exists():
        return kept.read_bytes()
    import pillow_heif

    pillow_heif.register_heif_opener()
    settings: dict[str, tuple[str, dict[str, Any]]] = {
        "jpeg": ("JPEG", {"optimize": True, "subsampling": "4:2:0"}),
        "webp": ("WEBP", {"method": 4}),
        "avif": ("AVIF", {"speed": 8, "subsampling": "4:2:0"}),
        "heic": ("HEIF", {}),
    }
    name, options = settings[row["codec"]]
    memory = io.BytesIO()
    picture.save(memory, name, quality=int(row["quality"]), **options)
    data = memory.getvalue()
    if len(data) != int(row["bytes"]):
        sys.exit(f"{kept.name}: {len(data)} bytes, the table has {row['bytes']}: another version of the encoder")
    kept.write_bytes(data)
    return data


def versions(data: str, name: str, rows: list[dict[str, str]]) -> tuple[Rgb, Iterator[tuple[dict[str, str], Rgb]]]:
    """The reference and its decoded versions, uint8 (H, W, 3)."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    picture = Image.open(Path(data) / name).convert("RGB")
    decoded = ((row, np.asarray(Image.open(io.BytesIO(coded(picture, row))).convert("RGB"))) for row in rows)
    return np.asarray(picture), decoded


def shown(row: dict[str, str]) -> Iterator[tuple[str, float]]:
    """(display, label in JND) of a row, where the label is in range."""
    for display, column in COLUMNS.items():
        jnd = JND_PER_JOD * (10.0 - float(row[column]))
        if LEAST_JND <= jnd <= MOST_JND:
            yield display, jnd
