"""Fits how people look at two pictures beside each other, and how many notice: the protocol `side-by-side`.

    python tools/side_by_side.py DATA

DATA (default: data/ in the folder that JNDKIT_SHARED names) holds people/midd: pictures and answers of MIDD-GAR. Every
constant is fitted anew without the picture that is judged. Writes benchmarks/rows/side_by_side.jsonl. A minute.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import math
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from jndkit.observers.cvvdp import Cvvdp
from jndkit.observers.cvvdp.cells import Cells
from jndkit.observers.cvvdp.places import Places
from jndkit.observers.cvvdp.pyramid import band_frequencies
from jndkit.picture import Picture
from jndkit.protocols import SIDE_BY_SIDE, Look
from jndkit.study.psychometric import Counts, Curve, Floats, fitted, log_likelihood
from jndkit.viewing import viewing
from jndkit.visibility import JND_PER_JOD

ROWS = Path(__file__).parents[1] / "benchmarks" / "rows" / "side_by_side.jsonl"
PPD = 37.4  # a 27-inch display of 2560 x 1440 pixels at half a metre
EXPONENTS, PLACES, DETAILS = (0.0, 0.5, 1.0), (2.0, 4.0, 8.0), (0.0, 0.5, 1.0)
FALSE_ALARMS = (0.0, 0.03, 0.06, 0.09)  # no pair of equal pictures was shown: the answers to others tell
SPREADS = np.linspace(0.02, 0.6, 59)  # of pictures, in ln(JND)
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(41)
DRAWS = 500


@dataclass(frozen=True)
class Answers:
    """What people said, a row for each version: names of picture and codec, setting, who noticed, who looked."""

    picture: npt.NDArray[np.str_]
    codec: npt.NDArray[np.str_]
    setting: npt.NDArray[np.int64]
    noticed: Floats
    viewers: Floats
    file: npt.NDArray[np.str_]

    @property
    def share(self) -> Floats:
        return self.noticed / self.viewers

    @property
    def counts(self) -> Counts:
        return Counts(self.noticed, self.viewers)

    def __getitem__(self, rows: Any) -> Answers:
        return Answers(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def answers(data: Path) -> Answers:
    with (data / "people" / "midd" / "answers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def column(name: str, kind: type) -> Any:
        return np.array([kind(row[name]) for row in rows])

    return Answers(
        column("reference", str),
        column("codec", str),
        column("setting", int),
        column("noticed", float),
        column("viewers", float),
        column("file", str),
    )


def loss(share: Floats, told: Answers) -> float:
    """Minus the binomial log-likelihood, without its constant."""
    return -log_likelihood(share, told.counts)


def likeliest(x: Floats, told: Answers) -> Curve:
    """The curve with the share of false alarms that is likeliest."""
    curves = [fitted(x, told.counts, false) for false in FALSE_ALARMS]
    return min(curves, key=lambda curve: loss(curve(x), told))


class Stimuli:
    """Every version, looked at once."""

    def __init__(self, data: Path, told: Answers) -> None:
        folder, display = data / "people" / "midd", viewing(PPD)
        self._references = {name: rgb_of(folder / name) for name in np.unique(told.picture)}
        watches = {name: Cvvdp().watch(Picture(rgb=rgb), display) for name, rgb in self._references.items()}
        self.reading: Floats = np.zeros(len(told.file))
        self._cells: list[Cells] = []
        for row, (name, file) in enumerate(zip(told.picture, told.file, strict=True)):
            reading, cells = watches[name].with_cells(rgb_of(folder / file))
            self.reading[row] = reading.jnd
            self._cells.append(cells)
        self._told, self._display = told, display

    def looked(self, look: Look) -> Floats:
        """ln(JND) of every version as people look."""
        places = {name: Places(rgb, self._display, look) for name, rgb in self._references.items()}
        found = []
        for name, cells in zip(self._told.picture, self._cells, strict=True):
            (quality, _), _ = places[name].worst(cells, band_frequencies(*cells.shape, self._display.ppd))
            found.append(math.log(JND_PER_JOD * (10.0 - quality)))
        return np.array(found)


def rgb_of(path: Path) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(Image.open(path).convert("RGB"))


def left_out(xs: dict[Any, Floats], told: Answers) -> tuple[Floats, dict[str, Any]]:
    """The share of every version, predicted without its picture, and which of the measures each picture was left with.

    xs: name of a measure -> ln(JND) of every version. The likeliest of them on the other pictures predicts.
    """
    share, chosen = np.zeros(len(told.picture)), {}
    for name in np.unique(told.picture):
        inside = told.picture == name
        curves = {key: likeliest(x[~inside], told[~inside]) for key, x in xs.items()}
        best = min(xs, key=lambda key: loss(curves[key](xs[key][~inside]), told[~inside]))
        share[inside], chosen[str(name)] = curves[best](xs[best][inside]), best
    return share, chosen


def per_setting(told: Answers, keys: tuple[str, ...]) -> Floats:
    """One share for every setting, whatever the picture: the mean over the other pictures."""
    share = np.zeros(len(told.picture))
    for row in range(len(share)):
        alike = told.picture != told.picture[row]
        for key in keys:
            alike &= getattr(told, key) == getattr(told, key)[row]
        share[row] = told.share[alike].mean()
    return share


def scores(name: str, share: Floats, told: Answers) -> dict[str, Any]:
    error = share - told.share
    row: dict[str, Any] = {"fit": name, "rmse": rms(error), "loss": loss(share, told)}
    for codec in np.unique(told.codec):
        inside = told.codec == codec
        row[f"rmse_{codec}"], row[f"bias_{codec}"] = rms(error[inside]), float(error[inside].mean())
    return row


def rms(error: Floats) -> float:
    return math.sqrt(float(np.mean(error**2)))


def binomial(told: Answers) -> float:
    """The root mean square error that chance alone leaves, with so many viewers."""
    return rms(np.sqrt(told.share * (1.0 - told.share) / told.viewers))


def between_pictures(x: Floats, told: Answers) -> dict[str, Any]:
    """How far a picture in a codec lies from the curve of the others, and how often 90 % intervals hold what was seen.

    Its five versions are moved together, by a normal deviate in ln(JND) whose spread is the likeliest.
    """
    groups = [
        (inside, likeliest(x[~(told.picture == name)], told[~(told.picture == name)]))
        for name, codec in itertools.product(np.unique(told.picture), np.unique(told.codec))
        for inside in [(told.picture == name) & (told.codec == codec)]
    ]

    def likelihood(spread: float) -> float:
        total = 0.0
        for inside, curve in groups:
            each = [-loss(curve(x[inside] + spread * node), told[inside]) for node in NODES]
            top = max(each)
            total += top + math.log(sum(w * math.exp(e - top) for w, e in zip(WEIGHTS, each, strict=True)))
        return total

    spread = float(max(SPREADS, key=likelihood))
    held = []
    for inside, curve in groups:
        shares = np.array([curve(x[inside] + spread * node) for node in NODES])
        for column, noticed, viewers in zip(shares.T, told.noticed[inside], told.viewers[inside], strict=True):
            below = sum(w * cumulative(int(noticed) - 1, int(viewers), p) for w, p in zip(WEIGHTS, column, strict=True))
            upto = sum(w * cumulative(int(noticed), int(viewers), p) for w, p in zip(WEIGHTS, column, strict=True))
            below, upto = below / WEIGHTS.sum(), upto / WEIGHTS.sum()
            held.append(upto >= 0.05 and below <= 0.95)
    return {"fit": "between pictures", "spread": spread, "inside_90": float(np.mean(held))}


def cumulative(most: int, count: int, share: float) -> float:
    share = min(max(share, 1e-9), 1.0 - 1e-9)
    return sum(math.comb(count, k) * share**k * (1.0 - share) ** (count - k) for k in range(most + 1))


def bootstrap(x: Floats, told: Answers, draws: int) -> dict[str, list[float]]:
    """90 % intervals of the constants: pictures drawn again, and viewers within every version."""
    random = np.random.default_rng(0)
    names = np.unique(told.picture)
    found = []
    for _ in range(draws):
        rows = np.concatenate([np.flatnonzero(told.picture == name) for name in random.choice(names, len(names))])
        drawn = told[rows]
        drawn = replace(drawn, noticed=random.binomial(drawn.viewers.astype(int), drawn.share).astype(float))
        curve = likeliest(x[rows], drawn)
        found.append((math.exp(curve.middle), curve.spread))
    low, high = np.percentile(np.array(found), [5, 95], axis=0)
    return {
        "d50_interval_90": [float(low[0]), float(high[0])],
        "spread_interval_90": [float(low[1]), float(high[1])],
    }


def fits(data: Path, draws: int = DRAWS) -> Iterator[dict[str, Any]]:
    told = answers(data)
    seen = Stimuli(data, told)
    looks = {
        (exponent, places, detail): seen.looked(replace(SIDE_BY_SIDE, exponent=exponent, places=places, detail=detail))
        for exponent, places, detail in itertools.product(EXPONENTS, PLACES, DETAILS)
    }
    reading = np.log(seen.reading)
    yield {"fit": "chance alone", "rmse": binomial(told), "viewers": 30, "pictures": 10, "versions": len(told.file)}
    yield scores("one share a setting", per_setting(told, ("setting",)), told)
    yield scores("one share a setting and codec", per_setting(told, ("setting", "codec")), told)
    yield scores("the reading", left_out({"reading": reading}, told)[0], told)
    share, chosen = left_out(looks, told)
    yield scores("the look, every constant fitted without the picture", share, told) | {
        "chosen": [[*key, count] for key, count in Counter(chosen.values()).most_common()]
    }
    committed = looks[SIDE_BY_SIDE.exponent, SIDE_BY_SIDE.places, SIDE_BY_SIDE.detail]
    yield scores("the look as committed", left_out({"look": committed}, told)[0], told)
    curve = likeliest(committed, told)
    without = fitted(committed, told.counts)
    yield {
        "fit": "side-by-side",
        "d50": math.exp(curve.middle),
        "spread": curve.spread,
        "false_alarms": curve.false,
        "loss": loss(curve(committed), told),
        "without_false_alarms": [math.exp(without.middle), without.spread, loss(without(committed), told)],
        **bootstrap(committed, told, draws),
        "d50_by_codec": {
            str(codec): math.exp(
                fitted(committed[told.codec == codec], told[told.codec == codec].counts, curve.false).middle
            )
            for codec in np.unique(told.codec)
        },
    }
    yield between_pictures(committed, told)
    yield between_pictures(reading, told) | {"fit": "between pictures, by the reading"}


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list | tuple) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("JNDKIT_SHARED")
    parser.add_argument("data", type=Path, nargs="?", default=Path(shared) / "data" if shared else None)
    parser.add_argument("--draws", type=int, default=DRAWS, help="bootstrap samples of the intervals")
    parser.add_argument("--out", type=Path, default=ROWS)
    arguments = parser.parse_args()
    if arguments.data is None:
        parser.error("give DATA or set JNDKIT_SHARED")
    rows = [rounded(row) for row in fits(arguments.data, arguments.draws)]
    with arguments.out.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    for row in rows:
        print(row.pop("fit"))
        for key, value in row.items():
            print(f"    {key:30} {value}")


if __name__ == "__main__":
    main()
