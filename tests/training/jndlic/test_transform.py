"""The learned codec starts as JPEG's transform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from jndkit.picture import Pixels

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

Build = Callable[..., Any]
Inputs = Callable[[Pixels, float], tuple[Any, ...]]


def test_the_channels_are_jpegs_frequencies() -> None:
    from jndkit.training.jndlic.transform import annex_k, dct_kernels, zigzag

    assert zigzag()[:6] == ((0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2))
    assert zigzag()[-2:] == ((7, 6), (7, 7))
    steps = annex_k().tolist()
    assert steps[:6] == [16, 17, 17, 11, 18, 18]
    assert steps[-3:] == [99, 99, 99]
    kernels = dct_kernels().flatten(1)
    np.testing.assert_allclose((kernels @ kernels.T).numpy(), np.eye(192), atol=1e-5)


def test_at_step_0_it_is_jpegs_transform(build: Build, inputs: Inputs, crop: Pixels) -> None:
    from jndkit.training.jndlic.transform import perceptual_table, zigzag

    model, (picture, jnd, knob) = build(), inputs(crop, 32.0)
    with torch.no_grad():
        latent, _ = model.analysis(picture, jnd, knob, model.unit(knob))
    luma = crop @ np.array([0.299, 0.587, 0.114]) - 128.0
    block = cv2.dct(luma[16:24, 40:48])
    wanted = [block[at] for at in zigzag()] / (perceptual_table()[::3].double().numpy() * 0.5)
    np.testing.assert_allclose(latent[0, ::3, 2, 5].numpy(), wanted, atol=2e-3)


def test_fine_steps_give_the_picture_back(build: Build, inputs: Inputs, crop: Pixels) -> None:
    model, (picture, jnd, knob) = build(), inputs(crop, 60.0)
    with torch.no_grad():
        coded = model(picture, jnd, knob)
        coarse = model(picture, jnd, torch.tensor([0.0]))
    assert float((coded.picture - picture).abs().mean()) < 0.7 / 255
    assert 2 / 255 < float((coarse.picture - picture).abs().mean()) < 20 / 255
    assert float(coarse.bits) < float(coded.bits)
    assert not coded.step.any()


def test_colours_go_there_and_back() -> None:
    from jndkit.training.jndlic.transform import to_rgb, to_ycc

    colours = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    np.testing.assert_allclose(to_rgb(to_ycc(colours)).numpy(), colours.numpy(), atol=1e-5)
    white = to_ycc(torch.ones(1, 3, 1, 1))
    np.testing.assert_allclose(white.flatten().numpy(), [127, 0, 0], atol=1e-3)


def test_what_is_learned_of_high_frequencies_counts_less_below_the_bend() -> None:
    from jndkit.training.jndlic.transform import beneath, heeded

    knobs = torch.tensor([0.0, 4.0, 12.0, 60.0])
    found = heeded(knobs, 12.0)
    assert found.shape == (4, 192, 1, 1)
    assert torch.equal(found[:, :45], torch.ones(4, 45, 1, 1))
    # A step is so many times larger than at the bend: 2.5 octaves every 8 knobs.
    assert found[:, 45:, 0, 0].numpy() == pytest.approx(
        np.repeat([[2.0**-3.75], [2.0**-2.5], [1.0], [1.0]], 147, axis=1)
    )
    assert beneath(knobs, 12.0).tolist() == [-3.75, -2.5, 0.0, 0.0]
    assert torch.equal(heeded(knobs, 0.0), torch.ones(4, 192, 1, 1))  # files before version 4 have no bend


def test_nothing_but_low_settings_knows_of_it(build: Build) -> None:
    """The same weights say the same from the bend on, whatever their version has there."""
    torch.manual_seed(4)
    model = build(version=4)
    torch.nn.init.normal_(model.synthesis.stage.out.weight, 0.0, 0.5)
    symbols, step = torch.randint(-2, 3, (1, 192, 4, 4)).float(), torch.zeros(1, 4, 4, 4)
    with torch.no_grad():
        for knob, alike in ((14.0, True), (6.0, False)):
            given = torch.tensor([knob])
            model.synthesis.bend = 12.0
            bent = model.synthesis(symbols, step, given, model.unit(given))
            model.synthesis.bend = 0.0
            assert torch.equal(bent, model.synthesis(symbols, step, given, model.unit(given))) == alike
