"""Predict how the structure of a patch may change before anyone sees it.

Source: Shen et al., IEEE TIP 30, 2021, and its code: the mean absolute difference from the reference patch with the
structure of its just noticeable version, in -1..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor, nn

from jndkit.datasets.patches import SIDE, grid
from jndkit.datasets.vvc import pairs
from jndkit.errors import InputError
from jndkit.picture import load
from jndkit.pixelwise.shen2020 import Change
from jndkit.pixelwise.terms.luma import luma_plane
from jndkit.pixelwise.terms.structure import Patches, compose, decompose, with_structure
from jndkit.training.recipe import Recipe
from jndkit.training.sampling import FORMS, below, turned
from jndkit.training.tasks import check_data, half_width

Plane = npt.NDArray[np.uint8]

_SIGMAS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.85, 1.0, 1.5)  # pixels
_AT_ONCE = 32  # patches: enough for the processor, little for the memory


@dataclass(frozen=True)
class Errors:
    """Mean errors of the structure, times the contrast, in code values: one number a picture, float64 (P,).

    absolute, squared: of what is judged.
    """

    absolute: npt.NDArray[np.float64]
    squared: npt.NDArray[np.float64]


class StructureTask:
    """data.train, data.valid: folders that `jnd datasets build vvc` made.

    data.augment: patches from anywhere, in any orientation (the default), or from the published grid as they are.
    data.valid_pictures, data.valid_patches: how many pictures to score on, and patches of each; all and 32 by default.
    """

    score_name = "gain_over_identity_percent"

    def __init__(self, recipe: Recipe) -> None:
        known = ("train", "valid", "augment", "valid_pictures", "valid_patches")
        check_data(recipe, known, "folders of pairs, as `jnd datasets build vvc` makes them")
        self._batch, self._augment = recipe.batch, bool(recipe.data.get("augment", True))
        self._train = _read(recipe.data["train"], None)
        self._valid = _read(recipe.data["valid"], recipe.data.get("valid_pictures"))
        self._most = int(recipe.data.get("valid_patches", 32))
        self._grids = [grid(*_sides(pair[0])) for pair in self._train]
        self._sigma: float | None = None

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """(reference, to learn), float32 (N, 1, 64, 64) in -1..1."""
        drawn = [self._one(generator) for _ in range(self._batch)]
        pristine, jnd = (np.stack(side) for side in zip(*drawn, strict=True))
        return _tensor(pristine.astype(np.float32)), _tensor(with_structure(pristine, jnd))

    def _one(self, generator: Generator) -> tuple[Plane, Plane]:
        which = below(len(self._train), generator)
        pair, places = self._train[which], self._grids[which]
        if not self._augment:
            top, left = places[below(len(places), generator)]
            return _cut(pair[0], top, left), _cut(pair[1], top, left)
        top, left = (below(length - SIDE + 1, generator) for length in pair[0].shape)
        form = below(FORMS, generator)
        return turned(_cut(pair[0], top, left), form), turned(_cut(pair[1], top, left), form)

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        reference, wanted = batch
        return torch.mean(torch.abs(model(reference).float() - wanted))

    def validate(self, model: nn.Module) -> dict[str, float]:
        """How much nearer to the just noticeable structure than the picture's own, per cent of the mean absolute error.

        The mean over pictures, with the half width of its 95 % interval; beside it the best Gaussian blur.
        """
        identity, blur, predicted = self.identity(), self.blur(), self.errors(model)
        gains = gain(predicted.absolute, identity.absolute)
        return {
            "gain_over_identity_percent": float(gains.mean()),
            "gain_interval": half_width(gains),
            "gain_squared_percent": float(gain(predicted.squared, identity.squared).mean()),
            "blur_percent": float(gain(blur.absolute, identity.absolute).mean()),
            "blur_squared_percent": float(gain(blur.squared, identity.squared).mean()),
            "blur_sigma": self.sigma(),
            "absolute": float(predicted.absolute.mean()),
            "identity_absolute": float(identity.absolute.mean()),
        }

    def errors(self, model: nn.Module) -> Errors:
        """Of a network, on the validation pictures."""
        device = next(model.parameters()).device

        def predict(patches: Patches) -> Patches:
            outputs = [model(_tensor(part).to(device)).float().cpu() for part in _parts(patches)]
            predicted: Patches = (torch.cat(outputs)[:, 0].numpy() + 1.0) * 127.5
            return predicted

        return self.judged(predict)

    def judged(self, change: Change) -> Errors:
        """Of any change of patches, on the validation pictures; only the structure of what it returns is judged."""
        return _errors(self._valid, self._most, change)

    def identity(self) -> Errors:
        """Of the picture's own structure, on the validation pictures."""
        return self.judged(lambda patches: patches)

    def blur(self) -> Errors:
        """Of a Gaussian blur, its width tuned on training patches, on the validation pictures."""
        return self.judged(_blurred(self.sigma()))

    def sigma(self) -> float:
        """The width in pixels of the blur that comes nearest on up to 64 training pictures."""
        if self._sigma is None:
            some = self._train[:: max(1, len(self._train) // 64)]
            errors = {sigma: _errors(some, 8, _blurred(sigma)).absolute.mean() for sigma in _SIGMAS}
            self._sigma = min(errors, key=lambda sigma: errors[sigma])
        return self._sigma


def gain(error: npt.NDArray[np.float64], plain: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Error taken away, per cent of the plain one, picture by picture; 0 where there is none to take away."""
    return 100.0 * np.divide(plain - error, plain, out=np.zeros_like(plain), where=plain > 0)


def _errors(pairs: list[tuple[Plane, Plane]], most: int, predict: Change) -> Errors:
    """predict: float32 (N, 64, 64) in code values to the same; only the structure of what it returns is judged."""
    absolute, squared = [], []
    for pristine, jnd in pairs:
        places = grid(*_sides(pristine))
        places = [places[index * len(places) // most] for index in range(most)] if len(places) > most else places
        reference = np.stack([_cut(pristine, *place) for place in places]).astype(np.float32)
        wanted = with_structure(reference, np.stack([_cut(jnd, *place) for place in places]))
        parts = decompose(reference)
        error = compose(parts._replace(structure=decompose(predict(reference)).structure)) - wanted
        absolute.append(float(np.abs(error).mean()))
        squared.append(float(np.square(error).mean()))
    return Errors(np.array(absolute), np.array(squared))


def _blurred(sigma: float) -> Change:
    def blur(patches: Patches) -> Patches:
        return np.stack([cv2.GaussianBlur(patch, (0, 0), sigma) for patch in patches])

    return blur


def _read(folder: str | Path, most: Any) -> list[tuple[Plane, Plane]]:
    """The luma of the pairs at least one patch large."""
    large = []
    for pristine, jnd in pairs(folder)[: None if most is None else int(most)]:
        planes = [np.asarray(luma_plane(load(path)), np.uint8) for path in (pristine, jnd)]
        if planes[0].shape != planes[1].shape:
            raise InputError(jnd, f"it differs in size from {pristine}")
        if min(planes[0].shape) >= SIDE:
            large.append((planes[0], planes[1]))
    if not large:
        raise InputError(folder, f"no pair is as large as a patch of {SIDE} pixels")
    return large


def _sides(plane: Plane) -> tuple[int, int]:
    return plane.shape[0], plane.shape[1]


def _cut(plane: Plane, top: int, left: int) -> Plane:
    return plane[top : top + SIDE, left : left + SIDE]


def _parts(patches: Patches) -> list[Patches]:
    return [patches[start : start + _AT_ONCE] for start in range(0, len(patches), _AT_ONCE)]


def _tensor(patches: Patches) -> Tensor:
    """Code values (N, 64, 64) to float32 (N, 1, 64, 64) in -1..1."""
    return torch.from_numpy(patches / np.float32(127.5) - np.float32(1.0))[:, None]
