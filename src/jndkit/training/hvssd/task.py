"""Learn the just noticeable difference from what a degraded picture does not keep.

Source: Jin et al., arXiv 2208.07583, and its code: noise of the map's size is injected, and three losses compare
magnitudes, the degraded pictures, and the attention of the degradation network, before and after.
Differs: which picture guides the magnitude, the forms of the second and third loss and all weights are not public.
Here the first asks for a JND in proportion to how much the light of the screen varies nearby; for the second see
`data.perceptual`; the third is the mean squared difference of the two activation maps, or
`data.attention_form`. Noise is injected at one energy,
not at one strength: otherwise the second and third loss ask for less noise wherever it is, and little is learned of
where it hides.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from jndkit.errors import InputError, UsageError, check_choice
from jndkit.observers import Watched, observer as named_observer
from jndkit.picture import Picture, Pixels, difference
from jndkit.pixelwise import jnd_map
from jndkit.training.hvssd.degradation import MULTIPLE, Degradation, Priors
from jndkit.training.losses.full_reference import MEASURES, variation
from jndkit.training.recipe import Recipe
from jndkit.training.sampling import Crops, centres, to_tensor
from jndkit.training.tasks import check_data, half_width
from jndkit.viewing import viewing as named_viewing

PSNR = 26.65
"""dB. Source: Wu et al. 2017, Sec. IV."""

_VALID_SIDE = 512  # pixels
_WEIGHTS = {"magnitude": 1.0, "perceptual_weight": 5.0, "attention": 0.1}
ATTENTION = ("map", "shift")
_KNOWN = ("attention", "attention_form", "degradation", "level", "magnitude", "perceptual", "perceptual_weight",
          "psnr", "reduce", "train", "valid", "valid_pictures")  # fmt: skip


class Losses(NamedTuple):
    """The three losses of a batch, each a number, before their weights; in the order of the weights."""

    magnitude: Tensor
    perceptual: Tensor
    attention: Tensor


class HvssdTask:
    """data.train, data.valid: folders of pictures.  data.degradation: the weights of stage one, a safetensors file.

    data.magnitude, data.perceptual_weight, data.attention: weights of the three losses.
    data.attention_form: "map", the squared difference of the two activation maps, each over its range; or "shift", how
    far the class activation moves, see `Degradation.activation_shift`.
    data.perceptual: the measure of the second, "ms-ssim", "gmsd" or "masked-bands".
    data.level: the JND asked for, per code value of variation.  data.psnr: of the noise, dB.
    data.reduce: the smallest factor a crop is reduced by, 0.6 as published.
    data.valid_pictures: how many to score on, 512 x 512 pixels each; 8 by default.
    """

    score_name = "below_chou1995"

    def __init__(self, recipe: Recipe) -> None:
        check_data(recipe, _KNOWN, "folders of pictures")
        data = recipe.data
        if recipe.crop % MULTIPLE:
            raise UsageError(f"crop = {recipe.crop}: a multiple of {MULTIPLE} is needed")
        if "degradation" not in data:
            raise UsageError("data.degradation: name the weights that `jnd train hvssd-degradation` made")
        self._batch = recipe.batch
        self._weights = tuple(float(data.get(key, usual)) for key, usual in _WEIGHTS.items())
        if not any(self._weights):
            raise UsageError(f"{', '.join(f'data.{key}' for key in _WEIGHTS)}: one of them must not be 0")
        name = data.get("perceptual", "ms-ssim")
        check_choice("measure of data.perceptual", name, MEASURES)
        self._measure = MEASURES[name]
        self._form = data.get("attention_form", "map")
        check_choice("form of data.attention_form", self._form, ATTENTION)
        self._level, self._psnr = float(data.get("level", 0.1)), float(data.get("psnr", PSNR))
        self._train = Crops(data["train"], recipe.crop, float(data.get("reduce", 0.6)))
        self._degradation = read_degradation(data["degradation"])
        self._folder, self._count = data["valid"], int(data.get("valid_pictures", 8))
        self._bench: list[_Reader] | None = None

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """(pictures, signs): float32 (N, 3, crop, crop) in 0..1, and -1 or +1 (N, 1, crop, crop)."""
        pictures = self._train.draw(self._batch, generator)
        signs = 2.0 * torch.randint(2, (len(pictures), 1, *pictures.shape[2:]), generator=generator) - 1.0
        return pictures, signs

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        losses = zip(self._weights, self.losses(model, batch), strict=True)
        # A weight of 0 leaves the loss out: 0 times a slope that is not finite would not be 0.
        weighted = [weight * loss for weight, loss in losses if weight]
        return torch.stack(weighted).sum()

    def losses(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Losses:
        """The three losses of a batch."""
        picture, signs = batch
        degradation = self._degradation.to(picture.device)
        # Differences of pictures that differ little: bfloat16 would round them away.
        with torch.no_grad(), torch.autocast(picture.device.type, enabled=False):
            before, priors = degradation.both(picture)
        jnd = model(picture, *priors).float()
        with torch.autocast(picture.device.type, enabled=False):
            noisy = (picture + signs * jnd * self._strength(jnd)).clamp(0.0, 1.0)
            after = degradation.degrade(noisy)
            return Losses(
                magnitude_loss(variation(picture), jnd, self._level),
                self._measure(before.rebuilt, after.rebuilt, picture).mean(),
                degradation.activation_shift(picture, noisy).mean()
                if self._form == "shift"
                else F.mse_loss(after.cam, before.cam),
            )

    def _strength(self, jnd: Tensor) -> Tensor:
        """What a map (N, 3, H, W) is to be multiplied by so that its noise has the same energy in each picture."""
        # A map of zeros is divided by the small number, not by nothing.
        return 10.0 ** (-self._psnr / 20.0) * torch.rsqrt((jnd * jnd).mean(dim=(1, 2, 3), keepdim=True) + 1e-10)

    def validate(self, model: nn.Module) -> dict[str, float]:
        """How visible noise in the shape of the map is at 26.65 dB, in JND as the observer reads it, below chou1995.

        unscaled: how visible the map as it is makes noise.  flat, chou1995: the same reading of those maps.
        """
        rows = self.readings(model)
        gains = np.array([row["chou1995"] - row["jnd"] for row in rows])
        means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        return {"below_chou1995": float(gains.mean()), "below_chou1995_interval": half_width(gains), **means}

    def readings(self, model: nn.Module) -> list[dict[str, float]]:
        """What `validate` takes means of, picture by picture."""
        if self._bench is None:
            device = next(model.parameters()).device
            middles = centres(self._folder, self._count, _VALID_SIDE, MULTIPLE)
            self._bench = [_Reader(pixels, self._degradation.to(device), device) for pixels in middles]
        return [reader.read(model) for reader in self._bench]

    @staticmethod
    def needed(recipe: Recipe) -> Iterator[tuple[str, nn.Module]]:
        """The network whose output this one takes, and what is put behind a name for its own; see `results`."""
        yield "degradation", read_degradation(recipe.data["degradation"])


def magnitude_loss(wanted: Tensor, jnd: Tensor, level: float) -> Tensor:
    """log((a^2 + b^2 + 0.001) / (2 a b + 0.001)), a = 1 / (1 + level * wanted), b = 1 / (1 + JND).

    wanted: float32 (N, 1, H, W); jnd: float32 (N, C, H, W), both in 0..1; compared in code values, pixel by pixel and
    channel by channel. 0 where the JND is `level` times what is wanted.
    Source: the form is the published code's, which does not say what is summed where. With the channels summed first,
    as one may read it, a generator puts nearly all of its JND into one of them.
    """
    a = 1.0 / (1.0 + level * 255.0 * wanted)
    b = 1.0 / (1.0 + 255.0 * jnd)
    return torch.log((a * a + b * b + 0.001) / (2.0 * a * b + 0.001)).mean()


def read_degradation(path: str | Path) -> Degradation:
    """The degradation network of stage one, frozen, from a safetensors file. Raises InputError."""
    if not Path(path).is_file():
        raise InputError(path, "there is no such file; `jnd train hvssd-degradation` makes it")
    try:
        tensors = load_file(path)
        model = Degradation(tensors["analysis.convs.0.weight"].shape[0])
        model.load_state_dict(tensors)
    except Exception as error:  # what safetensors raises shares no base but this one
        reason = str(error).splitlines()[0][:200]
        raise InputError(path, f"it holds no weights of the degradation network ({reason})") from None
    model.eval()
    model.requires_grad_(False)
    return model


class _Reader:
    """A validation picture, what the degradation network says of it, and an observer that watches it."""

    def __init__(self, pixels: Pixels, degradation: Degradation, device: torch.device) -> None:
        self._picture = Picture(pixels)
        self._given = to_tensor(pixels[None]).to(device)
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            self._priors: Priors = Priors(*degradation.priors(self._given))
        self._watched: Watched = named_observer("cvvdp").watch(self._picture, named_viewing("desktop"))
        # Not quite flat, so that rounding does not move all pixels at one strength.
        flat = np.random.default_rng(1).uniform(0.95, 1.05, pixels.shape[:2])
        self._known = {
            name: self._read(noise_at(pixels, jnd, PSNR))
            for name, jnd in (("flat", flat), ("chou1995", jnd_map(self._picture, "chou1995")))
        }

    def read(self, model: nn.Module) -> dict[str, float]:
        colours = model(self._given, *self._priors).float()[0].permute(1, 2, 0).cpu().numpy()
        jnd = np.sqrt(np.mean((255.0 * colours) ** 2, axis=2)).astype(np.float32)
        return {
            "jnd": self._read(noise_at(self._picture.rgb, jnd, PSNR)),
            **self._known,
            "unscaled": self._read(_noisy(self._picture.rgb, jnd, 1.0)),
            "map_mean": float(jnd.mean()),
        }

    def _read(self, noisy: Pixels) -> float:
        return float(self._watched(Picture(noisy)).jnd)


def noise_at(pixels: Pixels, jnd: npt.NDArray[Any], psnr: float) -> Pixels:
    """The picture with noise in the shape of a map, as much as gives the PSNR, dB, over R, G and B, within 0.01.

    pixels: uint8 (H, W, 3).  jnd: float (H, W). A map of zeros gives the picture itself.
    """
    low, high = 0.0, 1e5
    noisy = pixels
    for _ in range(60):
        middle = (low * high) ** 0.5 if low else high / 2.0  # half way in logarithms
        noisy = _noisy(pixels, jnd, middle)
        reached = difference.psnr(pixels, noisy)
        if abs(reached - psnr) < 0.01:
            break
        low, high = (middle, high) if reached > psnr else (low, middle)
    return noisy


def _noisy(pixels: Pixels, jnd: npt.NDArray[Any], strength: float) -> Pixels:
    signs = np.random.default_rng(0).integers(0, 2, jnd.shape) * 2 - 1
    change = np.floor(np.clip(strength * signs * jnd, -256.0, 256.0) + 0.5)
    noisy: Pixels = np.clip(pixels + change[..., None], 0, 255).astype(np.uint8)
    return noisy
