"""Whether JND-LIC's steps follow the JND as they should: moved along a guide, do files become smaller or larger?

    python benchmarks/jndlic_steps.py VALID     reads pictures of VALID and writes the rows of a version
    python benchmarks/jndlic_steps.py --table   a table for each version, from the rows

    --version 4    of the files: that of checkpoints/jndlic-version-2 or -4    --pictures 12    --rows FILE

The steps of the network, derived from the hyper-latent, are moved up where a guide is above its mean over the
picture and down where it lies below: by STRONG sixteenths of an octave for each standard deviation, or the other way.
Guides are the JND in blocks of 8 x 8, by its logarithm: of wu2016, which guided the training, of wu2017, of the
observer itself (how little it sees of noise that is alike everywhere), and of wu2016 with its blocks in random order,
which says what any change costs. A network whose steps lie right loses by all of them. The middle 256 x 256 pixels of
pictures, at four settings of the knob; bits are estimated, and saved bits are told as `jndlic_rounding.py` tells them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from jndkit.codecs.jndlic.layout import STEP_LIMIT
from jndkit.observers.cvvdp import Cvvdp
from jndkit.picture import Picture, Pixels
from jndkit.pixelwise import jnd_map
from jndkit.training.jndlic.entropy import bounded
from jndkit.training.jndlic.task import jnd_maps
from jndkit.training.jndlic.transform import spread
from jndkit.training.sampling import centres, to_tensor
from jndkit.version import VERSION
from jndkit.viewing import DISPLAYS
from jndlic_ablation import Judge
from jndlic_rounding import KNOBS, arguments, network_of, table

ROWS = Path(__file__).parent / "rows" / "jndlic_steps.jsonl"
STRONG = 3.0  # sixteenths of an octave a standard deviation
SEED, NOISE = 7, 6.0  # code values

Row = dict[str, Any]


def guides(pixels: Pixels) -> dict[str, Tensor]:
    """(h, w) each, blocks of 8 x 8: mean 0 and standard deviation 1 over the picture, higher where less is seen."""
    random = np.random.default_rng(SEED)
    noisy = np.clip(pixels + random.normal(0.0, NOISE, pixels.shape), 0, 255).round().astype(np.uint8)
    seen = Cvvdp().watch(Picture(pixels), DISPLAYS["desktop"]).map(Picture(noisy))
    maps = {"wu2016": jnd_map(Picture(pixels), "wu2016"), "wu2017": jnd_map(Picture(pixels), "wu2017")}
    maps["the observer"] = np.reciprocal(np.maximum(seen, np.float32(1e-3)))
    found = {}
    for name, each in maps.items():
        blocks = F.avg_pool2d(torch.from_numpy(np.ascontiguousarray(each, np.float32))[None, None], 8)[0, 0]
        logs = torch.log2(blocks.clamp_min(1e-3))
        found[name] = (logs - logs.mean()) / logs.std().clamp_min(1e-6)
    mixed = torch.from_numpy(random.permutation(found["wu2016"].numel()))
    found["wu2016 in random order"] = found["wu2016"].flatten()[mixed].view_as(found["wu2016"])
    return found


def read(model: Any, judge: Judge) -> dict[str, list[Row]]:
    """The points of a picture by how its steps were moved."""
    picture = to_tensor(judge.pixels[None])
    jnd, size = jnd_maps(picture), judge.pixels[..., 0].size
    ways: dict[str, Tensor] = {"as derived": torch.zeros(1)}
    for name, guide in guides(judge.pixels).items():
        ways |= {f"further along {name}": STRONG * guide, f"less along {name}": -STRONG * guide}
    found: dict[str, list[Row]] = {name: [] for name in ways}
    for setting in KNOBS:
        knob = torch.tensor([float(setting)])
        unit = model.unit(knob)
        latent, z = model.analysis(picture, jnd, knob, unit)
        z = torch.floor(bounded(z) + 0.5)
        features, derived = model.decoder(z, knob)
        side = float(model.prior.bits(z, knob).sum())
        for name, moved in ways.items():
            step = (derived + moved).round().clamp(-STEP_LIMIT, STEP_LIMIT)
            symbols, bits = model.coded(latent * torch.exp2(-spread(step) / 16.0), features, step)
            made = model.synthesis(symbols, step, knob, unit)[0].clamp(0.0, 1.0)
            version = (made * 255.0).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
            found[name].append(judge.point(setting, (float(bits.sum()) + side) / size, version))
    return found


def main() -> int:
    asked = arguments(__doc__, ROWS, version=4)
    rows = [json.loads(line) for line in asked.rows.read_text().splitlines()] if asked.rows.exists() else []
    if not asked.table:
        model = network_of(asked.version)
        rows = [row for row in rows if row["version"] != asked.version]
        about = {"version": asked.version, "jndkit": VERSION}
        with torch.no_grad():
            for index, pixels in enumerate(centres(asked.valid, asked.pictures, 256, 32)):
                for name, points in read(model, Judge(pixels)).items():
                    rows.append({"run": name, "picture": str(index), "points": points, **about})
                print(f"picture {index}", file=sys.stderr, flush=True)
        asked.rows.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for version in sorted({row["version"] for row in rows}):
        print(table([row for row in rows if row["version"] == version], f"steps of version {version}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
