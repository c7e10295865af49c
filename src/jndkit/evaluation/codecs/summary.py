"""What each codec comes to over pictures: bytes at equal viewers, bytes at equal measures, seconds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from statistics import median
from typing import NamedTuple

from jndkit.evaluation.codecs.bjontegaard import Curve, rate_difference
from jndkit.evaluation.codecs.rows import MEASURES, CodecRow, place
from jndkit.evaluation.intervals import Mean, mean
from jndkit.evaluation.tables import check_alike, check_once

AGAINST = "jpeg"
RIVALS = ("jpeg", "webp", "avif")
FIXED = 90.0
"""The quality of JPEG that is taken where nobody looks."""
ALL = "all"

LEAST = 0.005
"""JND: what reads less is not told apart."""


class File(NamedTuple):
    """One picture in one codec. jnd: what it reads."""

    bytes: int
    jnd: float


Files = Mapping[str, Mapping[str, File]]
"""Codec -> picture -> its file."""


@dataclass(frozen=True)
class Sizes:
    """The files of one codec for one share of viewers.

    bytes: mean of ln(bytes).  jnd: mean reading.  unmet: pictures of which no setting met the target.
    ratio: mean of ln(bytes / bytes of JPEG), None of JPEG itself and where it is not there.
    fewer: rival -> pictures on which this takes fewer bytes, and pictures that both have.
    """

    codec: str
    bytes: Mean
    jnd: Mean
    unmet: int
    ratio: Mean | None
    fewer: Mapping[str, tuple[int, int]]


class Rate(NamedTuple):
    """Mean over pictures of ln(bytes / bytes of JPEG) at equal quality, and how many pictures gave none."""

    mean: Mean | None
    skipped: int


class Times(NamedTuple):
    """Medians over pictures of the median over settings: seconds, and seconds a megapixel."""

    encode: float
    decode: float
    encode_megapixel: float
    decode_megapixel: float


def check(rows: Sequence[CodecRow]) -> None:
    """Raises UsageError where the rows differ in what may not be averaged, or say one thing twice."""
    kinds = {
        "protocol": {row.protocol for row in rows},
        "display": {f"{row.viewing} ({row.ppd:g} pixels per degree)" for row in rows},
        "target": {", ".join(f"{jnd:g} JND" for jnd in row.targets.values()) for row in rows},
        "observer": {row.source for row in good(rows)},
    }
    for spec in codecs(rows):
        own = [row for row in good(rows) if row.codec == spec]
        kinds[f"what coded as {spec}"] = {row.coded_by for row in own}
        settings = (row.levels["value"] for row in own if row.levels)
        kinds[f"the settings of {spec}"] = {", ".join(f"{value:g}" for value in values) for values in settings}
    check_alike(kinds)
    check_once(f"{row.input} in {row.codec}" for row in rows)


def sets(rows: Sequence[CodecRow]) -> dict[str, list[CodecRow]]:
    """The rows of each folder of pictures, by the name that was given to the command; of more than one, all of them."""
    folders: dict[str, list[CodecRow]] = {}
    for row in sorted(rows, key=lambda row: row.input):
        path = PurePath(row.input)
        folder = str(path.parent) if path.is_absolute() or len(path.parts) == 1 else path.parts[0]
        folders.setdefault(folder, []).append(row)
    return {**folders, ALL: list(rows)} if len(folders) > 1 else folders


def codecs(rows: Iterable[CodecRow]) -> list[str]:
    """Those there are rows of, in the order of tables."""
    return sorted({row.codec for row in rows}, key=place)


def rival(name: str, there: Iterable[str]) -> str | None:
    """The spec that stands for a codec: its bare name, or the first with options; None where there is none."""
    # The bare name sorts before those with options.
    specs = sorted(spec for spec in there if spec.partition(":")[0] == name)
    return specs[0] if specs else None


def good(rows: Sequence[CodecRow]) -> list[CodecRow]:
    return [row for row in rows if row.error is None]


def sizes(rows: Sequence[CodecRow], share: str) -> list[Sizes]:
    """Bytes of the files for one share of viewers, a line a codec; last JPEG at a fixed quality, for whoever looks."""
    files = _files(rows, share)
    met = [spec for spec in codecs(good(rows)) if files.get(spec)]
    lines = [_sizes(spec, files[spec], files, _count(rows, spec) - len(files[spec])) for spec in met]
    if (spec := rival(AGAINST, codecs(good(rows)))) is not None:
        fixed = _fixed(rows, spec)
        lines += [_sizes(f"{spec}, quality {FIXED:g}", fixed, files, 0)] if fixed else []
    return lines


def rates(rows: Sequence[CodecRow], spec: str) -> dict[str, Rate]:
    """For each measure the bytes of a codec against JPEG's where both read the same; empty without JPEG."""
    base = rival(AGAINST, codecs(good(rows)))
    if base is None:
        return {}
    theirs = {row.input: row for row in good(rows) if row.codec == base}
    pairs = [(row, theirs[row.input]) for row in good(rows) if row.codec == spec and row.input in theirs]
    by_measure = {}
    for name in MEASURES:
        differences = [rate_difference(curve(row, name), curve(other, name)) for row, other in pairs]
        values = [value for value in differences if value is not None]
        by_measure[name] = Rate(mean(values) if values else None, len(differences) - len(values))
    return by_measure


