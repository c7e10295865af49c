"""What every JND map says of visible difference: constants from train/, errors on valid/, beside plain measures.

    python tools/mapped.py DATA                     every model of pixelwise.MODELS, and the measures beside them
    python tools/mapped.py DATA --model wu2017      these models only; rows of others stay
    python tools/mapped.py DATA --speed             only processor time of a reading at 1920 x 1080
    python tools/mapped.py DATA --table             the tables of the documentation, from rows that exist

DATA holds labels/visibility.csv: readings of the published ColorVideoVDP on coded pictures of train/ and valid/, whole
pictures, two displays. The coded files are made again, kept in build/mapped/ and compared with the bytes of the table.
Writes rows/mapped.jsonl and observers/mapped/constants.json.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import multiprocessing
import statistics
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.observers.intervals import reading_interval
from jndkit.observers.mapped.constants import FILE, Constants
from jndkit.observers.mapped.exceedance import inverse_threshold, low_passed_error, raised
from jndkit.observers.mapped.observer import WatchedMapped
from jndkit.picture import Picture
from jndkit.pixelwise import MODELS
from jndkit.study.psychometric import rank_correlation
from jndkit.viewing import DISPLAYS
from jndkit.visibility import RESIDUAL, observer_sigma
from labelled import COLUMNS, EVERY, KEPT, Rgb, labels, shown, versions

VERSION = "1"
ROWS = Path(__file__).parents[1] / "benchmarks" / "rows" / "mapped.jsonl"
CODECS = ("jpeg", "webp", "avif", "heic")
BETAS = (1, 2, 3, 4)
CHROMA = tuple(round(0.05 * n, 2) for n in range(21))
BELIEFS = (0.0, 0.25, 0.5, 0.75, 1.0)  # exponents on the map, for the figure of how far its range helps
NEAR_TARGET = (0.35, 0.65)  # JND about 75 % of viewers, for the worst place over the worst window
FLAT = 5.0  # code values: the map that knows nothing
AT_ONCE = 4  # models in one pass over a picture: bounds memory

Floats = npt.NDArray[np.float64]
Features = dict[str, list[Any]]


def features(job: tuple[str, str, list[dict[str, str]], tuple[str, ...]]) -> Features:
    """Of one picture: labels, plain measures, and for every model the means of x^beta, (beliefs, betas, 2) each."""
    cv2.setNumThreads(1)
    data, name, rows, models = job
    reference, decoded = versions(data, name, rows)
    weights = {model: beliefs(reference, model) for model in models}
    one = np.ones(reference.shape[:2], np.float32)
    out: Features = defaultdict(list)
    for row, rgb in decoded:
        displays = list(shown(row))
        likeness = ssim(reference, rgb) if displays else 0.0
        for display, jnd in displays:
            error = low_passed_error(reference, rgb, DISPLAYS[display].ppd)
            powers = [np.stack([part.ravel() for part in raised(error, one, beta)]) for beta in BETAS]
            out["file"].append(name)
            out["codec"].append(row["codec"])
            out["display"].append(display)
            out["jnd"].append(jnd)
            out["psnr"].append(float(row["psnr"]))
            out["ssim"].append(likeness)
            for model in models:
                pairs = zip(powers, weights[model], strict=True)
                # (betas, 2, beliefs) -> (beliefs, betas, 2)
                out[model].append(np.array([p @ w for p, w in pairs]).transpose(2, 0, 1) / weights[model].shape[1])
    return out


def beliefs(reference: Rgb, model: str) -> npt.NDArray[np.float32]:
    """(betas, pixels, beliefs): what multiplies |error|^beta where the map is raised to each of the beliefs."""
    shape = reference.shape[:2]
    inverse = np.full(shape, 1 / FLAT, np.float32) if model == "flat" else inverse_threshold(reference, model)
    relative = (inverse.ravel() * FLAT)[:, None] ** np.array(BELIEFS, np.float32) / FLAT
    return np.stack([relative.astype(np.float32) ** beta for beta in BETAS])


def ssim(reference: Rgb, decoded: Rgb) -> float:
    """Mean structural similarity of luma, Gaussian window of 11 pixels, sigma 1.5. Source: Wang et al. 2004.

    Differs: windows reach beyond the border, which `evaluation.metrics.similarity` leaves out; the rows hold it so.
    """
    x, y = (cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) for rgb in (reference, decoded))

    def local(plane: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5))

    mx, my = local(x), local(y)
    vx, vy, cov = local(x * x) - mx * mx, local(y * y) - my * my, local(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(np.mean((2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))))


def least_squares(target: Floats, *columns: Floats) -> tuple[Floats, float]:
    """Coefficients (constant first) and root mean square error of a linear fit."""
    design = np.stack([np.ones_like(target), *columns], axis=1)
    coefficients: Floats = np.linalg.lstsq(design, target, rcond=None)[0].astype(np.float64)
    return coefficients, rms(design @ coefficients - target)


def rms(error: Floats) -> float:
    return float(np.sqrt(np.mean(error**2)))


def fit_map(means: Floats, ln_jnd: Floats) -> tuple[dict[str, float], float]:
    """beta, chroma, gain, power that leave the least error of ln JND, and that error. means: (n, betas, 2)."""
    best: tuple[float, dict[str, float]] = (math.inf, {})
    for (index, beta), chroma in itertools.product(enumerate(BETAS), CHROMA):
        ln_mean = np.log(means[:, index, 0] + chroma**beta * means[:, index, 1] + 1e-30)
        (offset, slope), error = least_squares(ln_jnd, ln_mean / beta)
        if error < best[0]:
            gain, power = float(np.exp(offset)), float(slope)
            best = error, {"beta": beta, "chroma": chroma, "gain": round(gain, 5), "power": round(power, 5)}
    return best[1], best[0]


def read_map(means: Floats, fit: dict[str, float]) -> Floats:
    """ln of the readings in JND."""
    luma, chroma = np.moveaxis(means[:, BETAS.index(int(fit["beta"]))], -1, 0)
    mean = luma + fit["chroma"] ** fit["beta"] * chroma + 1e-30
    return np.asarray(np.log(fit["gain"]) + fit["power"] / fit["beta"] * np.log(mean))


def spearman(a: Floats, b: Floats) -> float | None:
    """Rank correlation, as the rows hold it; None where all of one side are equal."""
    found = rank_correlation(a, b)
    return None if found is None else round(found, 4)


def scores(ln_read: Floats, table: dict[str, npt.NDArray[Any]]) -> dict[str, Any]:
    """Errors and rank correlations of readings against labels."""
    jnd = table["jnd"]
    ln_error = ln_read - np.log(jnd)
    by_codec = {
        str(codec): spearman(ln_read[table["codec"] == codec], jnd[table["codec"] == codec])
        for codec in np.unique(table["codec"])
    }
    pictures = [spearman(ln_read[table["file"] == name], jnd[table["file"] == name]) for name in set(table["file"])]
    return {
        "readings": len(jnd),
        "pictures": len(set(table["file"])),
        "rmse_jnd": round(rms(np.exp(ln_read) - jnd), 4),
        "rmse_ln": round(rms(ln_error), 4),
        "bias_ln": round(float(ln_error.mean()), 4),
        "rmse_ln_by_display": {display: round(rms(ln_error[table["display"] == display]), 4) for display in COLUMNS},
        "spearman": spearman(ln_read, jnd),
        "spearman_by_codec": by_codec,
        "spearman_within_picture": round(float(np.mean([rho for rho in pictures if rho is not None] or [0.0])), 4),
    }


def covered(ln_read: Floats, jnd: Floats, error: float) -> float:
    """Share of people's answers, drawn about the labels with the psychophysical error, inside the 90 % interval."""
    answers = np.maximum(0.0, np.random.default_rng(0).normal(jnd, [observer_sigma(d) for d in jnd], (200, len(jnd))))
    bounds = np.array([reading_interval(float(d), error) for d in np.exp(ln_read)])
    return round(float(np.mean((answers >= bounds[:, 0]) & (answers <= bounds[:, 1]))), 3)


