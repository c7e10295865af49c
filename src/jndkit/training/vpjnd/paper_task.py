"""Say whether the coding of a picture is seen, from patches of it: the published question.

Source: Y. Zhang et al., "VP-JND", IEEE TCSVT 2025, as its trained graph has it: sigmoid cross-entropy of the weighted
mean over patches.
Differs: 1 is seen, which the published files leave open; the patches of all three branches are of one place; an
observer labels the pictures, at the desktop display. What it says of the patches that are looked at is the label, not
what it says of the whole picture, and near the threshold a label lies between 0 and 1, as an answer does that may be
wrong by SOFTNESS of ln(JND). Each patch is asked the same by itself. As many versions are seen as not, and of two the
one nearer to the threshold is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from jndkit.datasets.vpjnd import Labelled, Version
from jndkit.errors import check_choice
from jndkit.picture import Pixels
from jndkit.pixelwise import jnd_map
from jndkit.protocols import AIC
from jndkit.training.recipe import Recipe
from jndkit.training.sampling import below
from jndkit.training.vpjnd.paper import SOFTNESS, VIEWERS
from jndkit.training.vpjnd.task import Floats, Scene, VpjndTask, tensors
from jndkit.training.vpjnd.visible_energy import FLOOR, ln_jnd
from jndkit.visibility import jnd_for

NEAR = 1.5  # a factor on the target: what lies within counts as near it
_FLAT = 4.0  # code values
_MAPS: dict[str, Callable[[Pixels], Floats]] = {
    "chou1995": lambda rgb: jnd_map(rgb, "chou1995"),
    "resjnd-s": lambda rgb: jnd_map(rgb, "resjnd-s"),
    "flat": lambda rgb: np.full(rgb.shape[:2], _FLAT, np.float32),
}


class VpjndPaperTask(VpjndTask):
    """Data as for `VpjndTask`. data.map: the JND map that the network is shown: chou1995 by default, resjnd-s, or flat,
    the same everywhere, to see what a map is worth.
    """

    more_data = ("map",)

    def __init__(self, recipe: Recipe) -> None:
        name = recipe.data.get("map", "chou1995")
        check_choice("data.map", name, _MAPS)
        self._map = _MAPS[name]
        self.target = jnd_for(VIEWERS, AIC)
        super().__init__(recipe)
        # Picture and version of all that are seen, and of all that are not.
        self._sides: list[list[tuple[int, int]]] = [[], []]
        for place, scene in enumerate(self.train):
            for index, version in enumerate(scene.versions):
                self._sides[version.jnd[0] > self.target].append((place, index))
        self._sides = [side for side in self._sides if side]

    def scene(self, labelled: Labelled) -> Scene:
        return Scene(labelled, self._map)

    def choose(self, generator: Generator) -> tuple[Scene, int]:
        side = self._sides[below(len(self._sides), generator)]
        two = [side[below(len(side), generator)] for _ in range(2)]
        place, index = min(two, key=lambda each: self._distance(self.train[each[0]].versions[each[1]]))
        return self.train[place], index

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """Reference and coded patches, JND maps, as `VpjndTask.batch` has them; for every patch, and for all of a pair
        together, ln(JND) over the target: (N,) and (pairs,).
        """
        drawn = [patch for _ in range(self.pairs) for patch in self.draw(generator, displays=1)[1]]
        *given, _, energy = tensors(drawn)
        patch = energy.mean((2, 3))
        together = patch.reshape(self.pairs, self.patches, -1).mean(1)
        return *given, *(ln_jnd(torch.log(each + FLOOR)) - float(np.log(self.target)) for each in (patch, together))

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        *given, of_patches, together = batch
        quality, weight = (output.float().reshape(self.pairs, self.patches) for output in model(*given))
        answer = (quality * weight).sum(1) / weight.sum(1)
        return _cross_entropy(answer, together) + 0.5 * _cross_entropy(quality.flatten(), of_patches)

    def validate(self, model: nn.Module) -> dict[str, float]:
        """First the part of a constant answer's loss that the network takes away; then right answers in per cent,
        beside those of always giving the commoner answer: of all validation versions, and of those near the target.
        """
        answers, octaves = [], []
        for labelled in self.valid:
            for version, _, given in self.looks(labelled, next(model.parameters()).device):
                quality, weight = (output.float() for output in model(*given))
                answers.append(float((quality * weight).sum() / weight.sum()))
                octaves.append(float(np.log(max(version.jnd[0], 1e-6) / self.target)))
        return told_rightly(np.array(answers), np.array(octaves))

    def _distance(self, version: Version) -> float:
        return abs(float(np.log(max(version.jnd[0], 1e-6) / self.target)))


def told_rightly(answers: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64]) -> dict[str, float]:
    """Per cent of answers whose sign is right, and of the commoner answer: of all, and of those within a factor of
    NEAR. First how much less they lose than the best constant answer. wanted: ln(JND) over the target.
    """
    near = np.abs(wanted) < np.log(NEAR)
    label = 1.0 / (1.0 + np.exp(-wanted / SOFTNESS))
    share = float(label.mean())
    least = _loss(np.log(label / (1.0 - label)), label)
    lost, constant = _loss(answers, label) - least, _loss(np.log(share / (1.0 - share)), label) - least
    scores = {"gain_over_constant_percent": 100.0 * float(1.0 - lost / constant)}
    for name, some in (("", np.ones_like(near)), ("near_", near)):
        if some.any():
            seen = 100.0 * float(np.mean(wanted[some] > 0))
            right = np.equal(answers[some] > 0, wanted[some] > 0)
            scores[f"{name}accuracy_percent"] = 100.0 * float(np.mean(right))
            scores[f"{name}commoner_percent"] = max(seen, 100.0 - seen)
    slope = float(answers @ wanted) / max(float(answers @ answers), 1e-12)
    spread = float(np.sqrt(np.mean((wanted - slope * answers) ** 2)))
    return {**scores, "slope": slope, "spread": spread}


def _loss(answers: Any, label: npt.NDArray[np.float64]) -> float:
    """Mean cross-entropy of answers, each the argument of a logistic curve."""
    return float(np.mean(np.logaddexp(0.0, answers) - label * answers))


def _cross_entropy(answer: Tensor, wanted: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(answer, torch.sigmoid(wanted / SOFTNESS))
