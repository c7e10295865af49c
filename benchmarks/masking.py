"""Every JND map as the one that masks where people look side by side: how well, and how steadily.

    python benchmarks/masking.py DATA                  every model of pixelwise.MODELS
    python benchmarks/masking.py DATA --model wu2017   these models only; rows of others stay
    python benchmarks/masking.py --table               the table of docs/people.md, from rows that exist

DATA (default: data/ in the folder that JNDKIT_SHARED names) holds people/midd. Both constants of the share who notice,
and the exponent of the map, are chosen without the picture that is judged. Writes benchmarks/rows/masking.jsonl.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.evaluation.observers import subjective
from jndkit.observers.cvvdp import Cvvdp
from jndkit.observers.cvvdp.cells import Cells
from jndkit.observers.cvvdp.places import Places
from jndkit.observers.cvvdp.pyramid import band_frequencies
from jndkit.opening import load
from jndkit.picture import Picture
from jndkit.pixelwise import MODELS, jnd_map, model_card
from jndkit.protocols import SIDE_BY_SIDE, Look
from jndkit.study.psychometric import Floats, fitted, log_likelihood
from jndkit.viewing import viewing
from jndkit.visibility import JND_PER_JOD

ROWS = Path(__file__).parent / "rows" / "masking.jsonl"
PPD = 37.4
EXPONENTS = (0.5, 1.0, 1.5)
NONE = "no map"

Rgb = npt.NDArray[np.uint8]


class Seen:
    """Every version looked at once, by the bands and places of the psychophysical observer."""

    def __init__(self, data: Path, ppd: float = PPD) -> None:
        folder = (data / subjective.MIDD).parent
        self.told = subjective.shares(data)
        self._display = viewing(ppd)
        self.references = {name: load(folder / name).rgb for name in self.told.pictures}
        watches = {name: Cvvdp().watch(Picture(rgb=rgb), self._display) for name, rgb in self.references.items()}
        pairs = zip(self.told.picture, self.told.file, strict=True)
        found = [watches[name].with_cells(load(folder / str(file)).rgb) for name, file in pairs]
        self.reading = np.log([reading.jnd for reading, _ in found])
        self._cells: list[Cells] = [cells for _, cells in found]

    def ln(self, look: Look) -> Floats:
        """ln(JND) of every version as people look."""
        places = {name: Places(rgb, self._display, look) for name, rgb in self.references.items()}
        jod = [
            places[name].worst(cells, band_frequencies(*cells.shape, self._display.ppd))[0][0]
            for name, cells in zip(self.told.picture, self._cells, strict=True)
        ]
        return np.log(np.maximum(JND_PER_JOD * (10.0 - np.array(jod)), 0.01))


def predicted(xs: dict[float, Floats], seen: Seen) -> tuple[Floats, Counter[float]]:
    """Shares, each picture's by the exponent and constants that are likeliest on the others; and those exponents."""
    share, chosen = np.zeros(len(seen.told.file)), Counter[float]()
    for name in seen.told.pictures:
        own = seen.told.picture == name
        others = seen.told.counts.of(~own)
        curves = {exponent: fitted(x[~own], others) for exponent, x in xs.items()}
        best = max(xs, key=lambda exponent: log_likelihood(curves[exponent](xs[exponent][~own]), others))
        chosen[best] += 1
        share[own] = curves[best](xs[best][own])
    return share, chosen


def agreement(model: str, seen: Seen) -> dict[str, Any]:
    if model == NONE:
        xs = {0.0: seen.ln(replace(SIDE_BY_SIDE, exponent=0.0))}
    else:
        # The unit moves all readings alike; the map's own mean keeps them near 1 JND.
        unit = float(np.mean([jnd_map(rgb, model).mean() for rgb in seen.references.values()]))
        look = replace(SIDE_BY_SIDE, masking=model, unit=unit)
        xs = {exponent: seen.ln(replace(look, exponent=exponent)) for exponent in EXPONENTS}
    share, chosen = predicted(xs, seen)
    error, codec = share - seen.told.counts.share, seen.told.codec
    row = {
        "rmse": rms(error),
        **{f"rmse {each}": rms(error[codec == each]) for each in sorted(set(codec.tolist()))},
        **{f"bias {each}": float(error[codec == each].mean()) for each in sorted(set(codec.tolist()))},
        "log_likelihood": log_likelihood(share, seen.told.counts),
        "exponents": {f"{exponent:g}": count for exponent, count in sorted(chosen.items())},
    }
    every = {exponent: fitted(x, seen.told.counts) for exponent, x in xs.items()}
    row["rmse_in_sample"] = min(rms(every[e](x) - seen.told.counts.share) for e, x in xs.items())
    return row