def fitted_row(model: str, train: dict[str, Any], valid: dict[str, Any]) -> dict[str, Any]:
    """The row of one map, without its local ratio."""
    fit, error = fit_map(train[model][:, -1], np.log(train["jnd"]))
    ln_read = read_map(valid[model][:, -1], fit)
    row: dict[str, Any] = {"reader": model, "kind": "map", "constants": fit, "train": {"rmse_ln": round(error, 4)}}
    row["valid"] = scores(ln_read, valid)
    row["interval_holds"] = covered(ln_read, valid["jnd"], row["valid"]["rmse_ln"])
    others = []
    for index, belief in enumerate(BELIEFS):
        less, its_error = fit_map(train[model][:, index], np.log(train["jnd"]))
        others.append((its_error, belief, rms(read_map(valid[model][:, index], less) - np.log(valid["jnd"]))))
    its_error, belief, on_valid = min(others)
    row["map_raised_to"] = {"exponent": belief, "train_ln": round(its_error, 4), "valid_ln": round(on_valid, 4)}
    return row


def plain_rows(train: dict[str, Any], valid: dict[str, Any]) -> list[dict[str, Any]]:
    """PSNR, SSIM, a constant guess and the psychophysical observer."""

    def columns(table: dict[str, Any], name: str) -> list[Floats]:
        ppd = np.array([DISPLAYS[str(display)].ppd for display in table["display"]])
        measure = {"psnr": -table["psnr"] * math.log(10) / 20, "ssim": np.log(1 - table["ssim"] + 1e-9)}
        return [measure[name], -np.log(ppd / DISPLAYS["desktop"].ppd)] if name in measure else []

    rows: list[dict[str, Any]] = []
    for name in ("psnr", "ssim", "constant"):
        found, error = least_squares(np.log(train["jnd"]), *columns(train, name))
        ln_read = found[0] + sum(c * x for c, x in zip(found[1:], columns(valid, name), strict=True))
        row: dict[str, Any] = {"reader": name, "kind": "measure"}
        row["coefficients"] = [round(float(c), 5) for c in found]
        row["train"] = {"rmse_ln": round(error, 4)}
        row["valid"] = scores(ln_read + np.zeros(len(valid["jnd"])), valid)
        rows.append(row)
    note = "its own readings are the labels; its error to people is another figure"
    rows.append({"reader": "cvvdp", "kind": "labels", "rmse_jnd_to_people": RESIDUAL, "note": note})
    return rows


