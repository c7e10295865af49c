"""Code pictures as the published JND-LIC is trained: crops of one quality, or of a range of the knob.

Source: Pan et al., "JND-LIC": rates + weight * squared error. Differs: in the place of LPIPS, whose weights may not be
shipped, and of plain squared error stands the error of `task`; the knob is drawn for every crop, so that one network
codes in a range of qualities.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Generator, Tensor, nn

from jndkit.codecs.jndlic.layout import KNOB_HIGH, KNOB_LOW, RD_WEIGHT, SERIAL_BLOCK, SERIAL_MULTIPLE
from jndkit.errors import UsageError
from jndkit.training.jndlic.task import JndLicTask, jnd_maps
from jndkit.training.recipe import Recipe
from jndkit.training.sampling import centres


class JndLicPaperTask(JndLicTask):
    """data.knob_low, data.knob_high: between which knobs are drawn.  data.side: of validation pictures, pixels.
    data.noise: whether noise stands for rounding, as published; without it symbols are whole, as in files.
    data.alone: only what predicts symbols learns, by bits alone; the transform and its steps stay as they are.

    The rest as of JndLicTask. The score is the mean over the lowest knob, the middle one and the highest.
    """

    def __init__(self, recipe: Recipe) -> None:
        own = {"knob_low": KNOB_LOW, "knob_high": KNOB_HIGH, "side": 256, "alone": False, "noise": True}
        self._low, self._high, side, alone, noise = (int(recipe.data.get(key, usual)) for key, usual in own.items())
        self._alone, self._noise = bool(alone), bool(noise)
        if not KNOB_LOW <= self._low <= self._high <= KNOB_HIGH:
            raise UsageError(
                f"data.knob_low = {self._low}, data.knob_high = {self._high}: they are the wrong way round"
            )
        for name, value in (("crop", recipe.crop), ("data.side", side)):
            if value % SERIAL_MULTIPLE or value <= 0:
                raise UsageError(f"{name} = {value}: a multiple of {SERIAL_MULTIPLE} is needed")
        self._latent = int(recipe.model.get("latent", 0) or recipe.model.get("width", 192))
        super().__init__(replace(recipe, data={key: each for key, each in recipe.data.items() if key not in own}))
        if self._judges:
            raise UsageError(f"data.{next(iter(self._judges))}: the task jndlic-paper knows the squared error alone")
        self._knobs = float(self._low), float((self._low + self._high) // 2), float(self._high)
        self._valid = centres(recipe.data["valid"], int(recipe.data.get("valid_pictures", 8)), side, SERIAL_MULTIPLE)

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """As of JndLicTask, and the noise that stands for rounding, (N, latent, crop / 16, crop / 16), if any."""
        pictures = self._train.draw(self._batch, generator)
        knobs = torch.randint(self._low, self._high + 1, (self._batch,), generator=generator).float()
        if not self._noise:
            return pictures, jnd_maps(pictures), knobs
        sides = (self._batch, self._latent, *(side // SERIAL_BLOCK for side in pictures.shape[2:]))
        return pictures, jnd_maps(pictures), knobs, torch.rand(sides, generator=generator) - 0.5

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        """Bits a pixel and what the error is worth in bits; over what bits come to, where several knobs are drawn."""
        pictures, jnd, knobs, *_ = batch
        if self._alone:
            model.requires_grad_(False)
            for part in model.predictors():
                part.requires_grad_(True)
        coded = model(*batch)
        with torch.autocast(pictures.device.type, enabled=False):
            rate = (coded.bits.float() + coded.side_bits.float()) / (pictures.shape[2] * pictures.shape[3])
            if self._alone:
                return rate.mean()
            error = self.error(coded.picture.float(), pictures, jnd) * torch.exp2((knobs - 24.0) / 4.0)
            # Published: a network of one quality. At high knobs both terms are large, and so would be their slopes.
            usual = 1.0 + rate.detach() if self._low < self._high else 1.0
            return ((rate + RD_WEIGHT * error) / usual).mean()
