"""Published maps to compare with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

SHIPPED = Path(__file__).parent / "published"
HEIGHT = 512


@dataclass(frozen=True)
class Reference:
    """What published code made of one picture.

    `folder` holds its arrays. `rows` are those that float32 maps are stored in; planes of bytes are whole.
    """

    picture: str
    folder: Path
    rows: npt.NDArray[np.intp]

    def __call__(self, model: str, key: str) -> npt.NDArray[Any]:
        """One stored array of a model."""
        with np.load(self.folder / f"{model}.npz") as arrays:
            stored: npt.NDArray[Any] = arrays[f"{self.picture}_{key}"]
        return stored

    @cached_property
    def luma(self) -> npt.NDArray[np.uint8]:
        """The picture, uint8 (512, 512)."""
        return np.asarray(self("inputs", "Y"), np.uint8)

    def kept(self, computed: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Of a computed map, (512, W), the rows that are stored."""
        assert len(computed) == HEIGHT
        return computed[self.rows]


def _whole(picture: str) -> object:
    return pytest.param((picture, True), id=f"{picture}-whole", marks=pytest.mark.shared)


PICTURES = [pytest.param(("camera", False), id="camera"), _whole("camera"), _whole("astronaut")]


@pytest.fixture(scope="session", params=PICTURES)
def reference(request: pytest.FixtureRequest) -> Reference:
    """The picture that ships with three bands of each of its maps; the whole maps of both, of the shared folder."""
    picture, whole = request.param
    if whole:
        folder = request.getfixturevalue("shared") / "references" / "jnd_maps"
        return Reference(picture, folder, np.arange(HEIGHT))
    return Reference(picture, SHIPPED, np.load(SHIPPED / "rows.npy"))


@pytest.fixture(scope="session")
def published(shared: Path) -> Callable[[str], dict[str, npt.NDArray[Any]]]:
    """The whole reference arrays of one file, by its name without suffix."""
    return lambda name: dict(np.load(shared / "references" / "jnd_maps" / f"{name}.npz"))


@pytest.fixture(scope="session")
def scene() -> npt.NDArray[np.uint8]:
    """Smooth light, a texture, an edge and a flat part, uint8 (96, 120)."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[:96, :120]
    level = 60 + x / 2 + 30 * np.sin(y / 9)
    level[:40, 70:] += random.normal(0, 25, (40, 50))
    level[55:85, 15:50] = 190
    level[60:, 90:] = 100
    return np.asarray(np.clip(level + 0.5, 0, 255), np.uint8)
