"""MCL-JCI and KonJND-1k: pictures, and what people answered of them, as the ground truth.

The pictures are coded here, as JPEG and as BPG: both sets have coded ones, and not at every setting.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jndkit.codecs import codec as named_codec
from jndkit.datasets import konjnd, mcl_jci
from jndkit.datasets.ratings import Ratings, find, sur
from jndkit.errors import InputError
from jndkit.evaluation.picturewise.ground_truth import Floats, GroundTruth, first_after, measure
from jndkit.evaluation.picturewise.rows import GROUND_TRUTH, KnobRow

JPEG, BPG = "jpeg:420", "bpg:420"
JUDGED = (JPEG, BPG)


@dataclass(frozen=True)
class SubjectiveSet:
    """Pictures that people judged, coded by one codec.

    protocol: whose constants speak of these viewers.  codec: its spec.  pictures: name in the rows -> file.
    satisfied: name in the rows -> share of viewers, 0 to 1, who see nothing at each setting of the codec, the worst
        first.
    """

    name: str
    protocol: str
    codec: str
    pictures: Mapping[str, Path]
    satisfied: Mapping[str, Floats]

    @property
    def settings(self) -> tuple[float, ...]:
        """Of the codec, the worst first."""
        return named_codec(self.codec).knob.grid


def subjective_sets(root: str | Path, specs: Collection[str] = (JPEG,)) -> list[SubjectiveSet]:
    """The sets in a folder, in their published layouts; of KonJND-1k each half, which another codec has coded.

    specs: of the codecs whose sets are wanted, out of JUDGED.
    Raises InputError where it holds neither, and for a set without pictures, or tables that are malformed.
    """
    sets: list[SubjectiveSet] = []
    if JPEG in specs and any(find(root, name) for name in (*mcl_jci.CURVES, "JND_first.csv")):
        sets.append(_mcl_jci(root))
    if find(root, konjnd.TABLE):
        sets += _konjnd(root, specs)
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
        own = row.codec == judged.codec and row.input in judged.satisfied
        if own and row.method == GROUND_TRUTH and row.error is None:
            satisfied = judged.satisfied[row.input]
            boundary = {share: first_after(satisfied < float(share) / 100.0) for share in row.targets}
            sizes = measure(row, "bytes", judged.settings, logarithmic=True)
            of_pictures[row.input, row.codec, row.viewing] = GroundTruth(judged.settings, satisfied, sizes, boundary)
    return of_pictures


def _mcl_jci(root: str | Path) -> SubjectiveSet:
    """By the fitted curves of the first JND where they are there, as the figures of the README are, else as counted."""
    if any(find(root, name) for name in mcl_jci.CURVES):
        satisfied = {name: curve[:, 0] for name, curve in mcl_jci.curves(root).items()}
    else:
        every = mcl_jci.ratings(root)
        satisfied = {rated.source: _counted(rated, JPEG) for rated in every if rated.order == 1 and rated.answers}
    pictures = _files(root, {name: f"ImageJND_{name}" for name in satisfied}, (".bmp", ".png"))
    return SubjectiveSet("MCL-JCI", "mcl-jci", JPEG, *_named("mcl-jci", pictures, satisfied))


def _konjnd(root: str | Path, specs: Collection[str]) -> list[SubjectiveSet]:
    """The half that was coded as JPEG, and the half that was coded as BPG, as far as they are there."""
    every = konjnd.ratings(root)
    halves = []
    for spec in specs:
        rated = [rating for rating in every if rating.codec == spec.partition(":")[0] and rating.answers]
        pictures = _files(root, {rating.source: rating.source for rating in rated}, (".png",))
        if pictures:
            satisfied = {rating.source: _counted(rating, spec) for rating in rated}
            halves.append(SubjectiveSet("KonJND-1k", "konjnd", spec, *_named("konjnd", pictures, satisfied)))
    return halves or [SubjectiveSet("KonJND-1k", "konjnd", next(iter(specs)), {}, {})]


def _counted(rated: Ratings, spec: str) -> Floats:
    """The satisfied share as counted, at every setting of a codec."""
    knob = named_codec(spec).knob
    points = list(rated.answers)
    if rated.knob == "level" and knob.higher_is_better:  # a level of BPG is its QP
        points = [konjnd.quality(point) for point in points]
    return np.array([sur(points, value, higher_is_better=knob.higher_is_better) for value in knob.grid])


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
