"""Readings of the published ColorVideoVDP package, one row per pair of pictures, for the parity test of our observer.

    python benchmarks/cvvdp_parity.py --data DATA

Needs the interpreter of an environment with `cvvdp` 0.5 (the extra `parity`); jndkit itself is not needed. Rows
that are already in the file are kept, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import features

from distortions import Spec, grid_means, pair, sha256

ROWS = Path(__file__).parent / "rows" / "cvvdp_parity.jsonl"
QUALITIES = (20, 50, 75, 90, 95)
DISPLAYS = ("standard_fhd", "standard_4k")
GRID = (12, 8)
NONE: Spec = {"kind": "none"}
LARGER = (
    "valid/clic25_final/2397c73f8feeb8f6.png",
    "valid/gb82/bulb.png",
)

# torch forgets a declared operator when its Library object goes.
_DECLARED: list[Any] = []

# (picture, x, y, width, height)
CROPS = (
    ("kodak/kodim05.png", 200, 100, 333, 217),
    ("kodak/kodim19.png", 130, 250, 217, 333),
    ("kodak/kodim23.png", 300, 180, 65, 64),
    ("kodak/kodim23.png", 330, 200, 64, 65),
    ("kodak/kodim04.png", 180, 0, 101, 767),
    ("kodak/kodim13.png", 90, 1, 511, 511),
    ("kodak/kodim08.png", 400, 250, 128, 127),
    ("kodak/kodim03.png", 11, 7, 257, 129),
    ("kodak/kodim14.png", 301, 55, 130, 131),
    ("kodak/kodim07.png", 1, 111, 767, 97),
    ("kodak/kodim15.png", 250, 90, 66, 67),
    ("kodak/kodim01.png", 31, 29, 64, 64),
)
SMALL = ((8, 8), (9, 8), (12, 30), (16, 16), (31, 24), (24, 31), (40, 63))


def plan() -> Iterator[Spec]:
    """Every row to make, without its reading."""
    for number in range(1, 25):
        for display in DISPLAYS:
            for quality in QUALITIES:
                yield _row("kodak", f"kodak/kodim{number:02d}.png", {"kind": "jpeg", "quality": quality}, display)
    for name, x, y, width, height in CROPS:
        for display in DISPLAYS:
            for quality in (30, 80):
                yield _row("size", name, {"kind": "jpeg", "quality": quality}, display, [x, y, width, height])
    for width, height in SMALL:
        for display in ("standard_fhd", "standard_phone"):
            crop = [300, 200, width, height]
            yield _row("small", "kodak/kodim05.png", {"kind": "jpeg", "quality": 30}, display, crop)
    yield from _displays()
    yield from _cases()
    for name in ("kodak/kodim03.png", "kodak/kodim08.png", "kodak/kodim20.png"):
        for display in DISPLAYS:
            row = _row("heatmap", name, {"kind": "jpeg", "quality": 50}, display)
            yield row | {"kind": "heatmap", "grid": list(GRID)}


def _displays() -> Iterator[Spec]:
    """Other displays, and larger pictures."""
    for number in (2, 9, 16, 22):
        for display in ("standard_phone", "macbook_pro_16"):
            for quality in (50, 90):
                yield _row("display", f"kodak/kodim{number:02d}.png", {"kind": "jpeg", "quality": quality}, display)
    for name in LARGER:
        for display in (*DISPLAYS, "standard_phone"):
            yield _row("display", name, {"kind": "jpeg", "quality": 70}, display)


def _cases() -> Iterator[Spec]:
    """Everything that is not a JPEG of a colour photograph."""
    changes: tuple[tuple[Spec, Spec], ...] = (
        ({"kind": "grey"}, {"kind": "jpeg", "quality": 40}),
        ({"kind": "grey"}, {"kind": "blur", "radius": 1.0}),
        (NONE, {"kind": "grey"}),
        (NONE, NONE),
        (NONE, {"kind": "shift", "by": [0, 0, 12]}),
        (NONE, {"kind": "shift", "by": [-8, 8, 0]}),
        (NONE, {"kind": "shift", "by": [2, 2, 2]}),
        (NONE, {"kind": "blur", "radius": 0.7}),
        (NONE, {"kind": "blur", "radius": 3.0}),
        (NONE, {"kind": "noise", "amplitude": 1, "seed": 1}),
        (NONE, {"kind": "noise", "amplitude": 20, "seed": 2}),
        (NONE, {"kind": "invert"}),
        (NONE, {"kind": "patch", "box": [301, 200, 97, 61], "inside": {"kind": "jpeg", "quality": 10}}),
        ({"kind": "flat", "value": [128, 128, 128]}, {"kind": "noise", "amplitude": 6, "seed": 3}),
        ({"kind": "flat", "value": [0, 0, 0]}, {"kind": "noise", "amplitude": 4, "seed": 4}),
        ({"kind": "flat", "value": [255, 255, 255]}, {"kind": "shift", "by": [-5, -5, -5]}),
        ({"kind": "flat", "value": [255, 0, 0]}, {"kind": "noise", "amplitude": 9, "seed": 5}),
        ({"kind": "flat", "value": [0, 0, 255]}, {"kind": "shift", "by": [0, 0, -12]}),
    )
    for display in DISPLAYS:
        for name in ("kodak/kodim11.png", "kodak/kodim17.png"):
            for reference, distortion in changes:
                yield _row("case", name, distortion, display, reference=reference)


def _row(
    group: str, picture: str, distortion: Spec, display: str, crop: list[int] | None = None, reference: Spec = NONE
) -> Spec:
    return {
        "kind": "jod",
        "group": group,
        "picture": picture,
        "crop": crop,
        "reference": reference,
        "distortion": distortion,
        "display": display,
    }


def package() -> Any:
    """The module `pycvvdp`, with what torchvision lacks beside a CPU build of torch declared."""
    import torch

    torch.set_num_threads(1)
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _DECLARED.append(library)
    return importlib.import_module("pycvvdp")


def readings(row: Spec, data: Path, metrics: dict[tuple[str, str], Any]) -> Spec:
    """The row with the package's reading and all that is needed to notice other pixels or another package."""
    import torch

    reference, test = pair(data, row)
    key = (row["display"], row["kind"])
    if key not in metrics:
        heatmap = "raw" if row["kind"] == "heatmap" else None
        metrics[key] = package().cvvdp(
            display_name=row["display"], heatmap=heatmap, device=torch.device("cpu"), quiet=True
        )
    with torch.no_grad():
        q_jod, stats = metrics[key].predict(test, reference, dim_order="HWC")
    row = row | {"sha256_reference": sha256(reference), "sha256": sha256(test), "q_jod": float(q_jod)}
    if row["kind"] == "heatmap":
        row["means"] = grid_means(stats["heatmap"][0, 0, 0].float().numpy(), *row["grid"])
    return row | {
        "versions": {
            "cvvdp": version("cvvdp"),
            "torch": version("torch"),
            "numpy": np.__version__,
            "pillow": version("pillow"),
            "libjpeg_turbo": features.version("libjpeg_turbo"),
        }
    }


