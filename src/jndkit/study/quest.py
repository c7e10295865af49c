"""QUEST+: which level to show next, so that the answer is expected to tell most about a viewer's threshold.

Many staircases at once, each a row: those of a sitting run by themselves, those of a simulated study together.

Source: Watson, "QUEST+: a general multidimensional Bayesian adaptive psychometric method", Journal of Vision 17(3):10,
2017. The psychometric function is guess + (1 - guess - lapse) Phi((x - threshold) / width), x = ln(JND).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.study.psychometric import Floats, phi

THRESHOLDS = tuple(np.linspace(math.log(0.15), math.log(8.0), 41).tolist())
WIDTHS = (0.12, 0.25, 0.5)
LAPSES = (0.01, 0.05)
_NOTHING = 1e-30  # of a probability, before its logarithm


class Quest:
    """count staircases over the same levels.

    x: ln(JND) of the levels.  guess: share of right answers without seeing.
    prior: ln(JND) that thresholds are expected at, and the standard deviation around it; float64 (count,) or a number.
    """

    def __init__(
        self,
        x: Sequence[float] | Floats,
        *,
        guess: float,
        prior: tuple[float | Floats, float] = (0.0, 0.7),
        thresholds: Sequence[float] = THRESHOLDS,
        widths: Sequence[float] = WIDTHS,
        lapses: Sequence[float] = LAPSES,
        count: int = 1,
    ) -> None:
        grid = np.array(list(product(thresholds, widths, lapses)))
        self._threshold = grid[:, 0]
        z = (np.asarray(x, np.float64)[:, None] - grid[:, 0]) / grid[:, 1]
        right = guess + (1.0 - guess - grid[:, 2]) * phi(z)
        self.likelihood = np.stack([1.0 - right, right])  # (wrong or right, levels, parameters)
        expected, deviation = np.broadcast_to(prior[0], (count,)), prior[1]
        weight = np.exp(-0.5 * ((grid[:, 0][None, :] - expected[:, None]) / deviation) ** 2)
        self.posterior: Floats = weight / weight.sum(axis=1, keepdims=True)

    @cached_property
    def _flat(self) -> tuple[Floats, Floats]:
        flat = self.likelihood.reshape(-1, self.likelihood.shape[-1]).T
        return flat, flat * np.log(np.maximum(flat, _NOTHING))

    def expected_entropy(self) -> Floats:
        """Of the posterior after one more answer, nats: float64 (count, levels)."""
        flat, flat_log = self._flat
        chance = self.posterior @ flat
        # -sum of q ln q over q = p L / chance, with the logarithm of the product taken apart.
        logged = self.posterior * np.log(np.maximum(self.posterior, _NOTHING))
        joint = logged @ flat + self.posterior @ flat_log
        entropy = chance * np.log(np.maximum(chance, _NOTHING)) - joint
        summed: Floats = entropy.reshape(len(self.posterior), 2, -1).sum(axis=1)
        return summed

    def choose(self) -> npt.NDArray[np.intp]:
        """The level to show next, of each staircase: int (count,), from 0."""
        levels: npt.NDArray[np.intp] = self.expected_entropy().argmin(axis=1)
        return levels

    def learn(self, level: int | npt.NDArray[np.intp], right: bool | npt.NDArray[Any]) -> None:
        """Take in what was answered at a level, from 0; numbers, or arrays (count,)."""
        weighed = self.posterior * self.likelihood[np.asarray(right, np.intp), level]
        self.posterior = weighed / weighed.sum(axis=1, keepdims=True)

    def threshold(self) -> tuple[Floats, Floats]:
        """Mean of ln(threshold) and its standard deviation, float64 (count,) each."""
        mean = self.posterior @ self._threshold
        spread = np.sqrt(np.maximum(self.posterior @ self._threshold**2 - mean**2, 0.0))
        return mean, spread
