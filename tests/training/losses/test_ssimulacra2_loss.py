"""SSIMULACRA2 as a term of a loss reads what the measure reads, and its slopes are those of the measure."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from jndkit.errors import UsageError
from jndkit.observers.ssimulacra2.measure import ssimulacra2
from jndkit.picture import Pixels

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

EXAMPLE = Path(__file__).parents[3] / "examples" / "lake.png"


def measure() -> Any:
    from jndkit.training.losses.ssimulacra2 import Ssimulacra2

    return Ssimulacra2()


def tensor(rgb: Pixels) -> Any:
    from jndkit.training.sampling import to_tensor

    return to_tensor(np.ascontiguousarray(rgb)[None])


def coded(rgb: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def photo() -> Pixels:
    return np.asarray(Image.open(EXAMPLE).convert("RGB"))


@pytest.mark.parametrize("quality", [10, 50, 90])
@pytest.mark.parametrize("size", [(512, 768), (97, 63), (9, 31), (8, 8)])
def test_it_reads_what_the_measure_reads(size: tuple[int, int], quality: int) -> None:
    rgb = np.ascontiguousarray(photo()[: size[0], : size[1]])
    version = coded(rgb, quality)
    read = float(measure()(tensor(rgb), tensor(version)))
    assert read == pytest.approx(100.0 - ssimulacra2(rgb, version), abs=1e-3)


@settings(max_examples=25, deadline=None)
@given(st.integers(8, 70), st.integers(8, 70), st.integers(1, 120), st.integers(0, 2**32 - 1))
def test_it_reads_any_pictures_alike(height: int, width: int, most: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    noise = rng.integers(-most, most + 1, rgb.shape)
    version = np.clip(rgb + noise, 0, 255).astype(np.uint8)
    wanted = 100.0 - ssimulacra2(rgb, version)
    assert float(measure()(tensor(rgb), tensor(version))) == pytest.approx(wanted, abs=1e-3, rel=1e-5)


def test_equal_pictures_are_no_distance_apart_and_have_no_slope() -> None:
    rgb = tensor(photo()[:64, :64])
    version = rgb.clone().requires_grad_()
    read = measure()(rgb, version)
    read.sum().backward()
    assert read.tolist() == [0.0]
    assert not bool(version.grad.any())


def test_every_picture_of_a_batch_is_read_by_itself() -> None:
    rgb = photo()[100:196, 100:228]
    references = torch.cat([tensor(rgb), tensor(rgb[::-1])])
    tests = torch.cat([tensor(coded(np.ascontiguousarray(each), 30)) for each in (rgb, rgb[::-1])])
    apart = [float(measure()(references[i : i + 1], tests[i : i + 1])) for i in range(2)]
    assert measure()(references, tests).tolist() == pytest.approx(apart, rel=1e-5)


def test_slopes_are_those_of_finite_differences() -> None:
    rgb = photo()[200:248, 300:356]
    reference, version = (tensor(each).double() for each in (rgb, coded(np.ascontiguousarray(rgb), 40)))
    module = measure().double()
    version = version.clamp(0.02, 0.98).requires_grad_()
    module(reference, version).sum().backward()
    random = torch.Generator().manual_seed(0)
    for _ in range(5):
        way = torch.randn(version.shape, generator=random, dtype=torch.float64)
        with torch.no_grad():
            above, below = (float(module(reference, version + side * 1e-7 * way)) for side in (1.0, -1.0))
        assert float((version.grad * way).sum()) == pytest.approx((above - below) / 2e-7, rel=1e-4)


def test_descent_raises_the_score() -> None:
    rgb = photo()[:96, :96]
    version = tensor(coded(np.ascontiguousarray(rgb), 30)).requires_grad_()
    before = measure()(tensor(rgb), version)
    before.sum().backward()
    step = version.detach() - 0.002 * version.grad / version.grad.abs().max()
    assert float(measure()(tensor(rgb), step)) < float(before.detach())


def test_too_small_pictures_are_refused() -> None:
    with pytest.raises(UsageError, match="8 pixels a side"):
        measure()(torch.zeros(1, 3, 7, 40), torch.zeros(1, 3, 7, 40))