def identity(row: Spec) -> str:
    """What makes a row the same row: everything `plan` says."""
    keys = ("kind", "picture", "crop", "reference", "distortion", "display", "grid")
    return json.dumps([row.get(key) for key in keys], sort_keys=True)


def done(file: Path) -> dict[str, Spec]:
    """Rows already made, by identity; a last line cut short by an interruption is dropped."""
    rows = {}
    for line in file.read_text().splitlines() if file.exists() else []:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        rows[identity(row)] = row
    return rows


def write(file: Path, rows: list[Spec]) -> None:
    """All rows at once, by a temporary name."""
    part = file.with_suffix(".part")
    part.write_text("".join(json.dumps(row) + "\n" for row in rows))
    part.replace(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = os.environ.get("JNDKIT_SHARED")
    parser.add_argument("--data", type=Path, default=Path(folder) / "data" if folder else None, required=not folder)
    parser.add_argument("--out", type=Path, default=ROWS)
    arguments = parser.parse_args()
    wanted = list(plan())
    made = done(arguments.out)
    write(arguments.out, list(made.values()))
    metrics: dict[tuple[str, str], Any] = {}
    with arguments.out.open("a") as file:
        for number, row in enumerate(wanted, 1):
            if identity(row) in made:
                continue
            made[identity(row)] = row = readings(row, arguments.data, metrics)
            file.write(json.dumps(row) + "\n")
            file.flush()
            print(f"{number}/{len(wanted)} {row['picture']} {row['display']} {row['q_jod']:.4f}", file=sys.stderr)
    write(arguments.out, [made[identity(row)] for row in wanted])


if __name__ == "__main__":
    main()
