"""Teach the parts that predict means alone, on symbols that a network of version 1 made once.

All else of the network stays as it is, and so does every picture: what is learned is bits, and they alone are read.
A step costs a small part of one of `task`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor, nn

from jndkit.codecs.jndlic.layout import LAYOUTS, MULTIPLE, places
from jndkit.errors import UsageError
from jndkit.picture import make_folder, replacing
from jndkit.training.jndlic.entropy import bounded
from jndkit.training.jndlic.likelihood import symbol_bits
from jndkit.training.jndlic.means import MeanContext
from jndkit.training.jndlic.network import JndLic
from jndkit.training.jndlic.task import drawn_knobs, jnd_maps
from jndkit.training.networks import load_weights, network
from jndkit.training.recipe import Recipe
from jndkit.training.sampling import Crops, centres, to_tensor
from jndkit.training.tasks import check_data

_KNOWN = ("cache", "crops", "reduce", "train", "valid", "valid_pictures")
_KNOBS = (12, 20, 28, 40)
_SIDE = 512  # pixels, of a validation picture
_DRAWN = 4  # crops at once
_SEED = 11

Kept = dict[str, Tensor]


class MeansTask:
    """data.train, data.valid: folders of pictures.  data.cache: the folder where symbols are kept.

    init_from: the weights, of version 1, whose symbols are learned.
    data.crops: how many are kept to learn from.  data.reduce: the smallest factor a crop is reduced by.
    data.valid_pictures: how many to score on.
    """

    score_name = "saving"

    def __init__(self, recipe: Recipe) -> None:
        check_data(recipe, _KNOWN, "folders of pictures")
        if recipe.crop % MULTIPLE or recipe.model.get("version") != 2:
            raise UsageError(f"crop = {recipe.crop}: a multiple of {MULTIPLE} is needed, and model.version = 2")
        self._recipe, self._batch = recipe, recipe.batch
        data = recipe.data
        self._crops = Crops(data["train"], recipe.crop, float(data.get("reduce", 0.6)))
        self._pictures = centres(data["valid"], int(data.get("valid_pictures", 12)), _SIDE, MULTIPLE)
        self._kept: Kept | None = None

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """(features, step, symbols of means): float32 (N, C, h, w), of crops drawn from those that are kept."""
        kept = self._symbols()
        rows = torch.randint(len(kept["features"]), (self._batch,), generator=generator)
        return tuple(kept[name][rows].float() for name in ("features", "step", "symbols"))

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        """Bits a block, of the means of luma and chroma."""
        return torch.stack(_bits(model, *batch)).sum(dim=0).mean() / batch[0][0, 0].numel()

    def validate(self, model: nn.Module) -> dict[str, float]:
        """The share of a file's bits that is saved, mean over knobs; saving_K: at each.

        luma_K, chroma_K: bits a pixel of the means.  first_luma_K, first_chroma_K: the same in version 1.  bits_K: of
        all, in version 1.
        """
        kept, scores = self._symbols(), dict[str, float]()
        for knob in _KNOBS:
            told = kept[f"valid {knob} bits"].sum(dim=0) / kept["pixels"].sum()  # all, luma, chroma
            spent = torch.zeros(2)
            for index in range(len(self._pictures)):
                planes = [
                    kept[f"valid {knob} {index} {name}"][None].float() for name in ("features", "step", "symbols")
                ]
                spent += torch.stack([each.sum() for each in _bits(model, *planes)]) / kept["pixels"].sum()
            scores |= {f"saving_{knob}": float(1.0 - (told[0] - told[1:].sum() + spent.sum()) / told[0])}
            scores |= {f"luma_{knob}": float(spent[0]), f"chroma_{knob}": float(spent[1])}
            scores |= {f"first_luma_{knob}": float(told[1]), f"first_chroma_{knob}": float(told[2])}
            scores |= {f"bits_{knob}": float(told[0])}
        return {"saving": sum(scores[f"saving_{knob}"] for knob in _KNOBS) / len(_KNOBS), **scores}

    def _symbols(self) -> Kept:
        """What is kept, made where it is not there yet."""
        if self._kept is None:
            path = self._place()
            if not path.is_file():
                make_folder(str(path.parent))
                with torch.no_grad(), replacing(path, force=True) as temporary:
                    save_file(self._made(), temporary)
            self._kept = load_file(path)
        return self._kept

    def _place(self) -> Path:
        recipe = self._recipe
        weights = Path(recipe.init_from).read_bytes() if recipe.init_from else b""
        told = repr((sorted(recipe.data.items()), sorted(recipe.model.items()), recipe.crop, recipe.seed))
        name = hashlib.sha256(weights + told.encode()).hexdigest()[:16]
        return Path(recipe.data.get("cache", "runs/jndlic-symbols")) / f"{name}.safetensors"

    def _made(self) -> Kept:
        model, generator = self._teacher(), torch.Generator().manual_seed(_SEED)
        several: list[tuple[Tensor, ...]] = []
        while len(several) * _DRAWN < int(self._recipe.data.get("crops", 1000)):
            pictures = self._crops.draw(_DRAWN, generator)
            several.append(_coded(model, pictures, drawn_knobs(_DRAWN, generator))[:3])
        kept = {
            name: torch.cat(each)
            for name, each in zip(("features", "step", "symbols"), zip(*several, strict=True), strict=True)
        }
        kept["pixels"] = torch.tensor([float(pixels[..., 0].size) for pixels in self._pictures])
        for knob in _KNOBS:
            bits = []
            for index, pixels in enumerate(self._pictures):
                *planes, told = _coded(model, to_tensor(pixels[None]), torch.tensor([float(knob)]))
                for name, each in zip(("features", "step", "symbols"), planes, strict=True):
                    kept[f"valid {knob} {index} {name}"] = each[0].clone()
                bits.append(told)
            kept[f"valid {knob} bits"] = torch.stack(bits)
        return kept

    def _teacher(self) -> JndLic:
        torch.manual_seed(self._recipe.seed)
        model = network(self._recipe.name, {**self._recipe.model, "version": 1}).eval()
        if self._recipe.init_from:
            load_weights(model, self._recipe.init_from, self._recipe.name)
        assert isinstance(model, JndLic)
        return model


def _coded(model: JndLic, pictures: Tensor, knobs: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """features uint8, step int8 and symbols of means int16, (N, C, h, w); bits of all, of luma's and chroma's means."""
    jnd = jnd_maps(pictures)
    coded = model(pictures, jnd, knobs)
    _, z = model.analysis(pictures, jnd, knobs, model.unit(knobs))
    features, step = model.decoder(torch.floor(bounded(z) + 0.5), knobs)
    symbols = coded.symbols[:, : LAYOUTS[1].slices[0][1]].round()
    spent = _first_bits(model, features, symbols)
    told = torch.stack([(coded.bits + coded.side_bits).sum(), spent[:, 0].sum(), spent[:, 1:].sum()])
    return features.to(torch.uint8), step.to(torch.int8), symbols.to(torch.int16), told


def _first_bits(model: JndLic, features: Tensor, symbols: Tensor) -> Tensor:
    """Bits of each mean in version 1, (N, 3, n)."""
    known = torch.zeros(len(symbols), LAYOUTS[1].slices[-1][1], *symbols.shape[2:])
    context, found = model.contexts[0], []
    height, width = symbols.shape[2:]
    for turn, phases in enumerate(LAYOUTS[1].passes[0]):
        where = torch.from_numpy(places(height, width, phases))
        mean, scale = context(features, known, torch.tensor([float(turn)]), where)
        mine = symbols.flatten(2).index_select(2, where)
        found.append(symbol_bits(mine, mean, scale))
        known.flatten(2)[:, : symbols.shape[1]].index_copy_(2, where, mine)
    return torch.cat(found, dim=2)


def _bits(model: nn.Module, features: Tensor, step: Tensor, symbols: Tensor) -> list[Tensor]:
    """Bits of the means of luma and of chroma, (N,) each: all passes at once, since all symbols are there."""
    layout, spent = LAYOUTS[2], []
    height, width = symbols.shape[2:]
    for index, stepped in enumerate(layout.stepped):
        if not stepped:
            continue
        context = model.get_submodule(f"contexts.{index}")
        assert isinstance(context, MeanContext)
        sets = [torch.from_numpy(places(height, width, phases)) for phases in layout.passes[index]]
        turns = torch.cat([torch.full((len(each),), float(turn)) for turn, each in enumerate(sets)])
        where = torch.cat(sets)
        mean, scale = context(features, step, symbols, turns, where)
        mine = symbols[:, context.begin : context.end].flatten(2).index_select(2, where)
        spent.append(symbol_bits(mine, mean, scale).sum(dim=(1, 2)))
    return spent
