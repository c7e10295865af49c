"""Which part of JND-LIC a training has moved for the worse: bits with the weights of one part from a run.

    python benchmarks/jndlic_parts.py VALID BASE RUN --name NAME    measures, adds to the rows
    python benchmarks/jndlic_parts.py --table                       the table, from the rows

    --knob 28    --pictures 4    --side 512    --rows FILE

BASE is a file of weights (.safetensors), RUN the folder of a run that began there; of both the format version is the
run's. Bits a pixel are estimated, of each slice and of the hyper-latents, on the middle of pictures of VALID: with the
weights of BASE alone, with those of RUN alone, and with one part of RUN in BASE. A minute of one core.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from jndkit.training.jndlic.entropy import bounded
from jndkit.training.jndlic.network import JndLic
from jndkit.training.jndlic.task import jnd_maps
from jndkit.training.networks import network
from jndkit.training.sampling import centres, to_tensor
from jndkit.version import VERSION

ROWS = Path(__file__).parent / "rows" / "jndlic_parts.jsonl"
PARTS = ("analysis", "synthesis", "decoder", "prior", "offsets")

Row = dict[str, Any]
Weights = dict[str, torch.Tensor]


def averaged(run: Path) -> tuple[JndLic, Weights]:
    """A network as that of a run, and the run's newest averaged weights."""
    told, held = json.loads((run / "last.json").read_text(encoding="utf-8")), load_file(run / "last.safetensors")
    model = network(told["name"], told["model"]).eval()
    assert isinstance(model, JndLic)
    return model, {name.removeprefix("average."): each for name, each in held.items() if name.startswith("average.")}


def spent(model: JndLic, weights: Weights, pictures: list[Any], knob: float) -> dict[str, float]:
    """Bits a pixel of the hyper-latents, of each slice and of all."""
    model.load_state_dict(weights)
    told, pixels = torch.tensor([knob]), sum(each[..., 0].size for each in pictures)
    found = torch.zeros(1 + len(model.contexts))
    for each in pictures:
        picture = to_tensor(each[None])
        jnd = jnd_maps(picture)
        with torch.no_grad():
            coded = model(picture, jnd, told)
            _, z = model.analysis(picture, jnd, told, model.unit(told))
            features, step = model.decoder(torch.floor(bounded(z) + 0.5), told)
            slices = model.bits_of(coded.symbols.round(), features, step, range(len(model.contexts)))
        found += torch.stack([coded.side_bits.sum(), *(bits.sum() for bits in slices)]) / pixels
    side, *rest = found.tolist()
    return {
        "hyper-latents": side,
        **{f"slice {index}": each for index, each in enumerate(rest)},
        "all": sum(found.tolist()),
    }


def rows_of(valid: Path, base: Path, run: Path, options: argparse.Namespace) -> list[Row]:
    model, moved = averaged(run)
    first = model.adapted(load_file(base))
    pictures = centres(valid, options.pictures, options.side, 32)
    contexts = [f"contexts.{index}" for index in range(len(model.contexts))]
    tried = {"nothing": first, "all": {**first, **moved}}
    for part in (*PARTS, *contexts):
        own = {name: each for name, each in moved.items() if name == part or name.startswith(f"{part}.")}
        tried[part] = {**first, **own}
    about = {"name": options.name, "base": base.parent.name, "knob": options.knob, "jndkit": VERSION}
    step = json.loads((run / "last.json").read_text(encoding="utf-8"))["step"]
    return [
        {**about, "step": step, "moved": part, "bits": spent(model, weights, pictures, options.knob)}
        for part, weights in tried.items()
    ]


def table(rows: list[Row]) -> str:
    lines = []
    for name in dict.fromkeys(row["name"] for row in rows):
        some = [row for row in rows if row["name"] == name]
        heads = list(some[0]["bits"])
        lines += ["", f"| {name}, moved | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
        first = some[0]["bits"]
        lines.append(f"| nothing, bits a pixel | {' | '.join(f'{first[head]:.3f}' for head in heads)} |")
        for row in some[1:]:
            apart = (f"{100.0 * (row['bits'][head] / first[head] - 1.0):+.1f} %" for head in heads)
            lines.append(f"| {row['moved']} | {' | '.join(apart)} |")
    return "\n".join(lines[1:])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("valid", type=Path, nargs="?")
    asked.add_argument("base", type=Path, nargs="?")
    asked.add_argument("run", type=Path, nargs="?")
    asked.add_argument("--name", default="run")
    asked.add_argument("--knob", type=float, default=28.0)
    asked.add_argument("--pictures", type=int, default=4)
    asked.add_argument("--side", type=int, default=512)
    asked.add_argument("--rows", type=Path, default=ROWS)
    asked.add_argument("--table", action="store_true")
    options = asked.parse_args()
    if not options.table:
        if options.run is None:
            asked.error("give VALID, BASE and RUN, or --table")
        with options.rows.open("a", encoding="utf-8") as file:
            for row in rows_of(options.valid, options.base, options.run, options):
                file.write(json.dumps(row) + "\n")
    print(table([json.loads(line) for line in options.rows.read_text(encoding="utf-8").splitlines()]))


if __name__ == "__main__":
    main()