def local_ratios(job: tuple[str, str, list[dict[str, str]], dict[str, dict[str, Any]]]) -> dict[str, list[float]]:
    """The worst 3 degrees over the worst window near the usual target, for every map, on one picture."""
    cv2.setNumThreads(1)
    data, name, rows, fits = job
    near = [row for row in rows if any(NEAR_TARGET[0] < jnd < NEAR_TARGET[1] for _, jnd in shown(row))]
    reference, decoded = versions(data, name, near)
    watches = {
        (model, display): WatchedMapped(
            Picture(reference), DISPLAYS[display], model, Constants(**fit, local_ratio=math.inf, error=0.0)
        )
        for model, fit in fits.items()
        for display in (COLUMNS if near else ())
    }
    found = defaultdict(list)
    for row, rgb in decoded:
        for display, jnd in shown(row):
            if NEAR_TARGET[0] < jnd < NEAR_TARGET[1]:
                for model in fits:
                    reading = watches[model, display](Picture(rgb))
                    found[model].append(reading.jnd_local / reading.jnd)
    return found


def speed(model: str) -> float:
    """Processor milliseconds of one reading at 1920 x 1080 once the reference has been watched, median of nine."""
    random = np.random.default_rng(1)
    reference = np.clip(cv2.GaussianBlur(random.normal(128, 300, (1080, 1920, 3)), (0, 0), 4), 0, 255).astype(np.uint8)
    decoded = Picture(np.clip(reference + random.integers(-6, 7, reference.shape), 0, 255).astype(np.uint8))
    fit = Constants(3, 0.3, 0.5, 1.3, 2.0, 0.5)
    watched = WatchedMapped(Picture(reference), DISPLAYS["desktop"], model, fit)
    watched(decoded)
    seconds = []
    for _ in range(9):
        start = time.process_time()
        watched(decoded)
        seconds.append(time.process_time() - start)
    return round(statistics.median(seconds) * 1e3, 1)


