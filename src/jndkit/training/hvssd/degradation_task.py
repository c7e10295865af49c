"""Keep a picture in few bits: the signal degradation that HVS-SD JND learns the just noticeable difference from.

Source: Jin et al., arXiv 2208.07583, and its code, whose network is a small codec with a bit estimator.
Differs: the weight of the loss is not public. Here it is bits a pixel + weight * mean squared error in code values,
with uniform noise in the place of rounding, as codecs are trained; without the bits nothing would be degraded.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch
from torch import Generator, Tensor, nn

from jndkit.errors import UsageError
from jndkit.picture import Pixels
from jndkit.training.hvssd.degradation import MULTIPLE
from jndkit.training.losses.psnr import decibels
from jndkit.training.recipe import Recipe
from jndkit.training.sampling import Crops, centres, to_tensor
from jndkit.training.tasks import check_data

_KNOWN = ("reduce", "train", "valid", "valid_pictures", "weight")


class DegradationTask:
    """data.train, data.valid: folders of pictures.  data.weight: of the mean squared error, code values squared.

    data.reduce: the smallest factor a crop is reduced by, 0.6 as published.  data.valid_pictures: 16 by default.
    """

    score_name = "gain"

    def __init__(self, recipe: Recipe) -> None:
        check_data(recipe, _KNOWN, "folders of pictures")
        if recipe.crop % MULTIPLE:
            raise UsageError(f"crop = {recipe.crop}: a multiple of {MULTIPLE} is needed")
        self._batch, self._crop = recipe.batch, recipe.crop
        self._channels = int(recipe.model.get("channels", 128))
        # Pictures are in 0..1, the weight in code values.
        self._weight = float(recipe.data.get("weight", 0.01)) * 255.0**2
        self._train = Crops(recipe.data["train"], recipe.crop, float(recipe.data.get("reduce", 0.6)))
        self._valid = centres(recipe.data["valid"], int(recipe.data.get("valid_pictures", 16)), 512, MULTIPLE)

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """(pictures, noise): float32 (N, 3, crop, crop) in 0..1, and -0.5..0.5 in the shape of the latent."""
        side = self._crop // MULTIPLE
        noise = torch.rand((self._batch, self._channels, side, side), generator=generator) - 0.5
        return self._train.draw(self._batch, generator), noise

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        pictures, noise = batch
        rebuilt, bits = model(pictures, noise)
        rate = bits.float().sum() / (pictures.numel() / 3)
        return rate + self._weight * torch.mean((rebuilt.float() - pictures) ** 2)

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Decibels of the rounded latent above a picture reduced eightfold, less the worth of its bits.

        gain: the loss below that of the reduced picture, which costs no bits here, in dB of its squared error.
        psnr: of the rounded latent.  straight: of the latent as it is, which is how the network is used.
        """
        device = next(model.parameters()).device
        rows = []
        for pixels in self._valid:
            picture = to_tensor(pixels[None]).to(device)
            latent = model.analysis(picture).float()
            rounded = torch.round(latent)
            rate = float(model.bits(rounded).float().sum()) / pixels[..., 0].size
            rebuilt = [model.synthesis(values).float() for values in (rounded, latent)]
            errors = [float(torch.mean((version - picture) ** 2)) for version in rebuilt]
            rows.append((rate, *errors, _reduced_error(pixels)))
        rate, rounded_error, straight, reduced = (float(column) for column in np.mean(rows, axis=0))
        loss = rate + self._weight * rounded_error
        return {
            "gain": 10.0 * math.log10(self._weight * reduced / loss),
            "loss_valid": loss,
            "bits_a_pixel": rate,
            "psnr": decibels(rounded_error),
            "psnr_straight": decibels(straight),
            "psnr_reduced": decibels(reduced),
        }


def _reduced_error(pixels: Pixels) -> float:
    """Mean squared error, 0..1, of a picture reduced eightfold and enlarged again."""
    height, width = pixels.shape[:2]
    small = cv2.resize(pixels, (width // 8, height // 8), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return float(np.mean((large.astype(np.float64) - pixels) ** 2)) / 255.0**2
