"""shen2020 and hvssd: how near the one comes to the just noticeable structure, how fast and how large both are.

    python benchmarks/networks.py --scores PAIRS    PAIRS/{train,valid,kodak}, as `jnd datasets build vvc` makes them
    python benchmarks/networks.py --speed           seconds of each runtime at 1920 x 1080
    python benchmarks/networks.py --peak            memory of a whole process at 24 megapixels
    python benchmarks/networks.py                   the table, from rows that exist

A score is the mean absolute error of the structure times the contrast, in code values of luma, over all patches of the
published grid. Beside it: the picture's own structure (identity), and the Gaussian blur whose sigma does best on
train/. What hvssd is worth is read by `jnd evaluate noise`. Writes rows/networks.jsonl.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.datasets.vvc import pairs
from jndkit.evaluation.intervals import mean
from jndkit.inference import available, session
from jndkit.pixelwise import jnd_map, model_card
from jndkit.pixelwise.terms.structure import Patches
from jndkit.weights import find
from pixelwise import peak_bytes, scene
from resjnd import timed

ROWS = Path(__file__).parent / "rows" / "networks.jsonl"
MODELS = ("shen2020", "hvssd")
SPLITS = ("valid", "kodak")
Row = dict[str, Any]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--scores", type=Path, metavar="PAIRS")
    asked.add_argument("--speed", action="store_true")
    asked.add_argument("--peak", action="store_true")
    asked.add_argument("--model", nargs="+", choices=MODELS, default=MODELS, help="of --speed and --peak: these alone")
    asked.add_argument("--runtime", nargs="+", default=available(), help="of --speed: these alone")
    asked.add_argument("--one", choices=MODELS, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.one:
        print(one_peak(options.one))
        return
    if options.scores:
        _keep([row for split in SPLITS for row in scores(options.scores, split)])
    if options.speed:
        _keep([row for model in options.model for row in speed(model, options.runtime)])
    if options.peak:
        _keep([peak(model) for model in options.model])
    table()


def scores(home: Path, split: str) -> list[Row]:
    """One row a picture."""
    from jndkit.training.recipe import load_recipe
    from jndkit.training.shen2020.task import StructureTask

    folders = (f"data.train={home / 'train'}", f"data.valid={home / split}", "data.valid_patches=100000")
    task = StructureTask(load_recipe("shen2020-s", folders))
    found = find("shen2020")
    run = session(found.path)

    def predict(patches: Patches) -> Patches:
        given = (patches / np.float32(127.5) - np.float32(1.0))[:, None]
        made = [run(part)[0][:, 0] for part in np.array_split(given, -(-len(given) // 8))]
        predicted: Patches = (np.concatenate(made) + np.float32(1.0)) * np.float32(127.5)
        return predicted

    errors = {"identity": task.identity(), "blur": task.blur(), "shen2020": task.judged(predict)}
    place = {"kind": "scores", "split": split, "sigma": task.sigma(), "weights": found.card.name}
    names = [pristine.stem for pristine, _ in pairs(home / split)]
    return [
        {**place, "picture": name, **{key: round(float(each.absolute[at]), 5) for key, each in errors.items()}}
        for at, name in enumerate(names)
    ]


def speed(model: str, runtimes: Sequence[str]) -> list[Row]:
    """Seconds of a whole map, median of five, of each runtime and form."""
    picture = _colour(1920, 1080)
    rows = []
    for runtime in runtimes:
        for variant in model_card(model).variants:
            os.environ["JNDKIT_RUNTIME"] = runtime
            jnd_map(picture[:64, :64], model, variant=variant)  # loads it
            told = {"kind": "speed", "model": model, "variant": variant, "size": "1920x1080", "runtime": runtime}
            rows.append({**told, **timed(partial(jnd_map, picture, model, variant=variant))})
            print(json.dumps(rows[-1]), flush=True)
    del os.environ["JNDKIT_RUNTIME"]
    return rows


def peak(model: str) -> Row:
    """Of a fresh process, since a peak never sinks."""
    done = subprocess.run([sys.executable, __file__, "--one", model], capture_output=True, text=True, check=True)
    return {"kind": "peak", "model": model, "size": "6000x4000", **json.loads(done.stdout)}


def one_peak(model: str) -> str:
    """The most memory this process ever held, before its map and in all, megabytes."""
    os.environ["JNDKIT_RUNTIME"] = "onnxruntime"
    picture = np.tile(_colour(1500, 1000), (4, 4, 1))  # making a scene of this size needs more than its map does
    jnd_map(picture[:64, :64], model)
    before = peak_bytes()
    jnd_map(picture, model)
    return json.dumps({"before_mb": round(before / 1e6), "peak_mb": round(peak_bytes() / 1e6)})


def _colour(width: int, height: int) -> Any:
    """A scene whose colours differ a little, uint8 (H, W, 3)."""
    plane = scene(width, height)
    return np.dstack([plane, np.roll(plane, 2, axis=0), np.roll(plane, 2, axis=1)])


def table() -> None:
    """Means over pictures with their 95 % intervals, and the other rows as they are."""
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()] if ROWS.exists() else []
    for split in SPLITS:
        some = [row for row in rows if row["kind"] == "scores" and row["split"] == split]
        for name in ("identity", "blur", "shen2020") if some else ():
            error = mean([row[name] for row in some])
            taken = mean([100.0 * (1.0 - row[name] / row["identity"]) for row in some])
            told = f"{error.value:.3f} ± {error.half:.3f} code values"
            print(f"{split:6s} {name:9s} {told}, {taken.value:.1f} ± {taken.half:.1f} % taken away, {error.n} pictures")
    for row in rows:
        if row["kind"] != "scores":
            print({key: value for key, value in row.items() if key != "kind"})


def _keep(fresh: list[Row]) -> None:
    """Put rows in the place of older ones of the same thing."""

    def subject(row: Row) -> tuple[Any, ...]:
        return tuple(row.get(key) for key in ("kind", "split", "picture", "model", "variant", "runtime"))

    old = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()] if ROWS.exists() else []
    made = {subject(row) for row in fresh}
    rows = [*(row for row in old if subject(row) not in made), *fresh]
    ROWS.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
