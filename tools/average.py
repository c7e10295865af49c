"""Weights between those that a run began from and its best, as a run of its own: what was learned, with less noise.

    python tools/average.py BASE RUN OUT --share 0.7 --train TRAIN --valid VALID     about a minute

BASE: a folder with best.safetensors and log.jsonl, as RUN. OUT gets both logs one after the other, the averaged weights
as best.safetensors, how they score by RUN's recipe as the last line of the log, and the graphs that `tools/cards.py`
puts into the package. TRAIN and VALID are folders of pictures.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import fields
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from jndkit.training.networks import network
from jndkit.training.recipe import Recipe
from jndkit.training.results import export_best
from jndkit.training.tasks import task


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "run", "out"):
        asked.add_argument(name, type=Path)
    asked.add_argument("--share", type=float, required=True, help="of the run's weights")
    asked.add_argument("--train", required=True)
    asked.add_argument("--valid", required=True)
    options = asked.parse_args()
    first, second = (load_file(folder / "best.safetensors") for folder in (options.base, options.run))
    mixed = {name: torch.lerp(first[name], second[name], options.share).contiguous() for name in second}
    options.out.mkdir(parents=True)
    save_file(mixed, options.out / "best.safetensors")
    logs = [(folder / "log.jsonl").read_text(encoding="utf-8") for folder in (options.base, options.run)]
    events = [json.loads(line) for line in logs[1].splitlines()]
    told = [event["recipe"] for event in events if event["event"] == "start"][-1]
    told["data"] |= {"train": options.train, "valid": options.valid}
    recipe = Recipe(**{each.name: told[each.name] for each in fields(Recipe) if each.name in told})
    model = network(recipe.name, recipe.model).eval()
    model.load_state_dict(mixed)
    with torch.no_grad():
        scores = task(recipe).validate(model)
    last = {"time": int(time.time()), "event": "validate", "step": events[-1]["step"], "seconds": events[-1]["seconds"]}
    logs.append(json.dumps({**last, "share": options.share, **scores}) + "\n")
    (options.out / "log.jsonl").write_text("".join(logs), encoding="utf-8")
    print(scores)
    export_best(recipe, options.out)


if __name__ == "__main__":
    main()
