"""Teach what a version of the files predicts better than the one before, alone, on symbols that are made once.

All else of the network stays as it is, and so does every picture: what is learned is bits, and they alone are read.
A step costs a small part of one of `task`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor, nn

from jndkit.codecs.jndlic.layout import MULTIPLE
from jndkit.errors import UsageError
from jndkit.picture import make_folder, replacing
from jndkit.training.jndlic.entropy import bounded
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
_BEFORE = {2: 1, 4: 2}  # the version whose symbols teach a version
_NEW = {2: (0, 1), 4: (2, 3, 4, 5)}  # its slices that are predicted in another way
_FEW = 0.1  # bits a pixel, below which a crop counts by its bits and not by their share

Kept = dict[str, Tensor]


class ContextsTask:
    """data.train, data.valid: folders of pictures.  data.cache: the folder where symbols are kept.

    init_from: the weights, of the version before, whose symbols are learned.
    data.crops: how many are kept to learn from.  data.reduce: the smallest factor a crop is reduced by.
    data.valid_pictures: how many to score on.
    """

    score_name = "saving"

    def __init__(self, recipe: Recipe) -> None:
        check_data(recipe, _KNOWN, "folders of pictures")
        if recipe.crop % MULTIPLE:
            raise UsageError(f"crop = {recipe.crop}: a multiple of {MULTIPLE} is needed")
        if recipe.model.get("version") not in _BEFORE:
            raise UsageError(f"model.version = {recipe.model.get('version')}: choose {' or '.join(map(str, _BEFORE))}")
        self._version = recipe.model["version"]
        self._recipe, self._batch = recipe, recipe.batch
        data = recipe.data
        self._crops = Crops(data["train"], recipe.crop, float(data.get("reduce", 0.6)))
        self._pictures = centres(data["valid"], int(data.get("valid_pictures", 12)), _SIDE, MULTIPLE)
        self._kept: Kept | None = None

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """(features, step, symbols, z, knob) of crops that are kept: float32 (N, C, h, w), and (N,)."""
        kept = self._symbols()
        rows = torch.randint(len(kept["knob"]), (self._batch,), generator=generator)
        return tuple(kept[name][rows].float() for name in ("features", "step", "symbols", "z", "knob"))

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        """Bits a pixel of all that is new, about as shares of what they are."""
        spent = self._spent(model, *batch).sum(dim=0) / (batch[2][0, 0].numel() * 64.0)
        return (spent / (_FEW + spent.detach())).mean()

    def validate(self, model: nn.Module) -> dict[str, float]:
        """The share of a file's bits that is saved, mean over knobs; saving_K: at each.

        side_K, slice_I_K: bits a pixel of the hyper-latents, where they are new, and of each new slice; side_before_K
        and so on: in the version before.  bits_K: of all, in the version before.
        """
        kept, scores = self._symbols(), dict[str, float]()
        names = [f"slice_{index}" for index in _NEW[self._version]]
        names = ["side", *names] if self._version > 2 else names
        pixels = float(kept["pixels"].sum())
        for knob in _KNOBS:
            told = kept[f"valid {knob} bits"].sum(dim=0) / pixels
            spent = torch.zeros(len(names))
            for index in range(len(self._pictures)):
                features, step, symbols, z = (
                    kept[f"valid {knob} {index} {name}"][None].float() for name in ("features", "step", "symbols", "z")
                )
                spent += self._spent(model, features, step, symbols, z, torch.tensor([float(knob)])).sum(dim=1) / pixels
            scores |= {
                f"saving_{knob}": float((told[1:].sum() - spent.sum()) / told[0]),
                f"bits_{knob}": float(told[0]),
            }
            for name, before, now in zip(names, told[1:].tolist(), spent.tolist(), strict=True):
                scores |= {f"{name}_{knob}": now, f"{name}_before_{knob}": before}
        return {"saving": sum(scores[f"saving_{knob}"] for knob in _KNOBS) / len(_KNOBS), **scores}

    def _spent(
        self, model: nn.Module, features: Tensor, step: Tensor, symbols: Tensor, z: Tensor, knob: Tensor
    ) -> Tensor:
        """Bits of each new part, (parts, N)."""
        assert isinstance(model, JndLic)
        spent = model.bits_of(symbols, features, step, _NEW[self._version])
        side = [model.prior.bits(z, knob)] if self._version > 2 else []
        return torch.stack([each.flatten(1).sum(dim=1) for each in (*side, *spent)])

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
        several: list[Kept] = []
        while len(several) * _DRAWN < int(self._recipe.data.get("crops", 1000)):
            pictures = self._crops.draw(_DRAWN, generator)
            several.append(_coded(model, pictures, drawn_knobs(_DRAWN, generator)))
        kept = {name: torch.cat([each[name] for each in several]) for name in several[0]}
        kept["pixels"] = torch.tensor([float(pixels[..., 0].size) for pixels in self._pictures])
        for knob in _KNOBS:
            bits = []
            for index, pixels in enumerate(self._pictures):
                coded = _coded(model, to_tensor(pixels[None]), torch.tensor([float(knob)]))
                kept |= {
                    f"valid {knob} {index} {name}": each[0].clone() for name, each in coded.items() if name != "knob"
                }
                bits.append(self._told(model, coded))
            kept[f"valid {knob} bits"] = torch.stack(bits)
        return {name: each.contiguous() for name, each in kept.items()}

    def _told(self, model: JndLic, coded: Kept) -> Tensor:
        """Bits of all, then of what is new in this version, as the version before spends them."""
        features, step, symbols, z = (coded[name].float() for name in ("features", "step", "symbols", "z"))
        slices = [each.sum() for each in model.bits_of(symbols, features, step, range(len(model.contexts)))]
        side = model.prior.bits(z, coded["knob"]).sum()
        everything = torch.stack([side, *slices]).sum()
        if self._version > 2:
            return torch.stack([everything, side, *(slices[part] for part in _NEW[self._version])])
        first = model.bits_of(symbols, features, step, [0])[0]  # luma and chroma together
        return torch.stack([everything, first[:, :1].sum(), first[:, 1:].sum()])

    def _teacher(self) -> JndLic:
        torch.manual_seed(self._recipe.seed)
        model = network(self._recipe.name, {**self._recipe.model, "version": _BEFORE[self._version]}).eval()
        if self._recipe.init_from:
            load_weights(model, self._recipe.init_from, self._recipe.name)
        assert isinstance(model, JndLic)
        return model


def _coded(model: JndLic, pictures: Tensor, knobs: Tensor) -> Kept:
    """features uint8, step int8, symbols int16 and z int8, (N, C, h, w); knob (N,)."""
    jnd = jnd_maps(pictures)
    coded = model(pictures, jnd, knobs)
    _, z = model.analysis(pictures, jnd, knobs, model.unit(knobs))
    z = torch.floor(bounded(z) + 0.5)
    features, step = model.decoder(z, knobs)
    planes = {"features": features.to(torch.uint8), "step": step.to(torch.int8), "z": z.to(torch.int8)}
    return {**planes, "symbols": coded.symbols.round().to(torch.int16), "knob": knobs}
