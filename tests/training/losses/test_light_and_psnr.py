"""The sRGB curve and PSNR of tensors are those of pictures."""

from __future__ import annotations

import numpy as np
import pytest

from jndkit.picture.colour.transfer import light_of_codes
from jndkit.picture.difference import psnr as psnr_of_pictures

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train


def test_light_is_that_of_every_code_and_has_slopes() -> None:
    from jndkit.training.losses.light import to_light

    codes = (torch.arange(256.0) / 255.0).requires_grad_()
    light = to_light(codes)
    np.testing.assert_allclose(light.detach().numpy(), light_of_codes(), atol=1e-6)
    light.sum().backward()
    assert codes.grad[0] == pytest.approx(1 / 12.92)
    assert bool((codes.grad > 0).all())


def test_psnr_is_that_of_pictures() -> None:
    from jndkit.training.losses.psnr import decibels, psnr
    from jndkit.training.sampling import to_tensor

    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (2, 24, 40, 3)).astype(np.uint8)
    wanted = psnr_of_pictures(pixels[0], pixels[1])
    assert psnr(to_tensor(pixels[:1]), to_tensor(pixels[1:])) == pytest.approx(wanted, abs=1e-4)
    assert psnr(to_tensor(pixels), to_tensor(pixels)) == 120.0
    assert decibels(0.01) == pytest.approx(20.0)
