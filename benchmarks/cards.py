"""Weights from a run into the package: the ONNX file, and its card with data, licences and the scores of the rows.

    python benchmarks/cards.py RUN NAME            RUN/ARCHITECTURE.onnx -> src/jndkit/weights/NAME.onnx and NAME.toml
    python benchmarks/cards.py RUN NAME --scores   the card again, after the rows have changed; the ONNX file stays

NAME is `architecture.data.vN`. Scores are means over pictures with their 95 % intervals, from benchmarks/rows.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.training.export import write_card
from jndkit.weights import PACKAGED, read_card

ROWS = Path(__file__).parent / "rows"
CID22 = {"licence": "CC BY-SA 4.0", "source": "Cloudinary CID22, training pictures, 512 x 512"}
CLIC = {"licence": "Unsplash License", "source": "CLIC 2025 validation pictures, crops of 768 x 512"}
WALLPAPERS = {
    "licence": "CC0, CC BY, CC BY-SA, Unsplash, Pexels and Pixabay licences, picture by picture",
    "source": "wallpapers of Budgie, elementary, Solus and Pop!_OS, 768 x 512",
}
DATA = [{"pictures": 186, **CID22}, {"pictures": 50, **CLIC}, {"pictures": 118, **WALLPAPERS}]
Scores = dict[str, Any]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("run", type=Path)
    asked.add_argument("name")
    asked.add_argument("--scores", action="store_true")
    options = asked.parse_args()
    about = ABOUT[options.name]
    target = PACKAGED / f"{options.name}.toml"
    if options.scores:
        card = read_card(target)
    else:
        card = read_card(options.run / f"{about['architecture']}.toml")
        shutil.copyfile(options.run / f"{about['architecture']}.onnx", target.with_suffix(".onnx"))
    hardware = "one core of an AMD EPYC with bfloat16 units, busy with other work too"
    card = replace(
        card,
        name=options.name,
        licence="Apache-2.0",
        context=about.get("context", card.context),
        summary=about["summary"],
        data=tuple(DATA),
        trained={**card.trained, **about.get("trained", {}), "hardware": hardware},
        scores=about["scores"](),
        promise=about["promise"],
    )
    write_card(target, card)
    print(target.read_text(encoding="utf-8"))


def resjnd(model: str) -> Callable[[], Scores]:
    """dB by which the predicted critical picture is nearer to the real one than the pristine picture is."""

    def scores() -> Scores:
        rows = _rows("resjnd")
        found: Scores = {"command": "python benchmarks/resjnd.py runs/cpl --scores", "unit": "dB over identity"}
        for split in ("valid", "kodak"):
            some = [row for row in rows if row["kind"] == "scores" and row["split"] == split and model in row]
            for name in (model, "blur"):
                found[f"{split}_{'gain' if name == model else name}"] = _mean(
                    [row[name] - row["identity"] for row in some]
                )
            found[f"{split}_over_blur"] = _mean([row[model] - row["blur"] for row in some])
        return found

    return scores


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROWS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def _mean(values: list[float]) -> list[float]:
    """Mean, and the half width of its 95 % interval over pictures."""
    return [round(float(np.mean(values)), 3), round(1.96 * float(np.std(values, ddof=1)) / math.sqrt(len(values)), 3)]


ABOUT: dict[str, dict[str, Any]] = {
    "resjnd-s.cpl.v1": {
        "architecture": "resjnd-s",
        "summary": "predicts the critical perceptually lossless picture; small",
        "scores": resjnd("resjnd-s"),
        "trained": {"steps": 7500, "hours": 0.43, "log": "benchmarks/rows/training/resjnd-s.jsonl"},
        "promise": "little: 1,000 steps of distillation, the last of its training, brought 0.04 dB on valid",
    },
    "resjnd.cpl.v1": {
        "architecture": "resjnd",
        "summary": "predicts the critical perceptually lossless picture; 128 channels, 25 recursions, as published",
        # Weights can reach 52 pixels; what these take from beyond 24 changes maps by less than 0.0001 code values.
        "context": 28,
        "scores": resjnd("resjnd"),
        "trained": {
            "recipe": "resjnd-short",
            "steps": 1800,
            "hours": 0.87,
            "log": "benchmarks/rows/training/resjnd.jsonl",
        },
        "promise": "much: 1,500 steps at 5 recursions and 300 at all 25; the loss still fell by 5 % in the last 100. "
        "The published run is of 200 epochs or more.",
    },
}


if __name__ == "__main__":
    main()
