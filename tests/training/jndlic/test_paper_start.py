"""The published network that starts as a cosine transform: it gives coefficients in steps, and paints them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jndkit.errors import UsageError
from jndkit.picture import Pixels
from jndkit.picture.difference import psnr

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

SIZES: dict[str, Any] = {"hyper": 4, "step_width": 4, "step_latent": 4}


@pytest.fixture(scope="module")
def network() -> Any:
    from jndkit.training.jndlic.paper import JndLicPaper

    torch.manual_seed(3)
    return JndLicPaper(width=64, latent=96, start="dct", **SIZES)


def analysed(network: Any, pixels: Pixels) -> Any:
    picture = torch.from_numpy(pixels.transpose(2, 0, 1)[None] / np.float32(255))
    jnd = torch.full_like(picture[:, :1], 5.0)
    with torch.no_grad():
        return picture, network.analysed(picture, jnd).picture


def painted(network: Any, latents: Any) -> Any:
    with torch.no_grad():
        return network.painted(latents, torch.ones_like(latents))


def test_even_blocks_come_back_exactly(network: Any) -> None:
    random = np.random.default_rng(0)
    colours = random.integers(0, 256, (4, 8, 3)).astype(np.uint8)
    picture, latents = analysed(network, colours.repeat(16, axis=0).repeat(16, axis=1))
    assert latents.shape == (1, 96, 4, 8)
    # The mean of luma comes first, and three latents of a block that is even are not nothing.
    assert int((latents.abs() > 1e-3).sum(dim=1).max()) <= 3
    assert float((painted(network, latents) - picture).abs().max()) < 1e-4


def test_the_first_latent_is_the_mean_of_luma_in_steps(network: Any, photo: Pixels) -> None:
    from jndkit.training.jndlic.transform import perceptual_table

    pixels = photo[:64, :64]
    luma = pixels @ np.array([0.299, 0.587, 0.114]) - 127.5
    means = luma.reshape(4, 16, 4, 16).mean(axis=(1, 3))[:2, :2] * 16.0  # the first of the orthonormal DCT
    _, latents = analysed(network, pixels)
    assert latents[0, 0, :2, :2].numpy() == pytest.approx(means / float(perceptual_table()[0]), abs=0.02)


def test_photographs_come_back_but_for_what_there_are_no_latents_for(network: Any, photo: Pixels) -> None:
    from jndkit.training.jndlic.paper import JndLicPaper

    pixels = photo[:128, :192]
    _, latents = analysed(network, pixels)
    found = (painted(network, latents)[0].clamp(0, 1).permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    torch.manual_seed(3)
    drawn = JndLicPaper(width=64, latent=96, **SIZES)
    other = painted(drawn, analysed(drawn, pixels)[1])[0].clamp(0, 1).permute(1, 2, 0).numpy()
    assert psnr(found, pixels) > psnr((other * 255).round().astype(np.uint8), pixels) + 6.0


def test_what_cannot_be_asked() -> None:
    from jndkit.training.jndlic.paper import JndLicPaper

    with pytest.raises(UsageError, match="width = 32: to start as a DCT 48 channels are needed"):
        JndLicPaper(width=32, start="dct", **SIZES)
    with pytest.raises(UsageError, match="choose drawn, dct"):
        JndLicPaper(width=48, start="haar", **SIZES)
