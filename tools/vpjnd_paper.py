"""How often the published classifier is right, and the weights of a run into the package.

    python tools/vpjnd_paper.py runs/vpjnd-paper --set runs/vpjnd-set/valid   export, judge every version, card
    python tools/vpjnd_paper.py runs/vpjnd-paper --set SET --judge            judge the weights that are there, card
    python tools/vpjnd_paper.py runs/vpjnd-paper --scores                     the card again, from the rows

What ships is version 2 in 16 bits, of `tools/halve.py`.

Rows are in benchmarks/rows/vpjnd_paper.jsonl, one a picture: of each version its codec, knob, what cvvdp reads at the
desktop and what the network answers. The slope and the spread that turn its answer into JND are of these rows too.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cards import CID22, CLIC, WALLPAPERS
from jndkit.codecs import codec
from jndkit.datasets.vpjnd import pictures
from jndkit.observers.vpjnd_paper import VIEWERS, VpjndPaper
from jndkit.picture import load
from jndkit.protocols import protocol
from jndkit.viewing import DISPLAYS
from jndkit.visibility import jnd_for
from jndkit.weights import PACKAGED, read_card

ROWS = Path(__file__).parents[1] / "benchmarks" / "rows" / "vpjnd_paper.jsonl"
LOG = ROWS.parent / "training" / "vpjnd-paper.jsonl"
NAME = "vpjnd-paper.photos.v3"
REMAINING_GAIN = (
    "little of the same: of a constant answer's loss 92 % were gone after 300 steps, 93 after 450 and after 650; the "
    "other half of the training pictures is untouched"
)
NEAR = 1.5  # a factor on the target: what lies within counts as near it


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("run", type=Path)
    asked.add_argument("--set", type=Path, dest="folder")
    asked.add_argument("--judge", action="store_true")
    asked.add_argument("--scores", action="store_true")
    options = asked.parse_args()
    if not options.scores:
        if options.folder is None:
            asked.error("give --set, the validation part of the set that was learned from, or --scores")
        if not options.judge:
            export(options.run, options.folder.with_name("train"))
        rows = [row(labelled) for labelled in pictures(options.folder)]
        ROWS.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    from jndkit.training.export import write_card

    path = PACKAGED / f"{NAME}.toml"
    found = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    write_card(path, replace(read_card(path), remaining_gain=REMAINING_GAIN, scores=scores(found)))
    print(path.read_text(encoding="utf-8"))


def export(run: Path, learned_from: Path) -> None:
    """The best weights of a run, with a card that says nothing of scores yet. learned_from: the training pictures."""
    from safetensors.torch import load_file

    from jndkit.training.export import publish
    from jndkit.training.networks import network
    from jndkit.training.recipe import load_recipe

    recipe = load_recipe("vpjnd-paper")
    model = network(recipe.name, recipe.model)
    model.load_state_dict(load_file(run / "best.safetensors"))
    for ending in (".onnx", ".toml"):
        (PACKAGED / f"{NAME}{ending}").unlink(missing_ok=True)
    events = [json.loads(line) for line in LOG.read_text(encoding="utf-8").splitlines()]
    scored = [each for each in events if "gain_over_constant_percent" in each]
    best = max(scored, key=lambda each: each["gain_over_constant_percent"])
    learned = [each.pristine.name for each in pictures(learned_from)]
    sources = {"cid22": CID22, "clic25": CLIC, "wallpapers": WALLPAPERS}
    about = {
        "architecture": recipe.name,
        "licence": "Apache-2.0",
        "summary": "whether more than a quarter of viewers see a difference, as published and as wide",
        "trained": {
            "recipe": "vpjnd-paper",
            "steps": best["step"],
            "rate": "begun anew at step 200; to nothing at 450, and once more from a quarter of the full rate",
            "hours": round(best["seconds"] / 3600, 2),
            "hardware": "one core of an AMD EPYC with bfloat16 units, busy with other work too",
            "log": f"benchmarks/rows/training/{LOG.name}",
        },
        "data": tuple(
            {"pictures": sum(each.startswith(name) for each in learned), **source} for name, source in sources.items()
        ),
        "remaining_gain": REMAINING_GAIN,
    }
    publish(model, PACKAGED, NAME, about)


def row(labelled: Any) -> dict[str, Any]:
    """What the network answers of every version of a picture at the desktop."""
    cv2.setNumThreads(1)
    desktop = next(index for index, shown in enumerate(labelled.viewings) if shown.name == "desktop")
    watched = VpjndPaper(NAME).watch(load(labelled.pristine), DISPLAYS["desktop"])
    versions = []
    for version in labelled.versions:
        answer = watched.answer(codec(version.codec).decode(version.file.read_bytes()))
        told = {"cvvdp": version.jnd[desktop], "answer": round(answer, 5)}
        versions.append({"codec": version.codec, "knob": version.knob, **told})
    return {"input": labelled.pristine.name, "network": NAME, "versions": versions}


def scores(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Right answers in per cent, beside those of giving the commoner answer always: of all, and by codec."""
    every = [version for each in rows for version in each["versions"] if version["cvvdp"] > 0]
    wanted, answers = octaves(every)
    slope = float((answers @ wanted) / (answers @ answers))
    found: dict[str, Any] = {
        "command": "python tools/vpjnd_paper.py runs/vpjnd-paper --set runs/vpjnd-set/valid",
        "unit": "per cent of coded versions told rightly to be seen or not at 75 % of viewers, on valid/",
        **shares(every, ""),
        "slope": round(slope, 4),
        "spread": round(float(np.sqrt(np.mean((wanted - slope * answers) ** 2))), 3),
    }
    for spec in dict.fromkeys(version["codec"] for version in every):
        found |= shares([version for version in every if version["codec"] == spec], f"_{spec.partition(':')[0]}")
    return found


def octaves(versions: list[dict[str, Any]]) -> tuple[Any, Any]:
    """ln(JND) over the target of coded versions, and the network's answers."""
    target = jnd_for(VIEWERS, protocol("aic")[0])
    wanted = np.log(np.array([each["cvvdp"] for each in versions]) / target)
    return wanted, np.array([each["answer"] for each in versions])


def shares(versions: list[dict[str, Any]], ending: str) -> dict[str, float]:
    """Right answers, and the commoner one, in per cent: of all, and of those near the target."""
    wanted, answers = octaves(versions)
    shares = {}
    for name, some in (("", np.ones(len(wanted), bool)), ("_near", np.abs(wanted) < np.log(NEAR))):
        if some.any():
            right, seen = np.mean((answers > 0)[some] == (wanted > 0)[some]), np.mean((wanted > 0)[some])
            shares[f"right{name}{ending}"] = round(100.0 * float(right), 1)
            shares[f"commoner_answer{name}{ending}"] = round(100.0 * float(max(seen, 1.0 - seen)), 1)
    return shares


if __name__ == "__main__":
    main()
