"""A tiny codec, and a crop of the example for it to code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.picture import Pixels

TINY = {"width": 8, "blocks": 0, "decoder_width": 8, "decoder_blocks": 0, "refinement": 4, "hyper": 6, "features": 8}


@pytest.fixture(scope="session")
def crop(photo: npt.NDArray[np.uint8]) -> Pixels:
    """uint8 (96, 128, 3)."""
    return np.ascontiguousarray(photo[40:136, 100:228])


@pytest.fixture
def build() -> Callable[..., Any]:
    """Makes the codec, its weights drawn alike each time, with further arguments of the network."""
    torch = pytest.importorskip("torch")
    from jndkit.training.networks import network

    def tiny(**further: Any) -> Any:
        torch.manual_seed(0)
        return network("jndlic", {**TINY, "context": 16, **further})

    return tiny


@pytest.fixture
def inputs() -> Callable[[Pixels, float], tuple[Any, ...]]:
    """What the codec takes of a picture at a knob: the picture, its JND map, the knob."""
    torch = pytest.importorskip("torch")
    from jndkit.training.jndlic.task import jnd_maps
    from jndkit.training.sampling import to_tensor

    def of(pixels: Pixels, knob: float) -> tuple[Any, ...]:
        picture = to_tensor(pixels[None])
        return picture, jnd_maps(picture), torch.tensor([knob])

    return of
