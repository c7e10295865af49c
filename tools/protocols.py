"""Repeats the fits behind jndkit.protocols and jndkit.visibility from the published label tables.

    python tools/protocols.py --shared DIR

DIR (default: the environment variable JNDKIT_SHARED) holds data/labels/ with the tables of JPEG AIC-4, MCL-JCI and the
readings of ColorVideoVDP on coded photographs. The tables' licences do not allow a copy here; the figures printed and
written to benchmarks/rows/protocols.jsonl are derived from them. How photographs are seen by people who look from place
to place is in benchmarks/rows/looked.jsonl, made by tools/looked.py.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.evaluation.observers.population import lognormal, population
from jndkit.evaluation.observers.units import line, power_curve
from jndkit.evaluation.observers.unseen import NEAR, Z90, left_out
from jndkit.protocols import AIC as AIC_PROTOCOL, PROTOCOLS
from jndkit.study.psychometric import phi
from jndkit.visibility import JND_PER_JOD

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]
Row = dict[str, Any]

AIC, SUR, READINGS = "JPEG-AIC_metric_scores.csv", "derived_MCL-JCI_SUR_by_QF.csv", "visibility.csv"
ROWS = Path(__file__).parents[1] / "benchmarks" / "rows" / "protocols.jsonl"
LOOKED = Path(__file__).parents[1] / "benchmarks" / "rows" / "looked.jsonl"
JPEG, VVC = "2", "5"
# SSIMULACRA2 as reported at the mean threshold of KonJND-1k, and its spread, taken as a standard deviation of pictures.
KONJND = {"jpeg": (63.1, 4.7), "bpg": (65.4, 5.1)}
QUALITY = np.arange(15.0, 98.0)
T90 = 2.1318  # 95th percentile of Student's t with the 4 degrees of freedom of five sources


def table(shared: Path, name: str) -> list[dict[str, str]]:
    with (shared / "data" / "labels" / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def column(rows: list[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) for row in rows])


def names(rows: list[dict[str, str]], name: str) -> Names:
    return np.array([row[name] for row in rows])


def rms(error: Floats) -> float:
    return math.sqrt(float(np.mean(error**2)))


def mean_interval(values: Floats) -> tuple[float, float]:
    """90 % interval of the mean of five sources."""
    half = T90 * float(values.std(ddof=1)) / math.sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half


# --- the JPEG AIC-4 sample: from a metric to JND -----------------------------------------------------------------


def slope(x: Floats, d: Floats) -> float:
    """Least squares of d = slope x."""
    return float(d @ x / (x @ x))


def by_source(values: Floats, source: Names, summary: Callable[[Floats], Any]) -> dict[str, float]:
    return {str(s): float(summary(values[source == s])) for s in sorted(set(source), key=int)}


def aic_fit(shared: Path) -> Row:
    """The line through the origin, and its error on sources it was not fitted on."""
    rows = table(shared, AIC)
    d, x, source = column(rows, "distortion"), column(rows, "CVVDP"), names(rows, "img_num")
    slopes = {s: slope(10.0 - x[source == s], d[source == s]) for s in sorted(set(source.tolist()), key=int)}
    reading = left_out(line, x, d, source)
    error, near = d - reading, reading < NEAR
    inside = np.abs(error) < Z90 * np.array([AIC_PROTOCOL.error(d) for d in reading])
    return {
        "fit": "aic, d = k (10 - Q_JOD)",
        "k": slope(10.0 - x, d),
        "k_by_source": slopes,
        "k_interval_90": list(mean_interval(np.array(list(slopes.values())))),
        "rmse": rms(d - line(x, d)(x)),
        "rmse_left_out": rms(error),
        "rmse_left_out_reading_below_1.5": rms(error[near]),
        "relative_rmse_left_out_reading_above_1.5": rms((error / np.maximum(reading, NEAR))[~near]),
        "share_inside_90": float(inside.mean()),
        "share_inside_90_by_source": by_source(inside.astype(np.float64), source, np.mean),
    }


def aic_committed(shared: Path) -> Row:
    """The error of the line with the slope that jndkit uses."""
    rows = table(shared, AIC)
    d, source = column(rows, "distortion"), names(rows, "img_num")
    reading = JND_PER_JOD * (10.0 - column(rows, "CVVDP"))
    error = reading - d
    return {
        "fit": f"aic, k = {JND_PER_JOD:.2f} as committed",
        "rmse": rms(error),
        "rmse_reading_below_1.5": rms(error[reading < NEAR]),
        "rmse_people_below_1.5": rms(error[d < NEAR]),
        "bias": float(error.mean()),
        "bias_by_source": by_source(error, source, np.mean),
    }


def aic_baselines(shared: Path) -> Iterator[Row]:
    """The same with free power and offset, the other metrics with a fitted curve, and a constant."""
    rows = table(shared, AIC)
    d, source = column(rows, "distortion"), names(rows, "img_num")
    forms = {
        "CVVDP, power free": (np.array([10.0]), np.arange(0.6, 1.5, 0.05)),
        "CVVDP, power and offset free": (np.linspace(9.9, 10.05, 31), np.arange(0.6, 1.5, 0.05)),
        "SSIMULACRA2, curve": (np.linspace(80.0, 110.0, 31), np.arange(0.3, 2.0, 0.05)),
        "PSNR-Y, curve": (np.linspace(42.0, 70.0, 29), np.arange(0.3, 3.0, 0.1)),
    }
    for label, (offsets, powers) in forms.items():
        x = column(rows, label.split(",")[0])
        fit = partial(power_curve, offsets=offsets, powers=powers)
        whole = fit(x, d)
        error = d - left_out(fit, x, d, source)
        yield {"fit": f"aic, {label}", **asdict(whole), "rmse": rms(d - whole(x)), "rmse_left_out": rms(error)}
    yield {"fit": "aic, constant guess", "rmse": rms(d - d.mean())}


# --- KonJND-1k: where SSIMULACRA2 puts its mean threshold, in JND ----------------------------------------------------


def at_score(score: Floats, value: Floats, target: float) -> float:
    """`value` where the score is `target`; below the lowest score along the line through the last three levels."""
    order = np.argsort(score)
    score, value = score[order], value[order]
    if target < score[0]:
        gradient, constant = np.polyfit(score[:3], value[:3], 1)
        return float(gradient * target + constant)
    return float(np.interp(target, score, value))


def konjnd_fit(shared: Path, coder: str) -> Row:
    """JPEG is in the AIC-4 sample; BPG (HEVC intra) is not, so VVC stands in for it."""
    target, spread = KONJND[coder]
    rows = [row for row in table(shared, AIC) if row["codec"] == (JPEG if coder == "jpeg" else VVC)]
    numbers = sorted({row["img_num"] for row in rows}, key=int)
    sources = [[row for row in rows if row["img_num"] == name] for name in numbers]

    def across(quantity: Callable[[list[dict[str, str]]], Floats], score: float) -> Floats:
        return np.array([at_score(column(s, "SSIMULACRA2"), quantity(s), score) for s in sources])

    people = across(lambda s: column(s, "distortion"), target)
    readings = across(lambda s: JND_PER_JOD * (10.0 - column(s, "CVVDP")), target)
    return {
        "fit": f"konjnd, {coder}" + ("" if coder == "jpeg" else " (VVC stands in: the sample has no HEVC)"),
        "ssimulacra2": target,
        "d50": float(people.mean()),
        "d50_interval_90": list(mean_interval(people)),
        "d50_by_source": dict(zip(numbers, people.tolist(), strict=True)),
        "sources_extrapolated": sum(bool(column(s, "SSIMULACRA2").min() > target) for s in sources),
        "d50_one_sd_of_pictures": [
            float(across(lambda s: column(s, "distortion"), target + sign * spread).mean()) for sign in (1, -1)
        ],
        "observer_reads": float(readings.mean()),
        "observer_reads_interval_90": list(mean_interval(readings)),
    }


# --- MCL-JCI: the share of satisfied viewers over JPEG quality ------------------------------------------------------


def monotone(x: Floats, y: Floats, at: Floats) -> Floats:
    """Piecewise cubic Hermite interpolation that adds no extremum.

    Source: Fritsch and Butland 1984, slopes; the ends by the one-sided three-point formula, limited.
    """
    step = np.diff(x)
    chord = np.diff(y) / step
    gradient = np.zeros_like(y)
    w1, w2 = 2 * step[1:] + step[:-1], step[1:] + 2 * step[:-1]
    same = chord[:-1] * chord[1:] > 0
    gradient[1:-1][same] = ((w1 + w2)[same]) / (w1[same] / chord[:-1][same] + w2[same] / chord[1:][same])
    for end, h0, h1, c0, c1 in (
        (0, step[0], step[1], chord[0], chord[1]),
        (-1, step[-1], step[-2], chord[-1], chord[-2]),
    ):
        slope_end = ((2 * h0 + h1) * c0 - h0 * c1) / (h0 + h1)
        gradient[end] = 0.0 if slope_end * c0 <= 0 else math.copysign(min(abs(slope_end), 3 * abs(c0)), c0)
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    h, t = step[i], (at - x[i]) / step[i]
    return np.asarray(
        y[i] * (1 + 2 * t) * (1 - t) ** 2
        + y[i + 1] * t**2 * (3 - 2 * t)
        + h * gradient[i] * t * (1 - t) ** 2
        - h * gradient[i + 1] * t**2 * (1 - t),
        dtype=np.float64,
    )


def readings_by_quality(shared: Path, display: str) -> Floats:
    """JND (pictures, QUALITY) of the JPEG-coded pictures of train/; the other folders are kept for judging."""
    points = defaultdict(list)
    for row in table(shared, READINGS):
        if row["codec"] == "jpeg" and row["file"].startswith("train/"):
            points[row["file"]].append((float(row["quality"]), JND_PER_JOD * (10.0 - float(row[display]))))
    return interpolated([np.array(sorted(p)).T for _, p in sorted(points.items())])


def looked_by_quality(viewing: str) -> Floats:
    """The same as people see it who look from place to place."""
    with LOOKED.open(encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if row["viewing"] == viewing]
    return interpolated([np.array([row["quality"], row["jnd"]], dtype=np.float64) for row in rows])


def interpolated(curves: list[Floats]) -> Floats:
    """JND (pictures, QUALITY) of curves of (qualities, JND)."""
    readings = np.array([monotone(qualities, jnd, QUALITY) for qualities, jnd in curves])
    return np.asarray(np.maximum(1e-6, readings), dtype=np.float64)


def satisfied_by_quality(shared: Path) -> Floats:
    """First satisfied-user ratio (sources, QUALITY) of MCL-JCI."""
    points: dict[str, dict[float, float]] = defaultdict(dict)
    for row in table(shared, SUR):
        points[row["ref_img"]][float(row["qf"])] = float(row["first_SUR"])
    return np.array([[p[q] for q in QUALITY] for _, p in sorted(points.items())])


def mcl_jci_fit(shared: Path, viewing: str, draws: int = 0, *, look: bool = True) -> Row:
    """One viewing's fit; `draws` bootstrap samples of pictures and of MCL-JCI sources give its intervals.

    look: False fits the observer's own readings, without how people look.
    """
    plain = {"4k": "q_4k", "desktop": "q_fhd"}[viewing]
    log_d = np.log(looked_by_quality(viewing) if look else readings_by_quality(shared, plain))
    people = satisfied_by_quality(shared)
    d50, spread = lognormal(log_d, people.mean(0))
    gap = np.abs(population(log_d, d50, spread) - people.mean(0))
    row: Row = {
        "fit": f"mcl-jci, {viewing}" + ("" if look else ", by readings alone"),
        "d50": d50,
        "spread": spread,
        "pictures": len(log_d),
        "sources": len(people),
        "curve_rms_difference": rms(gap),
        "curve_mean_difference": float(gap.mean()),
        "curve_max_difference": float(gap.max()),
        "curve_max_at_quality": int(QUALITY[gap.argmax()]),
        **spread_over_pictures(log_d, d50, spread, people),
    }
    if draws:
        random = np.random.default_rng(0)
        samples = np.array(
            [
                lognormal(
                    log_d[random.integers(0, len(log_d), len(log_d))],
                    people[random.integers(0, len(people), len(people))].mean(0),
                )
                for _ in range(draws)
            ]
        )
        row["d50_interval_90"], row["spread_interval_90"] = np.percentile(samples, [5, 95], axis=0).T.tolist()
    return row


def spread_over_pictures(log_d: Floats, d50: float, spread: float, people: Floats) -> Row:
    """The JPEG quality at which 75 % of viewers are satisfied: its deciles and ends over pictures, and over people's.

    Their pictures are others, so that distributions alone can be compared: by the mean distance of their quantiles.
    """

    def at_75(satisfied: Floats) -> Floats:
        rising = np.maximum.accumulate(satisfied, axis=1)
        return np.array([np.interp(0.75, each, QUALITY) for each in rising])

    ours, theirs = at_75(phi((math.log(d50) - log_d) / spread)), at_75(people)
    levels = np.linspace(0.01, 0.99, 99)
    return {
        "q75": [float(each) for each in np.percentile(ours, [0, 10, 50, 90, 100])],
        "q75_people": [float(each) for each in np.percentile(theirs, [0, 10, 50, 90, 100])],
        "q75_sd": float(ours.std()),
        "q75_sd_people": float(theirs.std()),
        "q75_distance": float(np.abs(np.quantile(ours, levels) - np.quantile(theirs, levels)).mean()),
    }


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=os.environ.get("JNDKIT_SHARED"), help="folder with data/labels/")
    parser.add_argument("--draws", type=int, default=300, help="bootstrap samples of the mcl-jci intervals")
    parser.add_argument("--out", type=Path, default=ROWS)
    arguments = parser.parse_args()
    if arguments.shared is None:
        parser.error("give --shared DIR or set JNDKIT_SHARED")
    shared: Path = arguments.shared
    tables = {
        name: hashlib.sha256((shared / "data" / "labels" / name).read_bytes()).hexdigest()
        for name in (AIC, SUR, READINGS)
    }
    rows = [
        aic_fit(shared),
        aic_committed(shared),
        *aic_baselines(shared),
        *(konjnd_fit(shared, coder) for coder in KONJND),
        *(mcl_jci_fit(shared, fit.viewing, arguments.draws) for fit in PROTOCOLS["mcl-jci"]),
        *(mcl_jci_fit(shared, fit.viewing, look=False) for fit in PROTOCOLS["mcl-jci"]),
        {"fit": "inputs", "sha256": tables},
    ]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(rounded(row)) + "\n")
    for row in rows[:-1]:
        print(row["fit"])
        for key, value in row.items():
            if key != "fit":
                print(f"    {key:42} {rounded(value)}")


if __name__ == "__main__":
    main()
