"""The degradation network: its hand-written gradients, its maps, its bits, and its training."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit.cli import main
from jndkit.errors import InputError, UsageError
from jndkit.training.recipe import load_recipe

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train


@pytest.fixture
def model() -> Any:
    from jndkit.training.networks import network

    torch.manual_seed(1)
    made = network("hvssd-degradation", {"channels": 6})
    with torch.no_grad():
        for norm in (*made.analysis.norms, *made.synthesis.norms):
            norm.root_gamma += 0.1 * torch.rand_like(norm.root_gamma)  # not symmetric, as after training
    return made


def close(found: Any, wanted: Any) -> None:
    assert float((found - wanted).detach().abs().max()) <= 1e-5 * float(wanted.detach().abs().max())


@pytest.mark.parametrize("inverse", [False, True])
def test_the_norms_backward_is_autograds(inverse: bool) -> None:
    from jndkit.training.gdn import Gdn

    torch.manual_seed(2)
    norm = Gdn(5, inverse)
    with torch.no_grad():
        norm.root_gamma += torch.rand_like(norm.root_gamma)
    x, gradient = torch.randn(2, 5, 4, 3, requires_grad=True), torch.randn(2, 5, 4, 3)
    (wanted,) = torch.autograd.grad(norm(x), x, gradient)
    close(norm.backward_of(x, norm.norm(x), gradient), wanted)


def test_gdn_divides_by_the_energy_of_all_channels() -> None:
    from jndkit.training.gdn import Gdn

    norm, x = Gdn(3), torch.randn(1, 3, 2, 2)
    beta, gamma = norm.root_beta**2, norm.root_gamma**2
    for channel in range(3):
        energy = beta[channel] + sum(gamma[channel, other] * x[:, other] ** 2 for other in range(3))
        close(norm(x)[:, channel], x[:, channel] / torch.sqrt(energy))


def test_gradients_of_the_error_are_autograds(model: Any) -> None:
    picture = torch.rand(2, 3, 24, 40, requires_grad=True)
    latent = model.analysis(picture)
    error = 0.5 * ((model.synthesis(latent) - picture) ** 2).sum()
    by_latent, by_picture = torch.autograd.grad(error, (latent, picture))
    with torch.no_grad():
        traced, analysed = model.analysis.traced(picture)
        rebuilt, synthesised = model.synthesis.traced(traced)
        found = model.synthesis.backward_of(synthesised, rebuilt - picture)
        close(found, by_latent)
        close(model.analysis.backward_of(analysed, found) - (rebuilt - picture), by_picture)


def test_priors_are_what_they_are_said_to_be(model: Any) -> None:
    """A literal reference: automatic differentiation of the mean squared error, picture by picture."""
    pictures = torch.rand(2, 3, 24, 40)
    with torch.no_grad():
        cam, gradient = model(pictures)
    for index in range(2):
        picture = pictures[index : index + 1].clone().requires_grad_()
        latent = model.analysis(picture)
        latent.retain_grad()
        torch.mean((model.synthesis(latent) - picture) ** 2).backward()
        weights = latent.grad.mean(dim=(2, 3))[0]
        wanted = torch.einsum("c,chw->hw", weights, latent[0]).abs()
        large = torch.nn.functional.interpolate(wanted[None, None], size=(24, 40), mode="bilinear")
        close(cam[index], ((large - large.min()) / (large.max() - large.min()))[0].detach())
        positive = picture.grad[0].clamp_min(0)
        close(gradient[index], (positive - positive.min()) / (positive.max() - positive.min()))
    assert (float(cam.min()), float(cam.max())) == (0.0, 1.0)


def test_a_flat_map_gives_zeros() -> None:
    from jndkit.training.hvssd.degradation import over_range

    assert float(over_range(torch.full((1, 1, 4, 4), 3.0)).abs().max()) == 0.0


def test_the_bits_are_those_of_a_distribution(model: Any) -> None:
    whole = torch.arange(-200.0, 201.0).reshape(1, 1, -1, 1).repeat(1, 6, 1, 1)
    shares = model.bits.cumulative(whole + 0.5) - model.bits.cumulative(whole - 0.5)
    assert float(shares.detach().min()) >= 0
    np.testing.assert_allclose(shares.sum(dim=2).detach().numpy(), 1.0, atol=1e-4)
    latent = torch.zeros(2, 6, 3, 5)
    wanted = -torch.log2(shares[0, :, 200, 0]).sum() * 15
    close(model.bits(latent), wanted.repeat(2))


@pytest.mark.slow
def test_every_runtime_agrees(model: Any, tmp_path: Path) -> None:
    from jndkit.training.export import export_onnx, parity

    contract = model.contract()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)  # torch's exporter, of torch
        inputs = tuple(torch.rand(shape) for shape in contract.example)
        export_onnx(model, tmp_path / "made.onnx", inputs, contract.dynamic, contract.multiple)
    for shape in ((1, 3, 64, 96), (2, 3, 40, 24)):
        assert max(parity(model, tmp_path / "made.onnx", (torch.rand(shape),)).values()) < 1e-4


def test_twenty_steps_lower_the_loss(photos: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run
    from jndkit.training.tasks import task

    chosen = load_recipe("debug-hvssd-degradation", (f"data.train={photos}", f"data.valid={photos}"))
    run, feeder = Run(chosen, tmp_path / "run"), task(chosen)
    seen = [feeder.batch(torch.Generator().manual_seed(seed)) for seed in range(4)]

    def loss() -> float:
        with torch.no_grad():
            return sum(float(feeder.loss(run.model, batch)) for batch in seen)

    before = loss()
    scores = run.train()
    assert loss() < before
    assert scores["psnr_reduced"] > 15
    assert scores["bits_a_pixel"] > 0


def test_crops_are_drawn_by_the_generator_alone(photos: Path, tmp_path: Path) -> None:
    from jndkit.training.sampling import Crops, centres

    crops = Crops(photos, 64, 0.6)
    first, second, other = (crops.draw(3, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.shape == (3, 3, 64, 64)
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert 0 <= float(first.min()) < float(first.max()) <= 1
    assert [each.shape for each in centres(photos, 5, 136, 8)] == [(128, 136, 3), (136, 136, 3)]
    with pytest.raises(InputError, match="smaller than a crop of 400"):
        Crops(photos, 400).draw(1, torch.Generator())
    with pytest.raises(InputError, match="none: there is no such folder"):
        Crops(photos / "none", 64)
    with pytest.raises(InputError, match="it holds no picture"):
        Crops(tmp_path, 64)


def test_what_is_misspelt_fails(photos: Path, tmp_path: Path) -> None:
    from jndkit.training.tasks import task

    folders = (f"data.train={photos}", f"data.valid={photos}")
    for settings, said in (
        ((*folders, "data.colour=1"), "data.colour: unknown"),
        ((*folders, "crop=50"), "multiple of 8"),
    ):
        with pytest.raises(UsageError, match=said):
            task(load_recipe("debug-hvssd-degradation", settings))
    data = ("--set", "data.train=none", "--set", "data.valid=none")
    assert main(["train", "debug-hvssd-degradation", *data, "--run", str(tmp_path / "run")]) == 1
    assert main(["train", "debug-hvssd-degradation", "--run", str(tmp_path / "run")]) == 2
    assert not (tmp_path / "run").exists()
