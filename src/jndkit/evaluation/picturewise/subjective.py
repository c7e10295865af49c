"""MCL-JCI and KonJND-1k: pictures, and what people answered of them, as the truth. JPEG alone is coded here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jndkit.datasets import konjnd, mcl_jci
from jndkit.datasets.ratings import Ratings, find, sur
from jndkit.errors import InputError
from jndkit.evaluation.picturewise.ground_truth import Floats, Truth, first_after, measure
from jndkit.evaluation.picturewise.rows import TRUTH, KnobRow

CODEC = "jpeg:420"
_QUALITIES = tuple(float(quality) for quality in range(1, 101))


@dataclass(frozen=True)
class People:
    """One set. protocol: whose constants speak of these viewers.  pictures: name in the rows -> file.

    satisfied: name in the rows -> share of viewers, 0 to 1, who see nothing at JPEG quality 1 to 100.
    """

    name: str
    protocol: str
    pictures: Mapping[str, Path]
    satisfied: Mapping[str, Floats]


def people(root: str | Path) -> list[People]:
    """The sets in a folder, in their published layouts.

    Raises InputError where it holds neither, and for a set without pictures, or tables that are malformed.
    """
    found = []
    if any(find(root, name) for name in (*mcl_jci.CURVES, "JND_first.csv")):
        found.append(_mcl_jci(root))
    if find(root, konjnd.TABLE):
        found.append(_konjnd(root))
    if not found:
        raise InputError(
            root, f"it holds neither MCL-JCI ({mcl_jci.CURVES[0]} or JND_first.csv) nor KonJND-1k ({konjnd.TABLE})"
        )
    for each in found:
        if not each.pictures:
            raise InputError(root, f"it holds answers of {each.name} and none of its pictures")
    return found


def truths(each: People, rows: list[KnobRow]) -> dict[tuple[str, str, str], Truth]:
    """(picture, codec, display) -> what people said of it. rows: of the observer too, for the sizes of the files."""
    made = {}
    for row in rows:
        if row.method == TRUTH and row.error is None and row.codec == CODEC and row.input in each.satisfied:
            satisfied = each.satisfied[row.input]
            boundary = {share: first_after(satisfied < float(share) / 100.0) for share in row.targets}
            sizes = measure(row, "bytes", _QUALITIES, logarithmic=True)
            made[row.input, row.codec, row.viewing] = Truth(_QUALITIES, satisfied, sizes, boundary)
    return made


def _mcl_jci(root: str | Path) -> People:
    """By the fitted curves of the first JND where they are there, as the figures of the README are, else as counted."""
    if any(find(root, name) for name in mcl_jci.CURVES):
        satisfied = {name: curve[:, 0] for name, curve in mcl_jci.curves(root).items()}
    else:
        satisfied = {each.source: _counted(each) for each in mcl_jci.ratings(root) if each.order == 1 and each.answers}
    pictures = _files(root, {name: f"ImageJND_{name}" for name in satisfied}, (".bmp", ".png"))
    return People("MCL-JCI", "mcl-jci", *_named("mcl-jci", pictures, satisfied))


def _konjnd(root: str | Path) -> People:
    """The half that was coded as JPEG."""
    satisfied = {each.source: _counted(each) for each in konjnd.ratings(root) if each.codec == "jpeg" and each.answers}
    pictures = _files(root, {name: name for name in satisfied}, (".png",))
    return People("KonJND-1k", "konjnd", *_named("konjnd", pictures, satisfied))


def _counted(each: Ratings) -> Floats:
    """The satisfied share as counted, at JPEG quality 1 to 100."""
    points = [konjnd.quality(point) if each.knob == "level" else point for point in each.answers]
    return np.array([sur(points, quality) for quality in _QUALITIES])


def _files(root: str | Path, stems: Mapping[str, str], suffixes: tuple[str, ...]) -> dict[str, Path]:
    """Name -> the file with its stem, wherever it lies in the folder."""
    there: dict[str, Path] = {}
    for path in sorted(Path(root).rglob("*")):
        if path.suffix.lower() in suffixes and path.is_file():
            there.setdefault(path.stem.lower(), path)
    return {name: there[stem.lower()] for name, stem in stems.items() if stem.lower() in there}


def _named(
    folder: str, pictures: Mapping[str, Path], satisfied: Mapping[str, Floats]
) -> tuple[dict[str, Path], dict[str, Floats]]:
    """The same by the names that rows use; without the curves of pictures that are not there."""
    return (
        {f"{folder}/{name}": path for name, path in pictures.items()},
        {f"{folder}/{name}": satisfied[name] for name in pictures},
    )
