"""Small copies of the published sets of people's answers, with made-up answers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path

SUBJECTS = 3


def write_csv(path: Path, rows: Iterable[Iterable[object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def mcl_jci(home: Path) -> Path:
    """Three subjects: the first JND of picture n at 50 + n, 30 and 20; the third subject has no third JND."""
    for order, name in enumerate(("first", "second", "third")):
        table = [[50 + number - 10 * order, 30 - 5 * order, 0 if order == 2 else 20 - order] for number in range(1, 51)]
        write_csv(home / "answers" / f"JND_{name}.csv", table)
    return home


def curves(home: Path) -> Path:
    """Two patches of two pictures: shares that rise with the quality."""
    header = ["ref_img", "ref_patch", "dist_patch", "first_SUR", "second_SUR", "third_SUR", "set"]
    rows = [
        [picture, f"{picture}_{patch}", f"{picture}_{quality:03d}_{patch}", quality / 100, min(1, quality / 50), 1, 3]
        for picture in ("SRC01", "SRC02")
        for quality in range(1, 101)
        for patch in (1, 2)
    ]
    return write_csv(home / "jnd_10_fold.csv", [header, *rows])


def konjnd(home: Path, rows: int = 3) -> Path:
    """The first pictures as JPEG, the last as BPG, with every file that somebody named."""
    table: list[list[object]] = [["image_id", "Compression type", "No. of ratings", "mean", "std", "ratings"]]
    for number in range(1, rows + 1):
        codec, suffix = ("BPG", "png") if number == rows else ("JPEG", "jpg")
        levels = [30 + number % 9, 40, 41, 30 + number % 9]
        table.append([f"SRC{number:04d}.png", codec, 4, sum(levels) / 4, 5.0, json.dumps(levels)])
        files = [f"source_image/SRC{number:04d}.png"]
        files += [f"{codec.lower()}/SRC{number:04d}_{codec}_{level:03d}.{suffix}" for level in levels]
        for name in files:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).touch()
    write_csv(home / "subjective_ratings.csv", table)
    return home


def videoset(home: Path, sequences: int = 2) -> Path:
    """Two tables of one resolution, in the published columns."""
    header = ["anchor", "jnd", "mean", "normality", "samples", "samples_no", "sequence_index", "standard_deviation"]
    for name, anchor in (("1st", 0), ("2nd", 25)):
        rows = [
            [anchor, 25, 28.5, 1, json.dumps([26 + anchor // 5, 30, 31]), 3, n, 2.6] for n in range(1, sequences + 1)
        ]
        write_csv(home / f"1280x720_{name}.csv", [header, *rows])
    return home
