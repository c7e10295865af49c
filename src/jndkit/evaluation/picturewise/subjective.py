"""MCL-JCI and KonJND-1k: pictures, and what people answered of them, as the ground truth. JPEG alone is coded here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jndkit.datasets import konjnd, mcl_jci
from jndkit.datasets.ratings import Ratings, find, sur
from jndkit.errors import InputError
from jndkit.evaluation.picturewise.ground_truth import Floats, GroundTruth, first_after, measure
from jndkit.evaluation.picturewise.rows import GROUND_TRUTH, KnobRow

CODEC = "jpeg:420"
_QUALITIES = tuple(float(quality) for quality in range(1, 101))


@dataclass(frozen=True)
class SubjectiveSet:
    """Pictures that people judged. pictures: name in the rows -> file.

    protocol: whose constants speak of these viewers.
    satisfied: name in the rows -> share of viewers, 0 to 1, who see nothing at JPEG quality 1 to 100.
    """

    name: str
    protocol: str
    pictures: Mapping[str, Path]
    satisfied: Mapping[str, Floats]


def subjective_sets(root: str | Path) -> list[SubjectiveSet]:
    """The sets in a folder, in their published layouts.

    Raises InputError where it holds neither, and for a set without pictures, or tables that are malformed.
    """
    sets = []
    if any(find(root, name) for name in (*mcl_jci.CURVES, "JND_first.csv")):
        sets.append(_mcl_jci(root))
    if find(root, konjnd.TABLE):
        sets.append(_konjnd(root))
    if not sets:
        raise InputError(
            root, f"it holds neither MCL-JCI ({mcl_jci.CURVES[0]} or JND_first.csv) nor KonJND-1k ({konjnd.TABLE})"
        )
    for judged in sets:
        if not judged.pictures:
            raise InputError(root, f"it holds answers of {judged.name} and none of its pictures")
    return sets


def ground_truths(judged: SubjectiveSet, rows: Sequence[KnobRow]) -> dict[tuple[str, str, str], GroundTruth]:
    """(picture, codec, display) -> what people said of it. rows: of the observer too, for the sizes of the files."""
    of_pictures = {}
    for row in rows:
        if row.method == GROUND_TRUTH and row.error is None and row.codec == CODEC and row.input in judged.satisfied:
            satisfied = judged.satisfied[row.input]
            boundary = {share: first_after(satisfied < float(share) / 100.0) for share in row.targets}
            sizes = measure(row, "bytes", _QUALITIES, logarithmic=True)
            of_pictures[row.input, row.codec, row.viewing] = GroundTruth(_QUALITIES, satisfied, sizes, boundary)
    return of_pictures


def _mcl_jci(root: str | Path) -> SubjectiveSet:
    """By the fitted curves of the first JND where they are there, as the figures of the README are, else as counted."""
    if any(find(root, name) for name in mcl_jci.CURVES):
        satisfied = {name: curve[:, 0] for name, curve in mcl_jci.curves(root).items()}
    else:
        every = mcl_jci.ratings(root)
        satisfied = {rated.source: _counted(rated) for rated in every if rated.order == 1 and rated.answers}
    pictures = _files(root, {name: f"ImageJND_{name}" for name in satisfied}, (".bmp", ".png"))
    return SubjectiveSet("MCL-JCI", "mcl-jci", *_named("mcl-jci", pictures, satisfied))


def _konjnd(root: str | Path) -> SubjectiveSet:
    """The half that was coded as JPEG."""
    every = konjnd.ratings(root)
    satisfied = {rated.source: _counted(rated) for rated in every if rated.codec == "jpeg" and rated.answers}
    pictures = _files(root, {name: name for name in satisfied}, (".png",))
    return SubjectiveSet("KonJND-1k", "konjnd", *_named("konjnd", pictures, satisfied))


def _counted(rated: Ratings) -> Floats:
    """The satisfied share as counted, at JPEG quality 1 to 100."""
    points = [konjnd.quality(point) if rated.knob == "level" else point for point in rated.answers]
    return np.array([sur(points, quality) for quality in _QUALITIES])


def _files(root: str | Path, stems: Mapping[str, str], suffixes: tuple[str, ...]) -> dict[str, Path]:
    """Name -> the file with its stem, wherever it lies in the folder."""
    there: dict[str, Path] = {}
    for path in sorted(Path(root).rglob("*")):
        if path.suffix.lower() in suffixes and path.is_file():
            # Of two files of one name the first by path, whatever the file system lists first.
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