def gathered(parts: list[Features]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns of train/ and of valid/."""
    whole = {name: np.array(list(itertools.chain(*(part[name] for part in parts)))) for name in parts[0]}
    training = np.char.startswith(whole["file"].astype(str), "train/")
    return {k: v[training] for k, v in whole.items()}, {k: v[~training] for k, v in whole.items()}


def make_rows(data: Path, models: list[str], jobs: int) -> list[dict[str, Any]]:
    KEPT.mkdir(parents=True, exist_ok=True)
    table = labels(data)
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        for first in range(0, len(models), AT_ONCE):
            some = tuple(models[first : first + AT_ONCE])
            parts = list(pool.map(features, [(str(data), name, found, some) for name, found in table.items()]))
            train, valid = gathered([part for part in parts if part])
            made = [fitted_row(model, train, valid) for model in some]
            fits = {row["reader"]: row["constants"] for row in made if row["reader"] != "flat"}
            train_rows = [(name, found) for name, found in table.items() if name.startswith("train/") and fits]
            ratios = list(pool.map(local_ratios, [(str(data), *each, fits) for each in train_rows[::EVERY]]))
            for row in made:
                if row["reader"] in fits:
                    every = list(itertools.chain(*(found[row["reader"]] for found in ratios)))
                    row["constants"]["local_ratio"] = round(float(np.percentile(every, 98)), 3)
                    row["constants"]["error"] = row["valid"]["rmse_ln"]
                    row["probe_cpu_ms"] = speed(row["reader"])
                print(json.dumps(row), flush=True)
            rows += made
        rows += plain_rows(train, valid)
    return rows


def print_tables(rows: list[dict[str, Any]]) -> None:
    """The tables of the documentation, in Markdown."""
    scored = sorted((row for row in rows if "valid" in row), key=lambda row: row["valid"]["rmse_ln"])
    print("| reader | JND | ln JND | factor | rank: all | " + " | ".join(CODECS) + " | within a picture |")
    print("|---|" + "---|" * (5 + len(CODECS)))
    for row in scored:
        of = row["valid"]
        figures = [f"{of['rmse_jnd']:.3f}", f"{of['rmse_ln']:.3f}", f"{math.exp(of['rmse_ln']):.2f}"]
        correlations = [of["spearman"], *(of["spearman_by_codec"][c] for c in CODECS), of["spearman_within_picture"]]
        figures += [f"{rho:.3f}" if rho else "" for rho in correlations]
        print(f"| {row['reader']} | " + " | ".join(figures) + " |")
    print("\n| map | beta | chroma | gain | power | local ratio | interval holds | raised to | ln JND then | CPU ms |")
    print("|---|" + "---|" * 9)
    for row in scored:
        if row["kind"] == "map":
            fit, less = row["constants"], row["map_raised_to"]
            figures = [str(fit[key]) for key in ("beta", "chroma", "gain", "power")] + [str(fit.get("local_ratio", ""))]
            figures += [f"{100 * row['interval_holds']:.0f} %", str(less["exponent"]), f"{less['valid_ln']:.3f}"]
            print(f"| {row['reader']} | " + " | ".join([*figures, str(row.get("probe_cpu_ms", ""))]) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", nargs="+", choices=["flat", *MODELS], default=["flat", *MODELS])
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    if asked.speed:
        for model in asked.model:
            if model != "flat":
                print(model, speed(model), "ms")
        return
    kept = [json.loads(line) for line in ROWS.read_text().splitlines()] if ROWS.exists() else []
    if asked.table:
        print_tables(kept)
        return
    rows = {row["reader"]: row for row in [*kept, *make_rows(asked.data, asked.model, asked.jobs)]}
    order = ["cvvdp", "flat", *MODELS, "ssim", "psnr", "constant"]
    ROWS.write_text("".join(json.dumps(rows[name]) + "\n" for name in order if name in rows))
    constants = {name: rows[name]["constants"] for name in MODELS if name in rows}
    FILE.write_text(json.dumps({"source": "tools/mapped.py", "version": VERSION, "models": constants}, indent=1) + "\n")


if __name__ == "__main__":
    main()
