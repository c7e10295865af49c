"""Predict the critical perceptually lossless picture from the pristine one.

Source: Jiang et al., "Rethinking and Conceptualizing Just Noticeable Difference Estimation by Residual Learning",
IEEE TCSVT 2024. Loss: mean squared error, as published.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor, nn

from jndkit.datasets.cpl import pairs
from jndkit.errors import InputError
from jndkit.picture import Pixels, load
from jndkit.training.losses.psnr import psnr
from jndkit.training.recipe import Recipe
from jndkit.training.sampling import FORMS, below, to_tensor, turned
from jndkit.training.tasks import check_data, half_width

_MULTIPLE = 4  # of the sides that the small network takes


class CplTask:
    """data.train, data.valid: CPL folders; train may be a list of them.
    data.valid_pictures: how many to score on, all by default.  data.valid_side: pixels a side of their middle to score
    on; whole pictures by default.
    """

    score_name = "psnr_gain"

    def __init__(self, recipe: Recipe) -> None:
        known = ("train", "valid", "valid_pictures", "valid_side")
        check_data(recipe, known, "folders of pairs, as `jnd datasets build cpl` makes them", several=("train",))
        self._crop, self._batch = recipe.crop, recipe.batch
        folders = recipe.data["train"]
        folders = folders if isinstance(folders, list) else [folders]
        self._train = [_read(pair) for folder in folders for pair in pairs(folder)]
        self._train = [pair for pair in self._train if min(pair[0].shape[:2]) >= recipe.crop]
        if not self._train:
            raise InputError(folders[0], f"no pair is as large as a crop of {recipe.crop} pixels")
        valid = pairs(recipe.data["valid"])
        few, side = int(recipe.data.get("valid_pictures", len(valid))), int(recipe.data.get("valid_side", 0))
        self._valid = [_middle(_read(pair), side) for pair in valid[:few]]

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """(pristine, critical), float32 (N, 3, crop, crop) in 0..1: random places, flipped and transposed at random."""
        crops = [self._one(generator) for _ in range(self._batch)]
        pristine, critical = (np.stack(side) for side in zip(*crops, strict=True))
        return to_tensor(pristine), to_tensor(critical)

    def _one(self, generator: Generator) -> tuple[Pixels, Pixels]:
        pair = self._train[below(len(self._train), generator)]
        top, left = (below(length - self._crop + 1, generator) for length in pair[0].shape[:2])
        form = below(FORMS, generator)
        pristine, critical = (
            turned(picture[top : top + self._crop, left : left + self._crop], form) for picture in pair
        )
        return pristine, critical

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        pristine, critical = batch
        return torch.mean((pristine + model(pristine).float() - critical) ** 2)

    def validate(self, model: nn.Module) -> dict[str, float]:
        """PSNR of the predicted critical picture above that of the pristine one, in dB, mean over pictures."""
        gains, plain = [], []
        device = next(model.parameters()).device
        for pristine, critical in self._valid:
            height, width = (side // _MULTIPLE * _MULTIPLE for side in pristine.shape[:2])
            given = to_tensor(pristine[None, :height, :width]).to(device)
            wanted = to_tensor(critical[None, :height, :width]).to(device)
            predicted = (given + model(given).float()).clamp(0, 1)
            plain.append(psnr(wanted, given))
            gains.append(psnr(wanted, predicted) - plain[-1])
        return {
            "psnr_gain": float(np.mean(gains)),
            "psnr_gain_interval": half_width(gains),
            "psnr_identity": float(np.mean(plain)),
        }


def _middle(pair: tuple[Pixels, Pixels], side: int) -> tuple[Pixels, Pixels]:
    """So many pixels a side of both; all of them where side is 0."""
    height, width = pair[0].shape[:2]
    if not side or side >= min(height, width):
        return pair
    top, left = (height - side) // 2, (width - side) // 2
    rows, columns = slice(top, top + side), slice(left, left + side)
    return pair[0][rows, columns], pair[1][rows, columns]


def _read(pair: tuple[Path, Path]) -> tuple[Pixels, Pixels]:
    pristine, critical = (load(path).rgb for path in pair)
    if pristine.shape != critical.shape:
        raise InputError(pair[1], f"it differs in size from {pair[0]}")
    return pristine, critical
