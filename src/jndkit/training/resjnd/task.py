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
from jndkit.errors import InputError, UsageError
from jndkit.picture import Pixels, load
from jndkit.training.recipe import Recipe

_MULTIPLE = 4


class CplTask:
    """data.train, data.valid: CPL folders; train may be a list of them.
    data.valid_pictures: how many to score on, all by default.
    """

    score_name = "psnr_gain"

    def __init__(self, recipe: Recipe) -> None:
        unknown = sorted(set(recipe.data) - {"train", "valid", "valid_pictures"})
        if unknown:
            raise UsageError(f"data.{unknown[0]}: unknown; known are train, valid, valid_pictures")
        for side in ("train", "valid"):
            if side not in recipe.data:
                raise UsageError(f"data.{side}: name a folder of pairs, as `jnd datasets build cpl` makes them")
        self._crop, self._batch = recipe.crop, recipe.batch
        folders = recipe.data["train"]
        folders = folders if isinstance(folders, list) else [folders]
        self._train = [_read(pair) for folder in folders for pair in pairs(folder)]
        self._train = [pair for pair in self._train if min(pair[0].shape[:2]) >= recipe.crop]
        if not self._train:
            raise InputError(folders[0], f"no pair is as large as a crop of {recipe.crop} pixels")
        valid = pairs(recipe.data["valid"])
        self._valid = [_read(pair) for pair in valid[: int(recipe.data.get("valid_pictures", len(valid)))]]

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """(pristine, critical), float32 (N, 3, crop, crop) in 0..1: random places, flipped and transposed at random."""
        crops = [self._one(generator) for _ in range(self._batch)]
        pristine, critical = (np.stack(side) for side in zip(*crops, strict=True))
        return _tensor(pristine), _tensor(critical)

    def _one(self, generator: Generator) -> tuple[Pixels, Pixels]:
        def below(limit: int) -> int:
            return int(torch.randint(limit, (), generator=generator))

        pair = self._train[below(len(self._train))]
        height, width = pair[0].shape[:2]
        top, left, form = below(height - self._crop + 1), below(width - self._crop + 1), below(8)
        crop = [picture[top : top + self._crop, left : left + self._crop] for picture in pair]
        if form & 1:
            crop = [picture[:, ::-1] for picture in crop]
        if form & 2:
            crop = [picture[::-1] for picture in crop]
        if form & 4:
            crop = [picture.swapaxes(0, 1) for picture in crop]
        return crop[0], crop[1]

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        pristine, critical = batch
        return torch.mean((pristine + model(pristine).float() - critical) ** 2)

    def validate(self, model: nn.Module) -> dict[str, float]:
        """PSNR of the predicted critical picture above that of the pristine one, in dB, mean over pictures."""
        gains, plain = [], []
        device = next(model.parameters()).device
        for pristine, critical in self._valid:
            height, width = (side // _MULTIPLE * _MULTIPLE for side in pristine.shape[:2])
            given = _tensor(pristine[None, :height, :width]).to(device)
            wanted = _tensor(critical[None, :height, :width]).to(device)
            predicted = (given + model(given).float()).clamp(0, 1)
            plain.append(_psnr(given, wanted))
            gains.append(_psnr(predicted, wanted) - plain[-1])
        spread = 1.96 * float(np.std(gains, ddof=1)) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
        return {
            "psnr_gain": float(np.mean(gains)),
            "psnr_gain_interval": spread,
            "psnr_identity": float(np.mean(plain)),
        }


def _read(pair: tuple[Path, Path]) -> tuple[Pixels, Pixels]:
    pristine, critical = (load(path).rgb for path in pair)
    if pristine.shape != critical.shape:
        raise InputError(pair[1], f"it differs in size from {pair[0]}")
    return pristine, critical


def _tensor(pixels: Pixels) -> Tensor:
    """uint8 (N, H, W, 3) to float32 (N, 3, H, W) in 0..1, channels last in memory."""
    return torch.from_numpy(pixels.astype(np.float32)).permute(0, 3, 1, 2).div_(255.0)


def _psnr(a: Tensor, b: Tensor) -> float:
    return -10.0 * float(torch.log10(torch.mean((a - b) ** 2).clamp_min(1e-12)))
