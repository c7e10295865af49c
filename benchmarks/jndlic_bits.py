"""Where JND-LIC spends its bits and where its errors lie, beside AVIF at equal bits.

    python benchmarks/jndlic_bits.py VALID [--run RUN]     reads pictures and adds rows; of the newest averaged weights
                                                           of a run of `jnd train`, else of checkpoints/jndlic-small
    python benchmarks/jndlic_bits.py --table               the tables, from the rows

    --pictures 10    --rates 0.3 0.8    --name shipped     which network the rows are of    --rows FILE

The middle 512 x 512 pixels of pictures of VALID. For each rate JND-LIC takes the knob whose estimated bits come
nearest, AVIF (as `jnd encode` writes it) the highest quality whose file has no more. Bits of JND-LIC are split by what
they code, of AVIF only into luma, a file of the picture with its chroma taken out, and the rest. Errors are mean
squares of the orthonormal 8 x 8 DCT of JFIF's planes, code values: in the mean of blocks, in the four diagonals after
it (low) and beyond (high); apart in smooth and in textured blocks, those whose luma varies less and more than the
median block of all the pictures.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from jndkit.codecs import codec
from jndkit.codecs.jndlic.layout import KNOB_HIGH
from jndkit.observers.cvvdp import Cvvdp
from jndkit.observers.ssimulacra2.measure import ssimulacra2
from jndkit.picture import Picture, Pixels
from jndkit.picturewise.decision import suited
from jndkit.training.jndlic.coded import Coded
from jndkit.training.jndlic.entropy import bounded
from jndkit.training.jndlic.task import jnd_maps
from jndkit.training.jndlic.transform import dct_kernels, to_rgb, to_ycc
from jndkit.training.networks import network
from jndkit.training.recipe import load_recipe
from jndkit.training.sampling import centres, to_tensor
from jndkit.version import VERSION
from jndkit.viewing import DISPLAYS

ROWS = Path(__file__).parent / "rows" / "jndlic_bits.jsonl"
SHIPPED = Path(__file__).parents[1] / "checkpoints" / "jndlic-small" / "best.safetensors"
BANDS = {"mean": (0, 1), "low": (1, 15), "high": (15, 64)}  # of the zigzag
PLANES = {"luma": slice(0, 1), "chroma": slice(1, 3)}
KINDS = ("smooth", "textured")

Row = dict[str, Any]


def trained(run: Path | None) -> Any:
    """The network of a run, averaged weights, or of the shipped checkpoint."""
    recipe = load_recipe("jndlic-small")
    if run is None:
        model, state = network(recipe.name, recipe.model), load_file(SHIPPED)
    else:
        told, held = json.loads((run / "last.json").read_text()), load_file(run / "last.safetensors")
        model = network(told["name"], told["model"])
        state = {name.removeprefix("model."): each for name, each in held.items() if name.startswith("model.")}
        state |= {name.removeprefix("average."): each for name, each in held.items() if name.startswith("average.")}
    model.load_state_dict(state)
    return model.eval()


def spent(model: Any, picture: Tensor, jnd: Tensor, knob: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The decoded picture, bits of each symbol (192, h, w), and of the hyper-latent's channels (C,)."""
    coded = model(picture, jnd, knob)
    _, z = model.analysis(picture, jnd, knob, model.unit(knob))
    z = (bounded(z) + 0.5).floor()
    features, step = model.decoder(z, knob)
    symbols = coded.symbols.round()
    bits = torch.cat(model.bits_of(symbols, features, step, range(len(model.contexts))), dim=1).view_as(symbols)
    return coded.picture, bits[0], model.prior.bits(z, knob)[0].sum(dim=(1, 2))


def nearest(model: Any, picture: Tensor, jnd: Tensor, rate: float) -> int:
    """The knob whose bits a pixel come nearest to a rate."""
    low, high, told = 0, KNOB_HIGH, dict[int, float]()
    while high - low > 1:
        middle = (low + high) // 2
        told[middle] = _bits(model, picture, jnd, middle)
        low, high = (middle, high) if told[middle] < rate else (low, middle)
    for end in (low, high):
        told.setdefault(end, _bits(model, picture, jnd, end))
    return min((low, high), key=lambda knob: abs(np.log(told[knob] / rate)))


def _bits(model: Any, picture: Tensor, jnd: Tensor, knob: int) -> float:
    coded: Coded = model(picture, jnd, torch.tensor([float(knob)]))
    return float((coded.bits + coded.side_bits).sum() / picture[0, 0].numel())


def avif(pixels: Pixels, most: float) -> tuple[float, bytes]:
    """The quality and the file that take so many bits a pixel at most."""
    chosen = codec("avif")
    picture, grid = suited(Picture(pixels), chosen), chosen.knob.grid
    low, high = 0, len(grid) - 1
    while low < high:
        middle = (low + high + 1) // 2
        fits = 8.0 * len(chosen.encode(picture, grid[middle])) <= most * pixels[..., 0].size
        low, high = (middle, high) if fits else (low, middle - 1)
    return grid[low], chosen.encode(picture, grid[low])


def errors(pixels: Pixels, version: Pixels, textured: Tensor) -> dict[str, float]:
    """Mean squared error a coefficient by plane, band and kind of block, named "luma mean smooth" and so on."""
    planes = to_ycc(to_tensor(version[None])) - to_ycc(to_tensor(pixels[None]))
    squares = (F.conv2d(planes, dct_kernels(), stride=8)[0] ** 2).unflatten(0, (64, 3))
    found = {}
    for plane, which in PLANES.items():
        for band, (first, last) in BANDS.items():
            each = squares[first:last, which].mean(dim=(0, 1))
            for kind, wanted in zip(KINDS, (~textured, textured), strict=True):
                found[f"{plane} {band} {kind}"] = float(each[wanted].mean()) if bool(wanted.any()) else 0.0
    return found


