"""VideoSet: 220 sequences in four resolutions coded as H.264 at QP 1 to 51, three JND points of 30 subjects and more.

Layout: a table for each resolution and JND point, `1280x720_1st.csv`, with a row a sequence and columns
`sequence_index`, `anchor` (the QP that is looked at beside), `samples` (the QP of each subject, a list), `samples_no`,
and statistics of these, which are not read. Outliers were taken out before publication.

Source: Wang et al., "VideoSet: a large-scale compressed video quality dataset based on JND measurement", Journal of
Visual Communication and Image Representation 46, 2017.
"""

from __future__ import annotations

from pathlib import Path

from jndkit.datasets.ratings import Inventory, Ratings, find, read_columns, read_point, read_points
from jndkit.errors import InputError

RESOLUTIONS = ("1920x1080", "1280x720", "960x540", "640x360")
SEQUENCES, QPS = 220, 51

_POINTS = ("1st", "2nd", "3rd")
_COLUMNS = ("anchor", "samples", "sequence_index")


def ratings(folder: str | Path) -> list[Ratings]:
    """The answers for every sequence of the tables that are there; a source is called videoSRC001_1280x720.

    Raises InputError for a folder without any table, and for a malformed one.
    """
    answers = [
        rating for resolution in RESOLUTIONS for order in (1, 2, 3) for rating in _table(folder, resolution, order)
    ]
    if not answers:
        raise InputError(folder, f"it holds no table of VideoSet, such as {RESOLUTIONS[0]}_{_POINTS[0]}.csv")
    return answers


def inventory(folder: str | Path) -> Inventory:
    """What a folder holds of VideoSet's answers; its videos are not looked for.

    Raises InputError for a folder without any table, and for a malformed one.
    """
    ratings(folder)
    contents = Inventory()
    for resolution in RESOLUTIONS:
        for order, point in enumerate(_POINTS, 1):
            name = f"{resolution}_{point}.csv"
            table = _table(folder, resolution, order)
            if not table:
                contents.missing.append(name)
                continue
            counts = [len(rating.points) for rating in table]
            contents.held.append(
                f"{name}: {len(table)} sequences, {min(counts)} to {max(counts)} subjects, {sum(counts)} answers"
            )
            if len(table) < SEQUENCES:
                contents.missing.append(f"{SEQUENCES - len(table)} of {SEQUENCES} sequences of {name}")
    return contents


def _table(folder: str | Path, resolution: str, order: int) -> list[Ratings]:
    """The answers of one table; nothing where it is not there."""
    path = find(folder, f"{resolution}_{_POINTS[order - 1]}.csv")
    if path is None:
        return []
    table = dict[int, Ratings]()
    for number, row in read_columns(path, _COLUMNS):
        index = int(read_point(path, number, row["sequence_index"], 1, SEQUENCES))
        if index in table:
            raise InputError(path, f"row {number} is of sequence {index}, as another is")
        anchor = read_point(path, number, row["anchor"], 0, QPS)
        points = read_points(path, number, row["samples"], 0, QPS)
        if row.get("samples_no", str(len(points))) != str(len(points)):
            raise InputError(path, f"row {number} has {len(points)} answers and says {row['samples_no']}")
        table[index] = Ratings(f"videoSRC{index:03d}_{resolution}", "h264", "qp", order, points, anchor)
    return list(table.values())
