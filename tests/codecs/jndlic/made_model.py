"""A model of JND-LIC that needs no weights: JPEG's transform, and predictions by plain arithmetic on whole numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jndlic.coder import Tables
from jndkit.codecs.jndlic.layout import CHANNELS, GROUP_OF, GROUPS, LAYOUTS, SLICES, Z_LIMIT, scale_of
from jndkit.codecs.jndlic.model import Priors

Array = npt.NDArray[Any]
_TO_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])


def _cosines() -> Array:
    basis: Array = np.cos(np.pi / 16 * np.arange(8)[:, None] * (2 * np.arange(8) + 1)) / 2
    basis[0] /= np.sqrt(2)
    return basis


COSINES = _cosines()
ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))
STEPS = np.array([12 + 2 * (channel // 3) for channel in range(CHANNELS)], np.float64)[:, None, None]


@cache
def priors() -> Priors:
    """Two-sided geometric distributions, cut off and rounded to whole numbers."""
    rows = np.zeros((63 * 8, 512), np.int64)
    for scale in range(1, 64):
        width, top = 2.0 ** (scale / 6 - 3), min(254, 2 + scale * 4)
        for fraction in range(8):
            at = np.arange(-top, top + 1)
            weights = np.exp(-np.abs(at - (fraction - 4) / 8) / width)
            counts = np.floor(weights / weights.sum() * (65536 - 2 * top - 2)).astype(np.int64) + 1
            row = rows[(scale - 1) * 8 + fraction]
            row[255 - top : 256 + top] = counts
            row[511] = 1
            row[255] += 65536 - row.sum()
    return Priors(Tables(rows, -255, escapes=True), hyper_tables(), 2)


@cache
def hyper_tables() -> Tables:
    """Of two channels alike, 0 most often."""
    z = np.full((2, 2 * Z_LIMIT + 1), 1000, np.int64)
    z[:, Z_LIMIT] += 65536 - z[0].sum()
    return Tables(z, -Z_LIMIT, escapes=False)


class Made:
    """What `Model` asks for. painting_reach: of the windows, though a block needs nothing beyond itself."""

    name = "made.nothing.v1"
    digest = b"made1234"
    layout = LAYOUTS[1]
    analysis_reach = 32
    painting_reach = 40

    def analyse(self, picture: Array, jnd: Array, knob: int) -> tuple[Array, Array]:
        assert picture.dtype == jnd.dtype == np.float32
        assert picture.shape == (3, *jnd.shape)
        _, height, width = picture.shape
        planes = np.tensordot(_TO_YCC, picture.astype(np.float64) * 255, 1)
        planes[0] -= 128
        blocks = planes.reshape(3, height // 8, 8, width // 8, 8)
        found = np.einsum("ui,pyixj,vj->puvyx", COSINES, blocks, COSINES).reshape(3, 64, height // 8, width // 8)
        latent = found[:, ZIGZAG].transpose(1, 0, 2, 3).reshape(CHANNELS, height // 8, width // 8)
        latent = latent / (STEPS * scale_of(knob))
        pooled = np.abs(latent).reshape(CHANNELS, height // 32, 4, width // 32, 4).mean(axis=(2, 4))
        z = np.stack([pooled[: SLICES[1][1]].mean(axis=0), pooled[SLICES[1][1] :].mean(axis=0)])
        return latent.astype(np.float32), (6 * np.log2(z + 0.1)).astype(np.float32)

    def priors(self, knob: int) -> Priors:
        return priors()

    def hyper(self, z: Array, knob: int) -> tuple[Array, Array]:
        features = np.repeat(np.repeat(z, 4, axis=1), 4, axis=2).astype(np.float32)
        # The finer step of the even columns stands for what the JND decides.
        step = np.zeros((GROUPS, *features.shape[1:]), np.float32)
        step[:, :, ::2] = -4 + knob % 2
        return features, step

    def sides(self, known: Array, knob: int, turn: int, places: Array) -> tuple[Array, Array]:
        raise AssertionError("there are tables of hyper-latents")

    def predict(
        self, part: int, features: Array, step: Array, known: Array, turn: int, places: Array
    ) -> tuple[Array, Array]:
        assert features.shape[1:] == step.shape[1:] == known.shape[1:]
        first, last = self.layout.slices[part]
        around = known[first:last] if turn else known[np.arange(first, last) - min(first, last - first)]
        rolled = [np.roll(around, shift, (1, 2)) for shift in ((0, 1), (1, 0), (0, -1))]
        beside = np.sum(rolled, axis=0, dtype=around.dtype)
        energy = features[int(first >= SLICES[1][1])][None] + 18 - np.arange(first, last)[:, None, None] // 8
        # Only the last channels may be told, by scale 0, not to be coded.
        least = (np.arange(first, last) < 180)[:, None, None]
        scale = np.clip(energy + np.minimum(np.abs(beside), 8), least, 63).astype(np.int32)
        mean = np.clip(beside.astype(np.int32), -64, 64)
        flat = (last - first, -1)
        return mean.reshape(flat)[:, places], scale.reshape(flat)[:, places]

    def paint(self, symbols: Array, step: Array, knob: int) -> Array:
        assert symbols.dtype == step.dtype == np.float32
        latent = symbols * np.exp2(step / 16.0)[GROUP_OF] * STEPS * scale_of(knob)
        _, height, width = latent.shape
        found = np.empty((3, 64, height, width))
        found[:, ZIGZAG] = latent.reshape(64, 3, height, width).transpose(1, 0, 2, 3)
        blocks = np.einsum("ui,puvyx,vj->pyixj", COSINES, found.reshape(3, 8, 8, height, width), COSINES)
        planes = blocks.reshape(3, height * 8, width * 8)
        planes[0] += 128
        return np.clip(np.tensordot(np.linalg.inv(_TO_YCC), planes, 1) / 255, 0, 1).astype(np.float32)


class MadeSecond(Made):
    """The same, in files of version 2."""

    name = "made.nothing.v2"
    digest = b"made5678"
    layout = LAYOUTS[2]


class MadeFourth(MadeSecond):
    """The same, in files of version 4: hyper-latents are predicted from their left neighbours."""

    name = "made.nothing.v4"
    digest = b"made9012"
    layout = LAYOUTS[4]

    def priors(self, knob: int) -> Priors:
        return priors()._replace(z=None)

    def sides(self, known: Array, knob: int, turn: int, places: Array) -> tuple[Array, Array]:
        assert known.dtype == np.float32
        mean = (8 * np.roll(known, 1, 2)).astype(np.int32) + turn
        scale = np.full_like(mean, 30 + knob // 4)
        flat = (len(known), -1)
        return mean.reshape(flat)[:, places], scale.reshape(flat)[:, places]
