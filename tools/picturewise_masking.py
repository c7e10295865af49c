"""How much a picture hides from people who look from place to place, by codec and knob, from its answers alone.

    python tools/picturewise_masking.py DATA             reads DATA/train; writes rows/hiding.jsonl and
                                                         picturewise/masking.json
    python tools/picturewise_masking.py DATA --fit       only the table, from rows that exist
    python tools/picturewise_masking.py DATA --sample    what a sample of a large picture misses, on DATA/valid; SAMPLE
                                                         is from it

A photograph x display a row: what the quantised sample reads, plainly and as people look, and the same of coded
pictures. Resumes. The table is a ridge regression for each codec; what it says of pictures that it did not see is
printed, and is what the intervals of `picturewise.masking` come from.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from jndkit.picturewise.masking import UNSEEN, Masking, apart, masked_curve
from jndkit.picturewise.responses import JPEG_QUALITIES, RESPONSES, Responses
from jndkit.viewing import viewing

ROWS = Path(__file__).parents[1] / "benchmarks" / "rows" / "hiding.jsonl"
TABLE = Path(__file__).parents[1] / "src" / "jndkit" / "picturewise" / "masking.json"
SAMPLE = 0.17  # of ln(JND), see `missed`
KNOBS = {
    "jpeg:420": (20, 40, 55, 68, 78, 86, 92),
    "webp": (20, 40, 60, 74, 84, 91),
    "avif:420": (25, 40, 52, 62, 71, 79),
    "heic:420": (20, 32, 42, 51, 60, 70),
    "jxl": (6.0, 4.0, 2.8, 2.0, 1.4, 1.0),
}
EACH = 4  # knobs of a codec that a picture is coded at; all of JPEG's, which is quick
EVERY = 4  # pictures of train/
FARTHER = 3  # of these one in so many is read at the second display too
QUALITIES = (28, 42, 78)  # of JPEG, at which the sample is quantised once more
BETWEEN = (0.25, 5.0)  # JND: beyond, nothing is decided
PENALTY = 1.0  # of the ridge, on features of unit variance
FOLDS = 10
APART = (0.0, 0.05, 0.15, 0.3, 0.6)  # ln(JND)
HELD = 0.9  # of the pictures' own values, by an interval of as many normal deviates


def read_picture(data: Path, name: str, displays: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows of one picture."""
    from jndkit.codecs import codec
    from jndkit.observers.cvvdp import Cvvdp
    from jndkit.picture import load
    from jndkit.picturewise.responses import WatchedSample, responses, sample
    from jndkit.protocols import protocol

    picture = load(data / name)
    drawn = random.Random(name)
    rows: list[dict[str, Any]] = []
    watches = []
    for display in displays:
        fit, shown = protocol("side-by-side", display)
        sampled = WatchedSample(sample(picture.rgb), shown, fit.look)
        told = responses(sampled)
        assert told.masked is not None
        extra = [sampled.answer(sampled.cells(sampled.quantiser.jpeg(quality))) for quality in QUALITIES]
        rows.append(
            {
                "file": name,
                "viewing": display,
                "ppd": round(shown.ppd, 4),
                "read": [round(float(jnd), 5) for jnd in (*told.jnd, *(each.jnd for each in extra))],
                "looked": [round(float(jnd), 5) for jnd in (*told.masked, *(each.masked or 0.0 for each in extra))],
                "coded": [],
            }
        )
        watches.append(Cvvdp().watch(picture, shown, fit))
    for spec, knobs in KNOBS.items():
        configured = codec(spec)
        for knob in sorted(drawn.sample(knobs, EACH if spec != "jpeg:420" else len(knobs))):
            decoded = configured.decode(configured.encode(picture, knob))
            for row, watched in zip(rows, watches, strict=True):
                reading = watched(decoded)
                row["coded"].append([spec, knob, round(reading.raw, 5), round(reading.jnd, 5)])
    return rows


