"""How errors of JND-LIC's predictions are spread: the mixture of two logistic distributions that fits them best.

    python tools/jndlic_shapes.py DATA [WEIGHTS]     fits it on 240 crops of DATA/train, and tells what it saves

WEIGHTS: of format version 2, by default checkpoints/jndlic-means/best.safetensors. What a place's symbol is off its
mean is counted by scale and by fraction of the mean, as the tables of a file are laid out. Each of the two has its
distance from the scale that is told, and a share; both are quadratic polynomials of scale / 32 - 1, whose factors are
printed: they stand in `training/jndlic/likelihood.py`. Saved bits are against one logistic distribution, those of
whole files, on the middle 512 x 512 pixels of 8 pictures of DATA/valid, which chose nothing.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from jndkit.codecs.jndlic.layout import places
from jndkit.training.jndlic import likelihood
from jndkit.training.jndlic.entropy import bounded
from jndkit.training.jndlic.likelihood import FRACTIONS, SCALES
from jndkit.training.jndlic.network import JndLic
from jndkit.training.jndlic.task import drawn_knobs, jnd_maps
from jndkit.training.networks import load_weights, network
from jndkit.training.recipe import load_recipe
from jndkit.training.sampling import Crops, centres, to_tensor

CHECKPOINT = Path(__file__).parents[1] / "checkpoints" / "jndlic-means" / "best.safetensors"
CROPS, SIDE, KNOBS = 240, 256, (16, 28, 40)
REACH = 15  # symbols off the mean that are told apart; those beyond count with the last
Batch = tuple[Tensor, Tensor]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("data", type=Path)
    asked.add_argument("weights", type=Path, nargs="?", default=CHECKPOINT)
    options = asked.parse_args()
    recipe = load_recipe("jndlic-two-judges", ("model.version=2",))
    model = network(recipe.name, recipe.model)
    load_weights(model, options.weights, recipe.name)
    assert isinstance(model, JndLic)
    model.eval()
    generator = torch.Generator().manual_seed(3)
    crops = Crops(str(options.data / "train"), SIDE, 0.6)
    drawn = ((crops.draw(4, generator), drawn_knobs(4, generator)) for _ in range(CROPS // 4))
    found = fitted(counted(model, drawn)[0])
    for name, factors in zip(("narrow", "wide", "share"), found, strict=True):
        print(f"{name}: {', '.join(f'{factor:.3f}' for factor in factors.tolist())}")
    pictures = [to_tensor(pixels[None]) for pixels in centres(str(options.data / "valid"), 8, 512, 32)]
    one = logarithms(torch.zeros(3, 3, dtype=torch.float64))
    for knob in KNOBS:
        counts, bits = counted(model, [(picture, torch.tensor([float(knob)])) for picture in pictures])
        saved = float((counts * (logarithms(found) - one)).sum()) / math.log(2.0)
        print(f"knob {knob}: {100.0 * saved / (bits + saved):.2f} % of the bits")


def counted(model: JndLic, batches: Iterable[Batch]) -> tuple[Tensor, float]:
    """How often symbols lie so far off their means, (SCALES, FRACTIONS, 2 REACH + 1); the bits of all."""
    counts, bits = torch.zeros(SCALES * FRACTIONS * (2 * REACH + 1), dtype=torch.float64), 0.0
    with torch.no_grad():
        for pictures, knobs in batches:
            jnd = jnd_maps(pictures)
            coded = model(pictures, jnd, knobs)
            bits += float((coded.bits + coded.side_bits).sum())
            _, z = model.analysis(pictures, jnd, knobs, model.unit(knobs))
            features, step = model.decoder((bounded(z) + 0.5).floor(), knobs)
            symbols = coded.symbols.round()
            for mean, scale, symbol in predictions(model, features, step, symbols):
                whole = torch.floor(mean / FRACTIONS + 0.5)
                fraction = (mean - FRACTIONS * whole).long() + FRACTIONS // 2
                off = (symbol - whole).clamp(-REACH, REACH).long() + REACH
                index = (scale.long() * FRACTIONS + fraction) * (2 * REACH + 1) + off
                counts += torch.bincount(index.flatten(), minlength=len(counts))
    counts = counts.unflatten(0, (SCALES, FRACTIONS, -1))
    counts[0] = 0.0  # what has the smallest scale is not coded
    return counts, bits


def predictions(model: JndLic, features: Tensor, step: Tensor, symbols: Tensor) -> Iterable[tuple[Tensor, ...]]:
    """Means, scales and symbols of every pass, (N, own, n) each."""
    height, width = symbols.shape[2:]
    known, layout = torch.zeros_like(symbols), model.layout
    for (begin, end), passes, context in zip(layout.slices, layout.passes, model.contexts, strict=True):
        before = context.before(features, step, known)
        for index, phases in enumerate(passes):
            where = torch.from_numpy(places(height, width, phases))
            mean, scale = context.at(before, known, torch.tensor([float(index)]), where)
            mine = symbols.flatten(2)[:, begin:end].index_select(2, where)
            known.flatten(2)[:, begin:end].index_copy_(2, where, mine)
            yield mean, scale, mine


def logarithms(factors: Tensor) -> Tensor:
    """ln of the likelihoods of the mixture, (SCALES, FRACTIONS, 2 REACH + 1). factors: (3, 3), of narrow, wide, share.

    All that lies beyond the last place counts with it, on either side.
    """
    scale = torch.arange(SCALES, dtype=torch.float64)[:, None, None]
    mean = torch.arange(FRACTIONS, dtype=torch.float64)[:, None] / FRACTIONS - 0.5
    edge = torch.arange(-REACH, REACH, dtype=torch.float64) + 0.5
    at = scale / (SCALES / 2) - 1.0
    narrow, wide, share = (each[0] + at * (each[1] + at * each[2]) for each in factors)
    parts = []
    for shift, logit in ((narrow, share), (wide, -share)):
        slope = torch.exp(likelihood.slope_logarithm(scale - shift))
        below = torch.nn.functional.pad((edge - mean) * slope, (1, 0), value=-1e9)
        above = torch.nn.functional.pad((edge - mean) * slope, (0, 1), value=1e9)
        # By the smaller of both tails, where a difference keeps its digits.
        mirrored = below + above > 0
        low, high = torch.where(mirrored, -above, below), torch.where(mirrored, -below, above)
        inside = (torch.sigmoid(high) - torch.sigmoid(low)).clamp_min(1e-30)
        parts.append(inside.log() + torch.nn.functional.logsigmoid(logit))
    return torch.logaddexp(*parts)


def fitted(counts: Tensor) -> Tensor:
    """The factors of the likeliest mixture, (3, 3)."""
    factors = torch.tensor([[2.0, 0.0, 0.0], [-2.0, 0.0, 0.0], [0.0, 0.0, 0.0]], dtype=torch.float64).requires_grad_()
    search = torch.optim.LBFGS([factors], max_iter=200, line_search_fn="strong_wolfe")

    def cost() -> Tensor:
        search.zero_grad()
        loss = -(counts * logarithms(factors)).sum() / counts.sum()
        loss.backward()
        return loss

    search.step(cost)
    return factors.detach()


if __name__ == "__main__":
    main()
