"""What other rules of rounding would save: JND-LIC's encoder chooses each symbol, and a file holds nothing of how.

    python benchmarks/jndlic_rounding.py VALID     reads pictures of VALID and writes the rows
    python benchmarks/jndlic_rounding.py --table   the table, from the rows

    --pictures 12    --version 4    --rows FILE

The middle 256 x 256 pixels of pictures, at four settings of the knob, by the weights of files of that version. An
encoder takes of the two whole numbers beside a value the one that costs less: squared error in steps times a weight,
plus bits, of whose difference no more than a limit counts. Bits are estimated, as while training, and so are savings:
Bjontegaard, at equal JND, SSIMULACRA2 and PSNR, each picture held against the rule that networks are trained with.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from jndkit.codecs.jndlic.layout import RD_WEIGHT, ROUNDING, SYMBOL_LIMIT, places
from jndkit.evaluation.codecs.bjontegaard import rate_difference
from jndkit.evaluation.intervals import mean
from jndkit.training.jndlic.entropy import bounded
from jndkit.training.jndlic.likelihood import FRACTIONS, symbol_bits
from jndkit.training.jndlic.task import jnd_maps
from jndkit.training.jndlic.transform import spread
from jndkit.training.networks import network
from jndkit.training.recipe import load_recipe
from jndkit.training.sampling import centres, to_tensor
from jndkit.version import VERSION
from jndlic_ablation import Judge, curve

ROWS = Path(__file__).parent / "rows" / "jndlic_rounding.jsonl"
KNOBS = (14, 22, 30, 38)
MEASURES = {"jnd": "JND", "ssimulacra2": "SSIMULACRA2", "psnr_luma": "PSNR of luma", "psnr_chroma": "PSNR of chroma"}

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"

Row = dict[str, Any]


class Rule(NamedTuple):
    """weight: of a squared error, bits.  limit: of what a symbol more may cost, bits.  masking: the power of 1 / JND
    that weighs a place.  frequencies: factors on the weight of the means, and of four groups from low to high.
    """

    weight: float = RD_WEIGHT
    limit: float = 4.0
    masking: float = 0.0
    frequencies: tuple[float, ...] = (1.0,) * 5


RULES = {
    "as networks are trained: 8, 4": Rule(),
    "5.5, 4": Rule(5.5),
    "11, 4": Rule(ROUNDING),
    "16, 4": Rule(16.0),
    "11, 4, means twice": Rule(ROUNDING, frequencies=(2.0, 1.0, 1.0, 1.0, 1.0)),
    "8, 8": Rule(limit=8.0),
    "8, 4, by the root of the JND": Rule(masking=0.5),
    "8, 6, by the JND": Rule(limit=6.0, masking=1.0),
    "8, 5, fine frequencies less": Rule(limit=5.0, frequencies=(1.0, 1.0, 0.85, 0.7, 0.7)),
    "8, 4, means twice": Rule(frequencies=(2.0, 1.0, 1.0, 1.0, 1.0)),
}


def coded(
    model: Any, values: Tensor, features: Tensor, step: Tensor, rule: Rule, local: Tensor
) -> tuple[Tensor, float]:
    """Symbols (1, 192, h, w) by a rule, and their bits. local: the weight of each place, (h * w,)."""
    known, bits = torch.zeros_like(values), 0.0
    layout, (height, width) = model.layout, values.shape[2:]
    more = len(layout.slices) - len(rule.frequencies)  # parts of the means beyond one
    for part, ((begin, end), context) in enumerate(zip(layout.slices, model.contexts, strict=True)):
        before = context.before(features, step, known)
        for turn, phases in enumerate(layout.passes[part]):
            where = torch.from_numpy(places(height, width, phases))
            means, scale = context.at(before, known, torch.tensor([float(turn)]), where)
            value = values.flatten(2)[:, begin:end].index_select(2, where)
            below = torch.floor(value.clamp(-SYMBOL_LIMIT, SYMBOL_LIMIT - 1))
            lower, upper = symbol_bits(below, means, scale), symbol_bits(below + 1, means, scale)
            weight = local[where] * rule.frequencies[max(0, part - more)]
            above = weight * (1 - 2 * (value - below)) + (upper - lower).clamp(-rule.limit, rule.limit) < 0
            uncoded = scale == 0
            symbols = torch.where(uncoded, torch.floor(means / FRACTIONS + 0.5), below + above)
            bits += float(torch.where(above, upper, lower)[~uncoded].sum())
            known.flatten(2)[:, begin:end].index_copy_(2, where, symbols)
    return known, bits


def read(model: Any, judge: Judge) -> dict[str, list[Row]]:
    """The points of a picture by the name of the rule."""
    picture = to_tensor(judge.pixels[None])
    jnd, size = jnd_maps(picture), judge.pixels[..., 0].size
    squares = F.avg_pool2d(jnd * jnd, 8)[0, 0].clamp_min(0.25).flatten()
    found: dict[str, list[Row]] = {name: [] for name in RULES}
    for setting in KNOBS:
        knob = torch.tensor([float(setting)])
        unit = model.unit(knob)
        latent, z = model.analysis(picture, jnd, knob, unit)
        z = torch.floor(bounded(z) + 0.5)
        features, step = model.decoder(z, knob)
        side, values = float(model.prior.bits(z, knob).sum()), latent * torch.exp2(-spread(step) / 16.0)
        for name, rule in RULES.items():
            local = squares**-rule.masking
            local = rule.weight * (local / local.log().mean().exp()).clamp(0.25, 4.0)
            symbols, bits = coded(model, values, features, step, rule, local)
            made = model.synthesis(symbols, step, knob, unit)[0].clamp(0.0, 1.0)
            version = (made * 255.0).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
            found[name].append(judge.point(setting, (bits + side) / size, version))
    return found


def table(rows: list[Row], head: str = "weight, limit") -> str:
    """What each run saves against the first, by every measure; head: of the column of their names."""
    points: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        points.setdefault(row["run"], {})[row["picture"]] = row["points"]
    first, *others = points
    lines = [
        f"| {head} | " + " | ".join(f"at equal {told}" for told in MEASURES.values()) + " |",
        "|---|---|---|---|---|",
    ]
    for name in others:
        cells = [name]
        for measure in MEASURES:
            pairs = [(curve(each, measure), curve(points[first][key], measure)) for key, each in points[name].items()]
            rates = [found for found in (rate_difference(*pair) for pair in pairs) if found is not None]
            told = mean([100.0 * math.expm1(rate) for rate in rates])
            cells.append(f"{told.value:+.1f} ± {told.half:.1f} %")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def network_of(version: int) -> Any:
    """The network whose files are of this version, 2 or 4, as it was trained."""
    recipe = load_recipe("jndlic-two-judges", (f"model.version={version}",))
    model = network(recipe.name, recipe.model).eval()
    model.load_state_dict(load_file(CHECKPOINTS / f"jndlic-version-{version}" / "best.safetensors"))
    return model


def main() -> int:
    asked = arguments(__doc__, ROWS, version=4)
    if not asked.table:
        model, rows = network_of(asked.version), list[Row]()
        with torch.no_grad():
            for index, pixels in enumerate(centres(asked.valid, asked.pictures, 256, 32)):
                for name, points in read(model, Judge(pixels)).items():
                    rows.append(
                        {
                            "run": name,
                            "picture": str(index),
                            "points": points,
                            "version": asked.version,
                            "jndkit": VERSION,
                        }
                    )
                print(f"picture {index}", file=sys.stderr, flush=True)
        asked.rows.write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(table([json.loads(line) for line in asked.rows.read_text().splitlines()]))
    return 0


def arguments(told: str, rows: Path, **further: int) -> argparse.Namespace:
    """Of a script that reads pictures of VALID, or its rows. further: numbers it may be told, with their defaults."""
    parser = argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("valid", nargs="?", type=Path)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--pictures", type=int, default=12)
    parser.add_argument("--rows", type=Path, default=rows)
    for name, default in further.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    if not asked.table and asked.valid is None:
        parser.error("give the folder of pictures, or --table")
    return asked


if __name__ == "__main__":
    sys.exit(main())