def shares(bits: Tensor, side: Tensor, textured: Tensor, pixels: int) -> dict[str, float]:
    """Bits a pixel of the picture by what they code; what is named adds up to the whole."""
    planes = bits.unflatten(0, (64, 3))
    found = {"hyper-latent": float(side.sum()) / pixels}
    for plane, which in PLANES.items():
        for band, (first, last) in BANDS.items():
            each = planes[first:last, which].sum(dim=(0, 1))
            for kind, wanted in zip(KINDS, (~textured, textured), strict=True):
                found[f"{plane} {band} {kind}"] = float(each[wanted].sum()) / pixels
    return found


def variation(pixels: Pixels) -> Tensor:
    """Of luma in each block: the square root of the mean square beside its mean, code values."""
    found = F.conv2d(to_ycc(to_tensor(pixels[None])), dct_kernels(), stride=8)[0].unflatten(0, (64, 3))
    return (found[1:, 0] ** 2).sum(dim=0).div(64.0).sqrt()


def read(model: Any, pixels: Pixels, textured: Tensor, rate: float) -> Row:
    picture = to_tensor(pixels[None])
    jnd, size = jnd_maps(picture), pixels[..., 0].size
    knob = nearest(model, picture, jnd, rate)
    made, bits, side = spent(model, picture, jnd, torch.tensor([float(knob)]))
    ours = (made[0].clamp(0.0, 1.0) * 255.0).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    total = float(bits.sum() + side.sum()) / size
    quality, data = avif(pixels, total)
    theirs = codec("avif").decode(data).rgb
    luma = to_ycc(picture)
    luma[:, 1:] = 0.0
    grey = (to_rgb(luma)[0].clamp(0.0, 1.0) * 255.0).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    plain = codec("avif").encode(suited(Picture(grey), codec("avif")), quality)
    watched = Cvvdp().watch(Picture(pixels), DISPLAYS["desktop"])
    told = {}
    for name, version in (("jndlic", ours), ("avif", theirs)):
        judged = {"jnd": watched(Picture(version)).jnd, "ssimulacra2": ssimulacra2(pixels, version)}
        told[name] = {**judged, "errors": errors(pixels, version, textured)}
    told["jndlic"] |= {"knob": knob, "bits": total, "spent": shares(bits, side, textured, size)}
    told["avif"] |= {"quality": quality, "bits": 8.0 * len(data) / size, "luma_bits": 8.0 * len(plain) / size}
    return {"rate": rate, "textured": float(textured.float().mean()), **told}


def table(rows: list[Row]) -> str:
    lines = []
    for name, rate in sorted({(row["name"], row["rate"]) for row in rows}):
        mine = [row for row in rows if (row["name"], row["rate"]) == (name, rate)]
        ours, theirs = ([row[each] for row in mine] for each in ("jndlic", "avif"))
        lines += [f"{name}, {rate} bits a pixel, {len(mine)} pictures:", ""]
        lines += ["| codec | bits | JND | SSIMULACRA2 |", "|---|---|---|---|"]
        for codec_name, each in (("jndlic", ours), ("avif", theirs)):
            cells = (np.mean([one[key] for one in each]) for key in ("bits", "jnd", "ssimulacra2"))
            lines.append("| {} | {:.3f} | {:.2f} | {:.1f} |".format(codec_name, *cells))
        total = np.mean([each["bits"] for each in ours])
        luma = np.mean([each["luma_bits"] for each in theirs]) / np.mean([each["bits"] for each in theirs])
        side = np.mean([each["spent"]["hyper-latent"] for each in ours]) / total
        lines += ["", f"hyper-latent {100 * side:.1f} %; luma of AVIF {100 * luma:.0f} %", ""]
        lines += [
            "| what | share of JND-LIC's bits | its error | AVIF's | JND-LIC above AVIF, dB |",
            "|---|---|---|---|---|",
        ]
        for key in ours[0]["errors"]:
            share = 100.0 * np.mean([each["spent"][key] for each in ours]) / total
            squares = [np.mean([each["errors"][key] for each in side]) for side in (ours, theirs)]
            apart = 10.0 * np.log10(squares[0] / squares[1])
            lines.append(f"| {key} | {share:.1f} % | {squares[0]:.1f} | {squares[1]:.1f} | {apart:+.2f} |")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    asked = _asked()
    kept = [json.loads(line) for line in asked.rows.read_text().splitlines()] if asked.rows.exists() else []
    if not asked.table:
        model, pictures = trained(asked.run), centres(asked.valid, asked.pictures, 512, 32)
        varied = [variation(pixels) for pixels in pictures]
        usual = torch.cat([each.flatten() for each in varied]).median()
        kept = [row for row in kept if row["name"] != asked.name]
        with torch.no_grad():
            for index, pixels in enumerate(pictures):
                for rate in asked.rates:
                    row = read(model, pixels, varied[index] > usual, rate)
                    kept.append({"name": asked.name, "picture": str(index), **row, "jndkit": VERSION})
                print(f"picture {index}", file=sys.stderr, flush=True)
        asked.rows.write_text("".join(json.dumps(row) + "\n" for row in kept))
    print(table(kept))
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("valid", nargs="?", type=Path)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--name", default="shipped")
    parser.add_argument("--pictures", type=int, default=10)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.3, 0.8])
    parser.add_argument("--rows", type=Path, default=ROWS)
    asked = parser.parse_args()
    if not asked.table and asked.valid is None:
        parser.error("give the folder of pictures, or --table")
    return asked


if __name__ == "__main__":
    sys.exit(main())
