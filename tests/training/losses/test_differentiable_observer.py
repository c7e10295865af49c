"""The observer as a term of a loss reads what the observer reads, and its slopes lead to less that is seen."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jndkit.observers.cvvdp.observer import Cvvdp
from jndkit.picture import Picture, Pixels
from jndkit.viewing import DISPLAYS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

SIDE = 128


def observer(display: str = "desktop") -> Any:
    from jndkit.training.losses.differentiable_observer import DifferentiableObserver

    return DifferentiableObserver(DISPLAYS[display])


def tensor(rgb: Pixels) -> Any:
    from jndkit.training.sampling import to_tensor

    return to_tensor(rgb if rgb.ndim == 4 else rgb[None])


def scene(side: int = 192) -> Pixels:
    """A slope with texture of every size in one half."""
    rng = np.random.default_rng(1)
    light = np.linspace(40.0, 200.0, side)[None, :, None] + np.zeros((side, side, 3))
    for size in (1, 3, 8, 24):
        grain = rng.normal(0.0, 12.0, (side // size + 1, side // size + 1, 3)).repeat(size, 0).repeat(size, 1)
        light[:, side // 2 :] += grain[:side, side // 2 : side]
    return np.clip(light, 0.0, 255.0).astype(np.uint8)


def coded(rgb: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("display", ["desktop", "phone"])
@pytest.mark.parametrize("quality", [30, 70, 92])
def test_it_reads_what_the_observer_reads(display: str, quality: int) -> None:
    rgb = scene()
    version = coded(rgb, quality)
    wanted = Cvvdp().watch(Picture(rgb), DISPLAYS[display]).q_jod(version)
    read = observer(display)(tensor(rgb), tensor(version))
    assert float(read[0]) == pytest.approx(3.2 * (10.0 - wanted), rel=0.02, abs=0.01)


def test_equal_pictures_read_nothing() -> None:
    assert float(observer()(tensor(scene()), tensor(scene()))[0]) < 0.01


def test_every_picture_of_a_batch_is_read_by_itself() -> None:
    rgb = scene()
    versions = np.stack([coded(rgb, 20), coded(rgb, 80)])
    together = observer()(tensor(np.stack([rgb, rgb])), tensor(versions))
    apart = [float(observer()(tensor(rgb), tensor(each))[0]) for each in versions]
    assert together.tolist() == pytest.approx(apart, rel=1e-4)
    assert apart[0] > 2 * apart[1]


def test_descent_makes_errors_less_visible() -> None:
    rgb, seen = scene(SIDE), observer()
    version = tensor(coded(rgb, 30)).requires_grad_()
    before = seen(tensor(rgb), version)
    before.sum().backward()
    assert bool(torch.isfinite(version.grad).all())
    step = version.detach() - 0.002 * version.grad / version.grad.abs().max()
    assert float(seen(tensor(rgb), step)[0]) < float(before.detach()[0])