def table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What `picturewise.masking` ships; prints what it says of pictures that took no part."""
    out: dict[str, Any] = {"source": "tools/picturewise_masking.py", "pictures": len({row["file"] for row in rows})}
    told, wanted, names, specs = _points(rows)
    out["codecs"] = {}
    for spec in (*dict.fromkeys(specs), "any"):
        some = np.array([spec in ("any", each) for each in specs])
        out["codecs"][spec.partition(":")[0]] = _ridge(told[some], wanted[some], names[some], spec)
    out["jpeg"] = _jpeg(rows)
    out["typical"] = round(float(np.sqrt(np.mean(wanted**2))), 4)
    return out


def _points(rows: list[dict[str, Any]]) -> tuple[Any, Any, Any, Any]:
    """(features (R, 6), by how much ln(JND) moved (R,), picture (R,), codec (R,)) of all readings that count."""
    told, wanted, names, specs = [], [], [], []
    for row in rows:
        masking = _masking(row)
        for spec, _, read, seen in row["coded"]:
            if BETWEEN[0] < seen < BETWEEN[1] and read > 0.0:
                told.append(masking.features(np.log(read)))
                wanted.append(math.log(seen / read))
                names.append(row["file"])
                specs.append(spec)
    return np.array(told), np.array(wanted), np.array(names), np.array(specs)


def _masking(row: dict[str, Any]) -> Masking:
    told = Responses(np.empty(0), np.array(row["read"][:RESPONSES]), np.array(row["looked"][:RESPONSES]))
    return Masking.of(told, viewing(row["viewing"]))


def _ridge(told: Any, wanted: Any, names: Any, spec: str) -> dict[str, Any]:
    pictures = sorted(set(names))
    fold = np.array([pictures.index(name) % FOLDS for name in names])
    left = np.empty(len(wanted))
    for index in range(FOLDS):
        mine = fold == index
        left[mine] = wanted[mine] - told[mine] @ _weights(told[~mine], wanted[~mine])
    plain = wanted - wanted.mean()
    sigma = _deviation(left)
    print(
        f"{spec}: {len(pictures)} pictures, {len(wanted)} readings, ln(JND) left out: mean {left.mean():+.3f}, "
        f"root mean square {_rms(left):.3f} of {_rms(plain):.3f}, sigma {sigma:.3f}"
    )
    return {"weights": [round(float(each), 5) for each in _weights(told, wanted)], "sigma": round(sigma, 4)}


def _weights(told: Any, wanted: Any) -> Any:
    """Least squares with a penalty on all but the constant, which is the first feature."""
    mean, scale = told[:, 1:].mean(axis=0), told[:, 1:].std(axis=0) + 1e-9
    unit = (told[:, 1:] - mean) / scale
    slopes = np.linalg.solve(unit.T @ unit + PENALTY * np.eye(unit.shape[1]), unit.T @ (wanted - wanted.mean())) / scale
    return np.array([wanted.mean() - slopes @ mean, *slopes])


def _jpeg(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """sigma of ln(JND), by how far from the nearest quantisation that was read."""
    away, errors = [], []
    for row in rows:
        coded = sorted((knob, read, seen) for spec, knob, read, seen in row["coded"] if spec == "jpeg:420")
        knobs, read, seen = (np.array(each, float) for each in zip(*coded, strict=True))
        curve, true = np.log(np.maximum(read, UNSEEN)), np.log(np.maximum(seen, UNSEEN))
        looked = np.log(np.maximum(row["looked"], UNSEEN)).tolist()
        known: dict[float, float] = dict(zip(JPEG_QUALITIES, looked[1:], strict=False))
        for quality, more in zip(QUALITIES, looked[RESPONSES:], strict=False):
            asked = {**known, float(quality): more}
            counts = (seen > BETWEEN[0]) & (seen < BETWEEN[1])
            away += apart(curve, knobs.tolist(), asked)[counts].tolist()
            errors += (masked_curve(curve, knobs.tolist(), _masking(row), asked) - true)[counts].tolist()
    far, error = np.array(away), np.array(errors)
    edges = [*((one + other) / 2.0 for one, other in pairwise(APART)), np.inf]
    sigma = []
    for low, high in pairwise([-1.0, *edges]):
        some = error[(far > low) & (far <= high)]
        sigma.append(round(_deviation(some), 4))
        print(f"jpeg, {low:.3f} to {high:.3f} apart: {len(some)}, mean {some.mean():+.3f}, sigma {sigma[-1]:.3f}")
    return {"apart": list(APART), "sigma": sigma}


def missed(data: Path) -> list[float]:
    """By how much ln(JND) moves in the sample less than in the whole, for every quantisation of large pictures."""
    from jndkit.observers.contract import Box
    from jndkit.picture import load
    from jndkit.picturewise.masking import shift
    from jndkit.picturewise.quantisation import Quantiser
    from jndkit.picturewise.responses import FLAT_STEPS, Sample, WatchedSample, sample
    from jndkit.protocols import protocol

    fit, shown = protocol("side-by-side")
    errors = []
    for path in sorted((data / "valid" / "clic25_final").glob("*.png")):
        rgb = load(path).rgb
        height, width = rgb.shape[:2]
        all_of_it = (Box(0, 0, width, height),)
        every = WatchedSample(Sample(rgb, (height, width), all_of_it, all_of_it), shown, fit.look)
        part = WatchedSample(sample(rgb), shown, fit.look)
        for kind, values in (("jpeg", (40, *JPEG_QUALITIES)), ("flat", FLAT_STEPS)):
            for value in values:
                told = []
                for watched in (part, every):
                    version = getattr(Quantiser(watched.sample.rgb), kind)(value)
                    told.append(shift(watched.answer(watched.cells(version))))
                errors.append(told[0] - told[1])
    return errors


def _deviation(error: Any) -> float:
    """The standard deviation of a normal error whose interval holds as many."""
    return float(np.quantile(np.abs(error), HELD) / NormalDist().inv_cdf(0.5 + HELD / 2.0))


def _rms(error: Any) -> float:
    return float(np.sqrt(np.mean(error**2)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--sample", action="store_true")
    asked = parser.parse_args()
    if asked.sample:
        found = np.array(missed(asked.data))
        print(f"{len(found)} quantisations: mean {np.mean(found):+.3f}, root mean square {_rms(found):.3f}")
        return
    rows = [json.loads(line) for line in ROWS.read_text().splitlines()] if ROWS.exists() else []
    if not asked.fit:
        done = {row["file"] for row in rows}
        names = sorted(str(path.relative_to(asked.data)) for path in (asked.data / "train").rglob("*.webp"))[::EVERY]
        displays = {name: ("desktop", "4k")[: 1 + (at % FARTHER == 0)] for at, name in enumerate(names)}
        random.Random(0).shuffle(names)
        for name in names:
            if name not in done:
                made = read_picture(asked.data, name, displays[name])
                with ROWS.open("a") as out:
                    out.write("".join(json.dumps(row) + "\n" for row in made))
                rows += made
    TABLE.write_text(json.dumps({**table(rows), "sample": SAMPLE}, indent=1) + "\n")


if __name__ == "__main__":
    main()
