"""What the learned observer reads beside what the psychophysical one read, and the weights of a run into the package.

    python tools/vpjnd.py runs/vpjnd --set runs/vpjnd-set/valid   export, read every version, write rows and card
    python tools/vpjnd.py runs/vpjnd --scores                     the card again, from the rows

Rows are in benchmarks/rows/vpjnd.jsonl, one a picture: of each version its codec, knob, and at each display the two
readings and the spread the network expects. One factor on that spread, so that intervals of 90 % hold 90 % of the
validation readings, goes into the card.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from statistics import NormalDist
from typing import Any

import cv2
import numpy as np

from cards import CID22, CLIC, WALLPAPERS
from jndkit.codecs import codec as named_codec
from jndkit.datasets.vpjnd import Labelled, pictures
from jndkit.observers.vpjnd import Vpjnd
from jndkit.picture import load
from jndkit.picturewise.curves import typical_curve
from jndkit.viewing import viewing
from jndkit.weights import PACKAGED, Card, find, read_card

ROWS = Path(__file__).parents[1] / "benchmarks" / "rows" / "vpjnd.jsonl"
LOG = ROWS.parent / "training" / "vpjnd.jsonl"
NAME = "vpjnd.photos.v1"
REMAINING_GAIN = (
    "little at the desktop, where validation stayed level over the last 600 steps; more at the laptop and the phone, "
    "which it reads 4 to 6 % low and of which a sixth of the training pictures each have labels."
)
Row = dict[str, Any]
_DEVIATE = NormalDist().inv_cdf(0.95)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("run", type=Path)
    asked.add_argument("--set", type=Path, dest="folder")
    asked.add_argument("--scores", action="store_true")
    asked.add_argument("--jobs", type=int, default=1)
    options = asked.parse_args()
    if not options.scores:
        if options.folder is None:
            asked.error("give --set, the validation part of the set that was learned from, or --scores")
        export(options.run, options.folder.with_name("train"))
        rows = read(options.folder, options.jobs)
        ROWS.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    write_card(rows)
    print((PACKAGED / f"{NAME}.toml").read_text(encoding="utf-8"))


def export(run: Path, learned_from: Path) -> None:
    """The best weights of a run, with a card that says nothing of scores yet. learned_from: the training pictures."""
    from safetensors.torch import load_file

    from jndkit.training.export import publish
    from jndkit.training.networks import network
    from jndkit.training.recipe import load_recipe

    recipe = load_recipe("vpjnd")
    model = network(recipe.name, recipe.model)
    model.load_state_dict(load_file(run / "best.safetensors"))
    for ending in (".onnx", ".toml"):
        (PACKAGED / f"{NAME}{ending}").unlink(missing_ok=True)
    learned = [each.pristine.name for each in pictures(learned_from)]
    sources = {"cid22": CID22, "clic25": CLIC, "wallpapers": WALLPAPERS}
    counts = {name: sum(each.startswith(f"{name}") for each in learned) for name in sources}
    about = {
        "architecture": recipe.name,
        "licence": "Apache-2.0",
        "summary": "how visible the difference of two pictures is, as cvvdp reads it, from patches of both",
        "trained": {**_told(LOG), "recipe": "vpjnd", "log": f"benchmarks/rows/training/{LOG.name}"},
        "data": tuple({"pictures": counts[name], **source} for name, source in sources.items()),
        "remaining_gain": REMAINING_GAIN,
    }
    publish(model, PACKAGED, NAME, about)


def _told(log: Path) -> dict[str, Any]:
    """Steps and hours that the weights took: every run of the log to its end, the last one to its best validation."""
    runs: list[list[Row]] = []
    for event in (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()):
        if event["event"] == "start":
            runs.append([])
        else:
            runs[-1].append(event)
    best = max(runs[-1], key=lambda event: event["gain_over_constant_percent"])
    ends = [run[-1] for run in runs[:-1]] + [best]
    return {
        "steps": sum(event["step"] for event in ends),
        "hours": round(sum(event["seconds"] for event in ends) / 3600, 2),
        "hardware": "one core of an AMD EPYC with bfloat16 units, busy with other work too",
    }


def read(folder: Path, jobs: int) -> list[Row]:
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return list(pool.map(_row, pictures(folder)))


def _row(labelled: Labelled) -> Row:
    cv2.setNumThreads(1)
    reference = load(labelled.pristine)
    watches = [Vpjnd(NAME).watch(reference, shown) for shown in labelled.viewings]
    versions = []
    for version in labelled.versions:
        decoded = named_codec(version.codec).decode(version.file.read_bytes())
        found = [watched.with_spread(decoded) for watched in watches]
        told = {
            "jnd": [round(reading.jnd, 5) for reading, _ in found],
            "spread": [round(spread, 5) for _, spread in found],
        }
        versions.append({"codec": version.codec, "knob": version.knob, "cvvdp": version.jnd, **told})
    shown = [each.name for each in labelled.viewings]
    factor = find(NAME).card.scores.get("interval_factor", 1.0)  # in the spreads
    return {"input": labelled.pristine.name, "viewings": shown, "network": NAME, "factor": factor, "versions": versions}


def write_card(rows: list[Row]) -> None:
    from jndkit.training.export import write_card as write

    path = PACKAGED / f"{NAME}.toml"
    card: Card = read_card(path)
    trained = {**card.trained, **_told(LOG)}
    write(path, replace(card, trained=trained, remaining_gain=REMAINING_GAIN, scores=scores(rows)))


def scores(rows: list[Row]) -> dict[str, Any]:
    """Mean absolute errors of ln(JND) between 0.1 and 4 JND."""
    errors: dict[str, list[float]] = {}
    inside = []
    for shown, index, factor, version in _all(rows):
        true, found = version["cvvdp"][index], version["jnd"][index]
        if not 0.1 <= true <= 4.0:
            continue
        error = abs(math.log(max(found, 1e-4) / true))
        where = "desktop" if shown == "desktop" else "other_displays"
        errors.setdefault(where, []).append(error)
        inside.append(error / version["spread"][index] * factor)
        if shown == "desktop":
            coder = named_codec(version["codec"])
            constant = typical_curve(coder, viewing(shown))[coder.knob.grid.index(version["knob"])]
            errors.setdefault("desktop_constant_guess", []).append(abs(constant - math.log(true)))
            errors.setdefault(f"desktop_{coder.name}", []).append(error)
    return {
        "command": "python tools/vpjnd.py runs/vpjnd --set runs/vpjnd-set/valid",
        "unit": "mean absolute error of ln(JND) between 0.1 and 4 JND, against cvvdp, on valid/",
        **{name: round(float(np.mean(each)), 4) for name, each in sorted(errors.items())},
        "interval_factor": round(float(np.quantile(inside, 0.9)) / _DEVIATE, 3),
    }


def _all(rows: list[Row]) -> Iterator[tuple[str, int, float, Row]]:
    for row in rows:
        for version in row["versions"]:
            for index, shown in enumerate(row["viewings"]):
                yield shown, index, row["factor"], version


if __name__ == "__main__":
    main()
