"""MCL-JCI: 50 pictures of 1920 x 1080 coded as JPEG at quality 1 to 100, judged side by side by 30 subjects each.

Layout: the answers as `JND_first.csv`, `JND_second.csv` and `JND_third.csv`, one line a picture and one cell a subject,
which is what MATLAB's `writematrix` makes of the published tables `JND_first.mat` and so on; the fitted satisfied-user
curves as `jnd_10_fold.csv` of SUR-FeatNet, or with one row a picture and quality; pictures called `ImageJND_SRC01` and
coded ones `ImageJND_SRC01_001.jpg`, the number being the quality. Where in the folder they lie does not matter.
A study of our own in this layout has other pictures, and as many as its `pictures.csv` lists.

Source: Jin et al., "Statistical study on perceived JPEG image quality via MCL-JCI dataset construction and analysis",
Electronic Imaging 2016; tables of github.com/seabro917/JND-project; Lin et al., "SUR-FeatNet", Quality and User
Experience 5, 2020.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jndkit.datasets.ratings import ORDERS, Inventory, Ratings, find, read_columns, read_point, read_rows
from jndkit.errors import InputError

PICTURES, QUALITIES = 50, 100
CODED = PICTURES * QUALITIES
LISTED = "pictures.csv"
CURVES = ("jnd_10_fold.csv", "derived_MCL-JCI_SUR_by_QF.csv")

_SOURCE = re.compile(r"ImageJND_SRC(\d\d)\.(?:bmp|png|yuv)", re.IGNORECASE)
_CODED = re.compile(r"ImageJND_SRC(\d\d)_(\d{3})\.jpe?g", re.IGNORECASE)
_NONE = ("", "0", "nan")  # of a subject who noticed no second or third difference


def names() -> list[str]:
    """SRC01 to SRC50."""
    return [f"SRC{number:02d}" for number in range(1, PICTURES + 1)]


def ratings(folder: str | Path) -> list[Ratings]:
    """The answers for every picture, its first, second and third JND; tables that are not there are left out.

    A zero, NaN or empty cell is a subject without that JND, None in `points`.
    Raises InputError for a folder without the first table, and for a malformed one.
    """
    tables = [_table(folder, order) for order in (1, 2, 3)]
    if not tables[0]:
        raise InputError(folder, _lacking(folder, 1))
    return [rating for table in tables for rating in table]


def curves(folder: str | Path) -> dict[str, npt.NDArray[np.float64]]:
    """Picture -> float64 (100, 3): the fitted share of satisfied users at quality 1 to 100, for the first to third JND.

    Raises InputError for a folder without the table, and for a malformed one.
    """
    path = _curves_file(folder)
    if path is None:
        raise InputError(folder, f"it holds no satisfied-user curves: {CURVES[0]} is looked for")
    plain = "qf" in read_rows(path)[0]
    key = "qf" if plain else "dist_patch"
    columns = [f"{order}_SUR" for order in ORDERS]
    shares: dict[str, npt.NDArray[np.float64]] = {}
    for number, row in read_columns(path, ["ref_img", key, *columns]):
        # SRC01_037_2 is the second patch of SRC01 at quality 37; all patches of a picture share its curve.
        quality = row[key] if plain else row[key].split("_")[1:2]
        at = int(read_point(path, number, quality if isinstance(quality, str) else "".join(quality), 1, QUALITIES))
        curve = shares.setdefault(row["ref_img"], np.full((QUALITIES, len(ORDERS)), np.nan))
        try:
            curve[at - 1] = [float(row[column]) for column in columns]
        except ValueError:
            raise InputError(path, f"row {number} has a share that is no number") from None
        if not ((curve[at - 1] >= 0.0) & (curve[at - 1] <= 1.0)).all():
            raise InputError(path, f"row {number} has a share outside 0 to 1")
    for name, curve in shares.items():
        if np.isnan(curve).any():
            raise InputError(path, f"the curve of {name} lacks quality {int(np.isnan(curve).any(axis=1).argmax()) + 1}")
    return shares


def inventory(folder: str | Path) -> Inventory:
    """What a folder holds of MCL-JCI. Raises InputError for a malformed table and where there is no such folder."""
    contents = Inventory()
    for order in (1, 2, 3):
        table = _table(folder, order)
        if not table:
            contents.missing.append(_lacking(folder, order))
            continue
        subjects = len(table[0].points)
        given = sum(len(rating.answers) for rating in table)
        contents.held.append(
            f"{ORDERS[order - 1]} JND: {len(table)} pictures, {subjects} subjects, {given} answers, "
            f"{len(table) * subjects - given} subjects without one"
        )
    if _curves_file(folder) is None:
        contents.missing.append(f"{CURVES[0]}: the fitted satisfied-user curves")
    else:
        contents.held.append(f"satisfied-user curves: {len(curves(folder))} pictures")
    files = [path.name for path in Path(folder).rglob("*") if path.is_file()]
    sources = {match[1] for name in files if (match := _SOURCE.fullmatch(name))}
    coded = {(match[1], match[2]) for name in files if (match := _CODED.fullmatch(name))}
    for what, count, wanted, form in (
        ("sources", len(sources), PICTURES, "ImageJND_SRC01.bmp"),
        ("JPEG files", len(coded), CODED, "ImageJND_SRC01_001.jpg"),
    ):
        contents.held += [f"{what}: {count}"] if count else []
        if count < wanted:
            contents.missing.append(f"{wanted - count} of {wanted} {what}, which are called {form} and so on")
    return contents


def _table(folder: str | Path, order: int) -> list[Ratings]:
    """The answers of one table; nothing where it is not there."""
    path = find(folder, f"JND_{ORDERS[order - 1]}.csv")
    if path is None:
        return []
    rows, own = read_rows(path), _own_names(folder)
    if len(rows) != len(own) and len({len(row) for row in rows}) == 1 and len(rows[0]) == len(own):
        rows = [list(column) for column in zip(*rows, strict=True)]
    if len(rows) != len(own):
        raise InputError(path, f"it has {len(rows)} lines; one is expected for each of {len(own)} pictures")
    ratings = []
    for number, (name, row) in enumerate(zip(own, rows, strict=True), 1):
        if len(row) != len(rows[0]):
            raise InputError(path, f"line {number} has {len(row)} cells and the first {len(rows[0])}")
        points = [None if text.lower() in _NONE else read_point(path, number, text, 0, QUALITIES) for text in row]
        ratings.append(Ratings(name, "jpeg", "quality", order, tuple(point or None for point in points)))
    return ratings


def _own_names(folder: str | Path) -> list[str]:
    """Those of the published pictures, or of the study that wrote a `pictures.csv`."""
    path = find(folder, LISTED)
    return names() if path is None else [row["source"] for _, row in read_columns(path, ("source", "picture"))]


def _lacking(folder: str | Path, order: int) -> str:
    """What is missing where a table is, and how to get it."""
    name = f"JND_{ORDERS[order - 1]}"
    if find(folder, f"{name}.mat") is None:
        return f"{name}.csv: the answers, one line a picture and one cell a subject"
    return (
        f"{name}.csv: make it from {name}.mat in MATLAB or Octave: "
        f"s = struct2cell(load('{name}.mat')); dlmwrite('{name}.csv', s{{1}})"
    )


def _curves_file(folder: str | Path) -> Path | None:
    return next((path for name in CURVES if (path := find(folder, name)) is not None), None)
