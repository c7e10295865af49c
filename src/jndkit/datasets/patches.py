"""Patches of picture pairs: cut from a set on a grid, and the published set's lists of patch files.

The published layout, one line a patch, no header: `train.csv` names two files a line, in `OriginalPatch` and
`GroundPatch`; `val.csv` and `test.csv` one, of that name in `val_ori` and `val_gt`, `test` and `exp_all`. Patches are
numbered down the columns of a picture's grid, as its MATLAB scripts have it.

Source: Shen et al., IEEE TIP 30, 2021, and its code.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from jndkit.datasets.pairs import read_pairs
from jndkit.errors import InputError, UsageError, check_choice
from jndkit.picture import write_atomic

SIDE, STRIDE = 64, 50  # pixels, as published: neighbours share 14

LISTS = {
    "train": ("train.csv", "OriginalPatch", "GroundPatch"),
    "valid": ("val.csv", "val_ori", "val_gt"),
    "test": ("test.csv", "test", "exp_all"),
}
"""Split -> its list, the folder of pristine patches, the folder of those to learn."""


class Patch(NamedTuple):
    """A place in a pair of pictures: its upper left corner in pixels."""

    pristine: Path
    jnd: Path
    top: int
    left: int


def grid(height: int, width: int, side: int = SIDE, stride: int = STRIDE) -> list[tuple[int, int]]:
    """(top, left) of every whole patch, down the columns: 21 x 38 in 1080 x 1920. None where a side is too short."""
    tops, lefts = range(0, height - side + 1, stride), range(0, width - side + 1, stride)
    return [(top, left) for left in lefts for top in tops]


def patches(folder: str | Path, side: int = SIDE, stride: int = STRIDE) -> list[Patch]:
    """Every whole patch of a set that `datasets.vvc.build` made, picture by picture.

    Raises UsageError for sizes below 1, InputError where the folder is no such set or a file no picture.
    """
    if min(side, stride) < 1:
        raise UsageError("a patch's side and stride are 1 pixel or more")
    places = []
    for pristine, jnd in read_pairs(folder, "jnd"):
        width, height = _size(pristine)
        if _size(jnd) != (width, height):
            raise InputError(jnd, f"it differs in size from {pristine}")
        places += [Patch(pristine, jnd, top, left) for top, left in grid(height, width, side, stride)]
    return places


def listed(folder: str | Path, split: str) -> list[tuple[Path, Path]]:
    """(pristine, to learn) patch files that the published set's list of a split names, in its order.

    folder: the one that holds the list and the folders of patches.
    Raises UsageError for an unknown split, InputError for a list that is missing, empty or malformed, and for a file
    that it names and that is not there.
    """
    check_choice("split", split, LISTS)
    name, *sides = LISTS[split]
    return read_list(Path(folder) / name, Path(folder) / sides[0], Path(folder) / sides[1])


def read_list(path: str | Path, pristine: Path, learnt: Path) -> list[tuple[Path, Path]]:
    """The pairs of files a list names: of one column, the same name in both folders; of two, one in each.

    Raises InputError as `listed` does.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")  # spreadsheets put a byte order mark first
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, f"the list cannot be read ({error})") from None
    rows = [[field.strip() for field in row] for row in csv.reader(text.splitlines()) if any(row)]
    if not rows:
        raise InputError(path, "the list is empty")
    pairs = []
    for number, row in enumerate(rows, 1):
        if len(row) not in (1, 2) or len(row) != len(rows[0]) or any(Path(file).name != file for file in row):
            raise InputError(path, f"line {number} is not one or two file names: {','.join(row)}")
        pair = pristine / row[0], learnt / row[-1]
        for file in pair:
            if not file.is_file():
                raise InputError(file, f"line {number} of {path} names it, and it is not there")
        pairs.append(pair)
    return pairs


def write_list(path: str | Path, pairs: Iterable[tuple[Path, Path]]) -> None:
    """A list of patch files as the published code reads it: one column where both files of every pair share a name."""
    names = [(first.name, second.name) for first, second in pairs]
    same = all(first == second for first, second in names)
    lines = [first if same else f"{first},{second}" for first, second in names]
    write_atomic(Path(path), "".join(f"{line}\n" for line in lines).encode(), force=True)


def _size(path: Path) -> tuple[int, int]:
    """Width and height, from the file's header alone."""
    try:
        with Image.open(path) as opened:
            return opened.size
    except OSError as error:
        raise InputError(path, f"it cannot be read as a picture ({error})") from None
