"""What the network for critical pictures is scored on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jndkit.training.recipe import load_recipe

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train


def test_the_middle_alone_can_be_scored(cpl_pairs: Path) -> None:
    """A network that adds a level: what it gains over the pair's own difference is that of the middle pixels."""
    from torch import Tensor, nn

    from jndkit.training.resjnd.task import CplTask

    class Brighter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.level = nn.Parameter(torch.tensor(1 / 255))

        def forward(self, given: Tensor) -> Tensor:
            seen.append(tuple(given.shape[2:]))
            return self.level.expand(given.shape)

    def identity(side: int) -> float:
        folders = (f"data.train={cpl_pairs}", f"data.valid={cpl_pairs}")
        task = CplTask(load_recipe("debug-resjnd-s", (*folders, f"data.valid_side={side}", "data.valid_pictures=1")))
        pristine, critical = task._valid[0]
        difference = pristine.astype(float) - critical
        with torch.no_grad():
            scores = task.validate(Brighter())
        assert scores["psnr_identity"] == pytest.approx(10 * np.log10(255**2 / np.mean(difference**2)), abs=1e-3)
        return scores["psnr_identity"]

    seen: list[tuple[int, ...]] = []
    whole, middle, larger = (identity(side) for side in (0, 32, 4096))
    assert seen[0] == seen[2] != seen[1] == (32, 32)
    assert whole == larger != middle
