"""Say whether the coding of a picture is seen, from patches of it: the published question.

Source: Y. Zhang et al., "VP-JND", IEEE TCSVT 2025, as its trained graph has it: sigmoid cross-entropy of the weighted
mean over patches.
Differs: 1 is seen, which the published files leave open; the patches of all three branches are of one place; an
observer labels the pictures, at the desktop display.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from jndkit.protocols import protocol
from jndkit.training.recipe import Recipe
from jndkit.training.vpjnd.task import VpjndTask, tensors
from jndkit.visibility import jnd_for

VIEWERS = 75.0  # per cent who see no difference where a picture just counts as lossless


class VpjndPaperTask(VpjndTask):
    """Data as for `VpjndTask`."""

    score_name = "accuracy_percent"

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        self.target = jnd_for(VIEWERS, protocol("aic")[0])

    def batch(self, generator: Generator) -> tuple[Tensor, ...]:
        """Reference and coded patches, JND maps, as `VpjndTask.batch` has them; for every pair 1 where it is seen."""
        drawn = [self.draw(generator, displays=1) for _ in range(self.pairs)]
        seen = torch.tensor([float(version.jnd[0] > self.target) for version, _ in drawn])
        return *tensors([patch for _, patches in drawn for patch in patches])[:3], seen

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        *given, seen = batch
        quality, weight = (output.float().reshape(self.pairs, self.patches) for output in model(*given))
        answer = (quality * weight).sum(1) / weight.sum(1)
        return F.binary_cross_entropy_with_logits(answer, seen)

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Right answers of validation versions in per cent, beside those of always giving the commoner answer."""
        answers, truth = [], []
        for labelled in self.valid:
            for version, _, given in self.looks(labelled, next(model.parameters()).device):
                quality, weight = (output.float() for output in model(*given))
                answers.append(float((quality * weight).sum()) > 0)
                truth.append(version.jnd[0] > self.target)
        right, seen = 100.0 * float(np.mean(np.equal(answers, truth))), 100.0 * float(np.mean(truth))
        return {"accuracy_percent": right, "commoner_percent": max(seen, 100.0 - seen), "seen_percent": seen}