def times(rows: Sequence[CodecRow], spec: str) -> Times:
    """Seconds of wall clock. rows: with results of that codec among them."""
    mine = [row for row in good(rows) if row.codec == spec]

    def over(name: str, unit: Callable[[CodecRow], float]) -> float:
        return median(median(row.levels[name]) / unit(row) for row in mine)

    return Times(
        *(over(name, lambda row: 1.0) for name in ("encode", "decode")),
        *(over(name, lambda row: row.megapixels) for name in ("encode", "decode")),
    )


def _count(rows: Sequence[CodecRow], spec: str) -> int:
    return sum(row.codec == spec for row in good(rows))


def _files(rows: Sequence[CodecRow], share: str) -> Files:
    files: dict[str, dict[str, File]] = {}
    for row in good(rows):
        answer = row.answers.get(share, {})
        size, jnd = answer.get("bytes"), answer.get("jnd")
        # A target that no setting met has neither.
        if isinstance(size, int) and isinstance(jnd, float | int):
            files.setdefault(row.codec, {})[row.input] = File(size, float(jnd))
    return files


def _fixed(rows: Sequence[CodecRow], spec: str) -> dict[str, File]:
    files = {}
    for row in good(rows):
        if row.codec == spec and FIXED in row.levels["value"]:
            at = row.levels["value"].index(FIXED)
            files[row.input] = File(int(row.levels["bytes"][at]), row.levels["jnd"][at])
    return files


def _sizes(codec: str, mine: Mapping[str, File], files: Files, unmet: int) -> Sizes:
    def others(name: str) -> Mapping[str, File]:
        spec = rival(name, files)
        return {} if spec is None or spec == codec else files[spec]

    base = others(AGAINST)
    ratios = [math.log(file.bytes / base[name].bytes) for name, file in mine.items() if name in base]
    fewer = {}
    for name in RIVALS:
        both = [(file.bytes, others(name)[picture].bytes) for picture, file in mine.items() if picture in others(name)]
        if both:
            fewer[name] = sum(ours < theirs for ours, theirs in both), len(both)
    return Sizes(
        codec,
        mean([math.log(file.bytes) for file in mine.values()]),
        mean([file.jnd for file in mine.values()]),
        unmet,
        mean(ratios) if ratios else None,
        fewer,
    )


def curve(row: CodecRow, name: str) -> Curve:
    quality = row.levels[name]
    if name == "jnd":
        # Rising with quality, and nearly straight over ln(bytes).
        quality = [-math.log(max(jnd, LEAST)) for jnd in quality]
    return Curve(row.levels["bytes"], quality)