def milliseconds() -> dict[str, float]:
    """Processor time of each map at 1920 x 1080, as benchmarks/pixelwise.py, resjnd.py and networks.py measured it."""
    found = {}
    for file, size, unit in (
        ("pixelwise", "width", "cpu_ms"),
        ("resjnd", "size", "cpu_seconds"),
        ("networks", "size", "cpu_seconds"),
    ):
        for line in (ROWS.parent / f"{file}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get(size) not in (1920, "1920x1080") or row.get("runtime", "onnxruntime") != "onnxruntime":
                continue
            default = model_card(row["model"]).variants[0]
            if row.get("variant", default) == default and row.get("precision", "f32") == "f32":
                found[row["model"]] = row[unit] * (1.0 if unit == "cpu_ms" else 1000.0)
    return found


def steadiness(model: str, references: dict[str, Rgb]) -> dict[str, float]:
    """Mean change of a half's mean, per cent, where the map is made of that half alone; and of the picture halved."""
    crops, halved = [], []
    for rgb in references.values():
        whole = jnd_map(rgb, model)
        height, width = whole.shape
        for place in (np.s_[: height // 2], np.s_[height // 2 :], np.s_[:, : width // 2], np.s_[:, width // 2 :]):
            alone = jnd_map(np.ascontiguousarray(rgb[place]), model)
            crops.append(abs(math.log(alone.mean() / whole[place].mean())))
        small = cv2.resize(rgb, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        halved.append(math.log(jnd_map(small, model).mean() / whole.mean()))
    return {"crop_percent": 100.0 * float(np.mean(crops)), "halved_percent": 100.0 * math.expm1(np.mean(halved))}


def rms(error: Floats) -> float:
    return math.sqrt(float(np.mean(error**2)))


def rows_of(data: Path, models: list[str]) -> Iterator[dict[str, Any]]:
    seen = Seen(data)
    for model in models:
        row: dict[str, Any] = {"model": model, "look": str(SIDE_BY_SIDE), **agreement(model, seen)}
        if model != NONE:
            row |= steadiness(model, seen.references)
        yield {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}


def table(rows: list[dict[str, Any]]) -> str:
    spent = milliseconds()
    lines = [
        "| map | error of the share | JPEG | WebP | exponent chosen | processor time at 1920 x 1080, ms | "
        "a half alone, % | picture halved, % |",
        f"|{'---|' * 8}",
    ]
    for row in sorted(rows, key=lambda row: row["rmse"]):
        chosen = ", ".join(f"{exponent} ({count})" for exponent, count in row["exponents"].items())
        cells = [row["model"], *(f"{row[name]:.3f}" for name in ("rmse", "rmse jpeg", "rmse webp-off"))]
        if row["model"] == NONE:
            cells += [""] * 4
        else:
            cells += [chosen, f"{spent[row['model']]:.0f}" if row["model"] in spent else ""]
            cells += [f"{row['crop_percent']:.1f}", f"{round(row['halved_percent']) + 0:+d}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("JNDKIT_SHARED")
    parser.add_argument("data", type=Path, nargs="?", default=Path(shared) / "data" if shared else None)
    parser.add_argument("--model", action="append", help="may be repeated; default: every model, and none")
    parser.add_argument("--table", action="store_true", help="print the table of the rows that exist")
    parser.add_argument("--out", type=Path, default=ROWS)
    arguments = parser.parse_args()
    lines = arguments.out.read_text(encoding="utf-8").splitlines() if arguments.out.exists() else []
    rows = {row["model"]: row for row in map(json.loads, lines)}
    if not arguments.table:
        if arguments.data is None:
            parser.error("give DATA or set JNDKIT_SHARED")
        for row in rows_of(arguments.data, arguments.model or [NONE, *MODELS]):
            rows[row["model"]] = row
            print(row, flush=True)
            with arguments.out.open("w", encoding="utf-8") as file:
                file.writelines(json.dumps(each) + "\n" for each in rows.values())
    print(table(list(rows.values())))


if __name__ == "__main__":
    main()
