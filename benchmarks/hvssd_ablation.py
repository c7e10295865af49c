"""What each of the three losses of HVS-SD JND is worth: the same short training without it, on three seeds.

    python benchmarks/hvssd_ablation.py DATA            trains on DATA/train, reads DATA/valid; adds to the rows
    python benchmarks/hvssd_ablation.py --table         the table, from the rows

    --degradation FILE   stage one's weights, as `jnd train hvssd-degradation` leaves them; by default those that ship
    --steps 120  --seeds 3  --pictures 49  --rows FILE

The reading is how visible noise in the shape of the map is at 26.65 dB, in JND, on the middle 512 x 512 pixels of each
picture; beside it a flat map and chou1995. Fifteen runs take 25 minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.evaluation.intervals import mean
from jndkit.version import VERSION

ROWS = Path(__file__).parent / "rows" / "hvssd_ablation.jsonl"
ARMS = {
    "all three losses": (),
    "without magnitude": ("data.magnitude=0.0",),
    "without perceptual": ("data.perceptual_weight=0.0",),
    "without attention": ("data.attention=0.0",),
    # At this weight its slope is about that of the usual form.
    "attention as a shift": ("data.attention_form=shift", "data.attention=1.0"),
}

Row = dict[str, Any]


def trained(asked: argparse.Namespace, settings: tuple[str, ...], seed: int) -> tuple[Any, float]:
    """The generator after a short run, and the run's processor seconds."""
    from jndkit.training.loop import Run
    from jndkit.training.recipe import load_recipe

    short = (f"steps={asked.steps}", "lr=1e-3", "warmup=10", "ema=0.0", "validate_every=1000000", f"seed={seed}")
    recipe = load_recipe("hvssd", (*folders(asked), "data.valid_pictures=1", *short, *settings))
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(recipe, Path(folder), device="cpu")
        run.train()
    return run.model.eval(), time.process_time() - started


def folders(asked: argparse.Namespace) -> tuple[str, ...]:
    return (
        f"data.train={asked.data / 'train'}",
        f"data.valid={asked.data / 'valid'}",
        f"data.degradation={asked.degradation}",
    )


def shipped(folder: Path) -> Path:
    """Stage one's weights out of the file that ships, which has all but those of its bit estimator."""
    import onnx
    import torch
    from safetensors.torch import save_file

    from jndkit import weights
    from jndkit.training.hvssd.degradation import Degradation

    graph = onnx.load(weights.find("hvssd-degradation").path).graph
    tensors = {each.name: torch.from_numpy(onnx.numpy_helper.to_array(each).copy()) for each in graph.initializer}
    model = Degradation(len(tensors["analysis.convs.0.bias"]))
    state = model.state_dict()
    state |= {name: each for name, each in tensors.items() if name in state}
    # The normalisations are there as they are used, not as roots: in the order of the graph, gammas and betas.
    norms = [name.removesuffix("root_gamma") for name in state if name.endswith("root_gamma")]
    gammas = [each for name, each in tensors.items() if name.startswith("unsqueeze")]
    betas = [each for name, each in tensors.items() if name.startswith("add")]
    for norm, gamma, beta in zip(norms, gammas, betas, strict=True):
        state[f"{norm}root_gamma"], state[f"{norm}root_beta"] = gamma[..., 0, 0].sqrt(), (beta - 1e-6).sqrt()
    model.load_state_dict(state)
    _check(model, weights.find("hvssd-degradation").path)
    save_file({name: each.contiguous() for name, each in state.items()}, folder / "degradation.safetensors")
    return folder / "degradation.safetensors"


def _check(model: Any, path: Path) -> None:
    """That the weights that were taken out do what the file does."""
    import torch

    from jndkit.inference import session

    picture = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        own = model.priors(picture)
    for mine, theirs in zip(own, session(path)(picture.numpy()), strict=True):
        if np.abs(mine.numpy() - theirs).max() > 1e-3:
            raise SystemExit(f"{path}: its weights are not where they are looked for")


def run(asked: argparse.Namespace, known: list[Row]) -> None:
    """Train and read what the rows do not have yet."""
    import torch

    from jndkit.training.hvssd.task import HvssdTask
    from jndkit.training.recipe import load_recipe
    from jndkit.training.sampling import pictures_below

    done = {(row["arm"], row["seed"], row["steps"]) for row in known}
    bench = HvssdTask(load_recipe("hvssd", (*folders(asked), f"data.valid_pictures={asked.pictures}")))
    paths = pictures_below(asked.data / "valid")
    names = [str(path.relative_to(asked.data)) for path in paths]
    if len(names) > asked.pictures:
        names = [names[index * len(names) // asked.pictures] for index in range(asked.pictures)]
    for seed in range(asked.seeds):
        for arm, settings in ARMS.items():
            if (arm, seed, asked.steps) in done:
                continue
            model, seconds = trained(asked, settings, seed)
            with torch.no_grad():
                read = bench.readings(model)
            place = {"arm": arm, "seed": seed, "steps": asked.steps}
            with asked.rows.open("a", encoding="utf-8") as file:
                for name, told in zip(names, read, strict=True):
                    values = {key: round(value, 5) for key, value in told.items()}
                    row = {**place, "input": name, **values, "train_cpu_s": round(seconds, 1), "jndkit": VERSION}
                    file.write(json.dumps(row) + "\n")
            found = np.mean([told["jnd"] for told in read])
            print(f"{arm}, seed {seed}: {found:.3f} JND, {seconds:.0f} s", file=sys.stderr)


def table(rows: list[Row]) -> None:
    """Markdown: one line for each arm and each map it is compared with. Intervals are 95 %, over pictures."""
    inputs = list(dict.fromkeys(row["input"] for row in rows))
    whole = _by_picture([row for row in rows if row["arm"] == next(iter(ARMS))], inputs, "jnd")
    print("| map | JND at 26.65 dB | above all three losses | between seeds | unscaled, JND |")
    print("|---|---|---|---|---|")
    for arm in ARMS:
        some = [row for row in rows if row["arm"] == arm]
        if not some:
            continue
        values = _by_picture(some, inputs, "jnd")
        seeds = [np.mean([row["jnd"] for row in some if row["seed"] == seed]) for seed in {row["seed"] for row in some}]
        unscaled = np.mean([row["unscaled"] for row in some])
        print(f"| {arm} | {_shown(values)} | {_shown(values - whole)} | {np.ptp(seeds):.2f} | {unscaled:.2f} |")
    for name in ("chou1995", "flat"):
        values = _by_picture(rows, inputs, name)
        print(f"| {name} | {_shown(values)} | {_shown(values - whole)} | | |")


def _by_picture(rows: list[Row], inputs: list[str], key: str) -> Any:
    """The mean over the seeds for each picture."""
    return np.array([np.mean([row[key] for row in rows if row["input"] == name]) for name in inputs])


def _shown(values: Any) -> str:
    found = mean([float(value) for value in values])
    return f"{found.value:.2f} ± {found.half:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--degradation", type=Path)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=49)
    parser.add_argument("--rows", type=Path, default=ROWS)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if asked.data is not None:
        with tempfile.TemporaryDirectory() as folder:
            asked.degradation = asked.degradation or shipped(Path(folder))
            run(asked, _read(asked.rows))
    if rows := _read(asked.rows):
        table(rows)


def _read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


if __name__ == "__main__":
    main()
