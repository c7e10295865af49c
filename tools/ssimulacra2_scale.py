"""Fits the scale of the observer `ssimulacra2` in JND to the answers of JPEG AIC-4, leaving each source out in turn.

    python tools/ssimulacra2_scale.py DATA             the curve, its error, and what is beside it
    python tools/ssimulacra2_scale.py DATA --speed     only processor time of a reading at 1920 x 1080; other rows stay

DATA holds labels/JPEG-AIC_metric_scores.csv and labels/visibility.csv with the pictures of train/. The first table has
the scores beside the answers; its licence does not allow a copy here. The coded files of the second are made again,
kept in build/mapped/ and compared with its bytes; they give the ratio of the worst 3 degrees to the worst window.
Writes rows/ssimulacra2.jsonl and observers/ssimulacra2/scale.json. About five minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from jndkit.evaluation.observers.subjective import AicSample, aic_sample
from jndkit.evaluation.observers.units import CODECS, PowerCurve, power_curve, score_curve
from jndkit.evaluation.observers.unseen import NEAR, held_out, left_out, stated
from jndkit.observers.ssimulacra2 import Ssimulacra2
from jndkit.observers.ssimulacra2.scale import FILE
from jndkit.picture import Picture
from jndkit.study.psychometric import Floats
from jndkit.viewing import DISPLAYS
from labelled import KEPT, labels, shown, versions

VERSION = "2.1-1"  # of the measure, then of its scale
ROWS = Path(__file__).parents[1] / "benchmarks" / "rows" / "ssimulacra2.jsonl"
NEAR_TARGET = (0.35, 0.65)  # JND about 75 % of viewers, for the worst place over the worst window

Row = dict[str, Any]


def constant(x: Floats, d: Floats) -> Callable[[Floats], Floats]:
    mean = float(d.mean())
    return lambda x: np.full(len(x), mean)


def rms(error: Floats) -> float:
    return math.sqrt(float(np.mean(error**2)))


def curve_row(answers: AicSample) -> Row:
    """The curve, its error on sources it was not fitted on, and the interval to state as `tools/unseen.py` has it."""
    x, d, source = answers.metrics["SSIMULACRA2"], answers.jnd, answers.source
    curve, reading = score_curve(x, d), left_out(score_curve, x, d, source)
    error, near = reading - d, reading < NEAR
    floor, share = rms(error[near]), rms((error / np.maximum(reading, NEAR))[~near])
    whole = stated(reading, d, source, answers.codec)
    inside = held_out(score_curve, x, d, source, answers.codec).holds(d)
    names = sorted(set(source.tolist()), key=int)
    return {
        "fit": "SSIMULACRA2",
        "gain": curve.gain,
        "unit": curve.unit,
        "unit_by_source_left_out": {name: score_curve(x[source != name], d[source != name]).unit for name in names},
        "rmse": rms(curve(x) - d),
        "rmse_left_out": rms(error),
        "rmse_left_out_reading_below_1.5": floor,
        "relative_rmse_left_out_reading_above_1.5": share,
        "stated_floor": whole.floor,
        "stated_share": whole.share,
        "bias_left_out_by_source": {name: float(error[source == name].mean()) for name in names},
        "bias_left_out_by_codec": {name: float(error[answers.codec == key].mean()) for key, name in CODECS.items()},
        "share_inside_90": float(inside.mean()),
        "share_inside_90_by_source": {name: float(inside[source == name].mean()) for name in names},
        "share_inside_90_by_codec": {name: float(inside[answers.codec == key].mean()) for key, name in CODECS.items()},
    }


def baseline_rows(answers: AicSample) -> Iterator[Row]:
    """Beside it: PSNR, one JND for all, and a curve of three constants, which is zero above its offset."""

    def curve(offsets: Floats) -> Callable[[Floats, Floats], PowerCurve]:
        return partial(power_curve, offsets=offsets, powers=np.arange(0.3, 3.0, 0.1))

    forms: tuple[tuple[str, str, Callable[[Floats, Floats], Callable[[Floats], Floats]]], ...] = (
        ("SSIMULACRA2, three constants", "SSIMULACRA2", curve(np.linspace(80.0, 110.0, 31))),
        ("PSNR-Y, three constants", "PSNR-Y", curve(np.linspace(42.0, 70.0, 29))),
        ("one JND for all", "PSNR-Y", constant),
    )
    d = answers.jnd
    for label, metric, form in forms:
        x = answers.metrics[metric]
        error = left_out(form, x, d, answers.source) - d
        yield {"fit": label, "rmse": rms(form(x, d)(x) - d), "rmse_left_out": rms(error)}


def local_ratios(job: tuple[str, str, list[dict[str, str]]]) -> list[float]:
    """The worst 3 degrees over the worst window where the window reads about the usual target, on one picture."""
    cv2.setNumThreads(1)
    data, name, rows = job
    # Where the psychophysical observer reads far from the target, this one does, too.
    near = [row for row in rows if any(display == "desktop" and jnd < NEAR for display, jnd in shown(row))]
    reference, decoded = versions(data, name, near)
    watched = Ssimulacra2().watch(Picture(reference), DISPLAYS["desktop"])
    readings = [watched.places(Picture(rgb)) for _, rgb in decoded]
    return [place[0] / window[0] for window, place in readings if NEAR_TARGET[0] < window[0] < NEAR_TARGET[1]]


def ratio_row(data: Path, jobs: int) -> Row:
    KEPT.mkdir(parents=True, exist_ok=True)
    train = [(str(data), name, rows) for name, rows in labels(data).items() if name.startswith("train/")]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        ratios = [ratio for ratios in pool.map(local_ratios, train) for ratio in ratios]
    return {
        "fit": "local ratio, 98 of 100 encodes",
        "local_ratio": float(np.percentile(ratios, 98)),
        "median": float(np.median(ratios)),
        "pictures": len(train),
        "encodes": len(ratios),
    }


def speed_row() -> Row:
    """Processor milliseconds at 1920 x 1080, of all threads: the least of nine."""
    random = np.random.default_rng(1)
    rgb = np.clip(cv2.GaussianBlur(random.normal(128, 300, (1080, 1920, 3)), (0, 0), 4), 0, 255).astype(np.uint8)
    decoded = Picture(np.clip(rgb + random.integers(-6, 7, rgb.shape), 0, 255).astype(np.uint8))
    watched = Ssimulacra2().watch(Picture(rgb), DISPLAYS["desktop"])

    def milliseconds(call: Callable[[], object]) -> float:
        taken = []
        for _ in range(9):
            start = time.process_time()
            call()
            taken.append((time.process_time() - start) * 1e3)
        return round(min(taken), 1)

    return {
        "fit": "speed at 1920 x 1080",
        "watch_cpu_ms": milliseconds(lambda: Ssimulacra2().watch(Picture(rgb), DISPLAYS["desktop"])),
        "probe_cpu_ms": milliseconds(lambda: watched(decoded)),
    }


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    return {key: rounded(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def write(rows: list[Row]) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    ROWS.write_text(lines, encoding="utf-8")
    print(lines, end="")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    if asked.speed:
        kept = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
        write([row for row in kept if "probe_cpu_ms" not in row] + [speed_row()])
        return
    answers = aic_sample(asked.data)
    curve, ratio = rounded(curve_row(answers)), rounded(ratio_row(asked.data, asked.jobs))
    rows = [curve, *map(rounded, baseline_rows(answers)), ratio, speed_row()]
    write(rows)
    plain = {
        "floor": curve["rmse_left_out_reading_below_1.5"],
        "share": curve["relative_rmse_left_out_reading_above_1.5"],
    }
    constants = {
        "source": "tools/ssimulacra2_scale.py",
        "version": VERSION,
        "curve": {"gain": curve["gain"], "unit": curve["unit"]},
        "error": {"floor": curve["stated_floor"], "share": curve["stated_share"]},
        "plain": plain,
        "local_ratio": ratio["local_ratio"],
    }
    FILE.write_text(json.dumps(constants, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
