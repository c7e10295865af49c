"""What the scale says of answers that no fit saw: the interval to state, and whether one codec's bias may be corrected.

    python tools/unseen.py DATA

DATA holds labels/JPEG-AIC_metric_scores.csv and people/midd/answers.csv. The readings are rows that exist:
rows/observers.jsonl and rows/konjnd.jsonl.

The interval is for a source and a codec that the sample does not have; whether it holds is told with curve and interval
alike fitted without the source and the codec that are judged. A bias is of JPEG against the other codecs of the same
study, as a part of the reading: people of two studies are never compared. A correction is taken up where it tells
answers better that it was not fitted to: those to other sources of its own study, and those of the other studies.
Writes rows/unseen.jsonl. Seconds.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.errors import UsageError
from jndkit.evaluation.intervals import student_t
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.rows import by_kind, from_json
from jndkit.evaluation.observers.shares import TABLE as MIDD, score
from jndkit.evaluation.observers.subjective import AicSample, Names, Shares, aic_sample, shares
from jndkit.evaluation.observers.units import CODECS, line
from jndkit.evaluation.observers.unseen import NEAR, components, held_out, left_out, stated
from jndkit.evaluation.rows import read
from jndkit.study.psychometric import Floats, fitted

BENCHMARKS = Path(__file__).parents[1] / "benchmarks" / "rows"
ROWS = BENCHMARKS / "unseen.jsonl"
JPEG = "2"  # of the AIC-4 table
LOOKS = ("cvvdp", "cvvdp, side-by-side")

Row = dict[str, Any]


def interval(values: Floats) -> Row:
    """Mean of ln(reading) of JPEG less that of the others, at what people find equal, and its 90 % interval."""
    half = student_t(0.9, len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    mean = float(values.mean())
    return {"bias": mean, "interval_90": [mean - half, mean + half], "pictures": len(values)}


def to_state(answers: AicSample) -> Row:
    """The error to state, what it is made of, and how often intervals of it hold."""
    d, x, source, codec = answers.jnd, answers.metrics["CVVDP"], answers.source, answers.codec
    reading = left_out(line, x, d, source)
    error, near = reading - d, reading < NEAR
    whole, parts = stated(reading, d, source, codec), components(error[near], source[near], codec[near])
    held = held_out(line, x, d, source, codec)
    inside, low = held.holds(d), held.reading < NEAR
    return {
        "study": "AIC-4, flicker",
        "stated": "for a source and a codec not seen",
        "floor": whole.floor,
        "share": whole.share,
        "sd_below_1.5": {name: math.sqrt(getattr(parts, name)) for name in ("source", "codec", "pair", "rest")},
        "freedom_below_1.5": parts.freedom,
        "inside_90": float(inside.mean()),
        "inside_90_below_1.5": float(inside[low].mean()),
        "inside_90_by_source": {str(name): float(inside[source == name].mean()) for name in np.unique(source)},
        "inside_90_by_codec": by_codec(inside, codec),
        "bias_by_codec": by_codec(error, codec),
        "bias_by_codec_below_1.5": by_codec(error[near], codec[near]),
    }


def by_codec(values: Floats, codec: Names) -> dict[str, float]:
    return {name: float(values[codec == number].mean()) for number, name in CODECS.items()}


def slope(x: Floats, d: Floats) -> float:
    """Of d = slope x."""
    return float(d @ x / (x @ x))


def aic(answers: AicSample) -> Iterator[Row]:
    """In flicker: JPEG against five codecs, source by source; then a factor a codec, fitted without the source."""
    away, jpeg = 10.0 - answers.metrics["CVVDP"], answers.codec == JPEG
    of_source = [answers.source == name for name in np.unique(answers.source)]
    gaps = [
        math.log(slope(away[own & ~jpeg], answers.jnd[own & ~jpeg]) / slope(away[own & jpeg], answers.jnd[own & jpeg]))
        for own in of_source
    ]
    yield {"study": "AIC-4, flicker", "against": "five codecs", **interval(np.array(gaps))}
    plain = left_out(line, answers.metrics["CVVDP"], answers.jnd, answers.source)
    factored = np.empty_like(plain)
    for own in of_source:
        for number in CODECS:
            cell = own & (answers.codec == number)
            others = ~own & (answers.codec == number)
            factored[cell] = slope(away[others], answers.jnd[others]) * away[cell]
    for name, reading in (("no factor", plain), ("a factor for each codec", factored)):
        error = reading - answers.jnd
        yield {
            "study": "AIC-4, flicker",
            "correction": name,
            "rmse_left_out": math.sqrt(float((error**2).mean())),
            "rmse_left_out_below_1.5": math.sqrt(float((error[plain < NEAR] ** 2).mean())),
        }


def midd(answers: Shares, readings: Readings, factors: dict[str, float]) -> Iterator[Row]:
    """Side by side: JPEG against WebP, picture by picture, where half notice; then with a factor on JPEG.

    factors: ln of what a reading of JPEG is divided by, by the names of the corrections.
    """
    jpeg = answers.codec == "jpeg"
    measured = {measure.name: x for measure, x in readings.ln(answers.picture.tolist(), answers.file.tolist())}
    for name in LOOKS:
        x = measured[name]
        gaps = []
        for picture in answers.pictures:
            own = answers.picture == picture
            try:
                halves = [fitted(x[own & codec], answers.counts.of(own & codec)).middle for codec in (jpeg, ~jpeg)]
            except UsageError:  # nobody, or everybody, noticed one codec
                continue
            gaps.append(halves[0] - halves[1])
        yield {"study": "MIDD-GAR, side by side", "against": "WebP", "reading": name, **interval(np.array(gaps))}
        for correction, factor in factors.items():
            scores = score(name, x - factor * jpeg, answers).scores
            yield {
                "study": "MIDD-GAR, side by side",
                "correction": correction,
                "reading": name,
                "log_likelihood_left_out": scores["log_likelihood"],
                "rmse_left_out": scores["rmse"],
            }


def konjnd(path: Path) -> Row:
    """In flicker, a crowd: what other photographs read where SSIMULACRA 2 says what it says at people's thresholds."""
    read_at: dict[str, dict[str, float]] = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        if "jnd" in row:
            read_at.setdefault(row["file"], {})[row["codec"]] = row["jnd"]
    gaps = [math.log(both["jpeg:420"] / both["bpg:420"]) for both in read_at.values() if len(both) == 2]
    return {"study": "KonJND-1k, flicker, at its mean score", "against": "BPG", **interval(np.array(gaps))}


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with labels/ and people/")
    data: Path = parser.parse_args().data
    readings, _ = by_kind(read(BENCHMARKS / "observers.jsonl", from_json))
    sample = aic_sample(data)
    rows = [to_state(sample), *aic(sample)]
    factors = {"no factor": 0.0, "the factor of AIC-4": rows[1]["bias"]}
    rows += midd(shares(data), Readings(readings, MIDD), factors)
    rows.append(konjnd(BENCHMARKS / "konjnd.jsonl"))
    ROWS.write_text("".join(json.dumps(rounded(row)) + "\n" for row in rows), encoding="utf-8")
    for row in rows:
        print(json.dumps(rounded(row)))


if __name__ == "__main__":
    main()
