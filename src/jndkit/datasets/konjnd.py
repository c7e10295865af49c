"""KonJND-1k: 1,008 pictures of 640 x 480, half coded as JPEG and half as BPG, about 42 answers each, by a flicker test.

Layout: `subjective_ratings.csv` with columns `image_id`, `Compression type`, `No. of ratings`, `mean`, `std` and
`ratings` (a list); `source_image/SRC0001.png`, `jpeg/SRC0001_JPEG_001.jpg` and `bpg/SRC0505_BPG_001.png`, the number
being the level. A level is one of distortion, 1 the least: JPEG quality 101 - level, or BPG's QP itself.

Source: Lin et al., "Large-scale crowdsourced subjective assessment of picturewise just noticeable difference", IEEE
TCSVT 32(9), 2022.
"""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

from jndkit.datasets.ratings import Inventory, Ratings, find, read_columns, read_points
from jndkit.errors import InputError

TABLE = "subjective_ratings.csv"
LISTED = "pictures.csv"  # of a study of our own in this layout, which has other pictures, and fewer
PICTURES = 1008
LEVELS = {"jpeg": 100, "bpg": 51}  # JPEG quality 100 down to 1, QP 1 to 51

_LEAST, _MOST = 0, 101  # one beyond JPEG's levels at either end: what a slider may say
_SUFFIX = {"jpeg": ".jpg", "bpg": ".png"}
_COLUMNS = ("image_id", "Compression type", "No. of ratings", "mean", "ratings")
_NEAR = 0.51  # levels by which a stated mean may differ from that of the answers


def names() -> list[str]:
    """SRC0001 to SRC1008."""
    return [f"SRC{number:04d}" for number in range(1, PICTURES + 1)]


def ratings(folder: str | Path) -> list[Ratings]:
    """The answers for every picture, in the order of the table, all of them kept.

    Raises InputError for a folder without the table, and for a malformed one.
    """
    return [rating for rating, _ in _rows(folder)]


def quality(level: float) -> float:
    """The JPEG quality of a distortion level."""
    return LEVELS["jpeg"] + 1 - level


def inventory(folder: str | Path) -> Inventory:
    """What a folder holds of KonJND-1k. Raises InputError for a folder without the table, and for a malformed one."""
    contents = Inventory()
    rows = _rows(folder)
    for codec in LEVELS:
        counts = [len(rating.points) for rating, _ in rows if rating.codec == codec]
        if counts:
            contents.held.append(
                f"{codec}: {len(counts)} pictures, {sum(counts)} answers, {min(counts)} to {max(counts)} each"
            )
    if len(rows) < PICTURES and find(folder, LISTED) is None:
        contents.missing.append(f"{PICTURES - len(rows)} of {PICTURES} rows of {TABLE}")
    odd = [rating.source for rating, row in rows if not _agrees(rating, row)]
    if odd:
        contents.missing.append(f"{len(odd)} rows whose count or mean is not that of their answers, such as {odd[0]}")
    home = find(folder, TABLE)
    sources = {path.stem for path in (home or Path(folder)).parent.glob("source_image/*.png")}
    _compare(contents, "sources", sources, {rating.source for rating, _ in rows}, "source_image/{}.png")
    for codec, suffix in _SUFFIX.items():
        coded = {path.stem for path in (home or Path(folder)).parent.glob(f"{codec}/*{suffix}")}
        named = {
            f"{rating.source}_{codec.upper()}_{int(level):03d}"
            for rating, _ in rows
            if rating.codec == codec
            for level in rating.answers
            if 1 <= level <= LEVELS[codec]
        }
        _compare(contents, f"{codec} versions that somebody named", coded, named, f"{codec}/{{}}{suffix}")
    return contents


def _rows(folder: str | Path) -> list[tuple[Ratings, dict[str, str]]]:
    """The answers for every picture, beside what else its row says."""
    path = find(folder, TABLE)
    if path is None:
        raise InputError(folder, f"it holds no {TABLE}, the answers of KonJND-1k")
    table = []
    for number, row in read_columns(path, _COLUMNS):
        codec = row["Compression type"].lower()
        if codec not in LEVELS:
            raise InputError(path, f"row {number} is of {row['Compression type']!r}, neither JPEG nor BPG")
        points = read_points(path, number, row["ratings"], _LEAST, _MOST)
        table.append((Ratings(Path(row["image_id"]).stem, codec, "level", 1, points), row))
    twice = [key for key, count in Counter((rating.source, rating.codec) for rating, _ in table).items() if count > 1]
    if twice:
        raise InputError(path, f"it has {twice[0][0]} as {twice[0][1]} more than once")
    return table


def _agrees(rating: Ratings, row: dict[str, str]) -> bool:
    """Whether the row's own count and mean are those of its answers."""
    try:
        mean, count = float(row["mean"]), float(row["No. of ratings"])
    except ValueError:
        return False
    return count == len(rating.points) and math.fabs(mean - sum(rating.answers) / len(rating.answers)) < _NEAR


def _compare(contents: Inventory, what: str, there: set[str], wanted: set[str], form: str) -> None:
    lacking = sorted(wanted - there)
    if wanted - set(lacking):
        contents.held.append(f"{what}: {len(wanted) - len(lacking)}")
    if lacking:
        contents.missing.append(f"{len(lacking)} of {len(wanted)} {what}, such as {form.format(lacking[0])}")
