"""The generator of HVS-SD JND, its three losses, and its training."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jndkit.errors import InputError, UsageError
from jndkit.training.recipe import Recipe, load_recipe

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train


@pytest.fixture
def data(photos: Path, degradation_weights: Path) -> tuple[str, ...]:
    """Settings that name the data."""
    return f"data.train={photos}", f"data.valid={photos}", f"data.degradation={degradation_weights}"


def recipe(data: tuple[str, ...], *settings: str) -> Recipe:
    return load_recipe("debug-hvssd", (*data, *settings))


def test_the_magnitude_is_least_at_the_level_asked_for() -> None:
    from jndkit.training.hvssd.task import magnitude_loss

    wanted = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(3)) * 0.3
    jnd = (0.4 * wanted).repeat(1, 3, 1, 1)
    assert float(magnitude_loss(wanted, jnd, 0.4)) < 1e-7
    for factor in (0.7, 1.4):
        assert float(magnitude_loss(wanted, factor * jnd, 0.4)) > 1e-3
    in_red_alone = torch.cat([3 * jnd[:, :1], torch.zeros_like(jnd[:, 1:])], dim=1)
    assert float(magnitude_loss(wanted, in_red_alone, 0.4)) > 1e-2
    # One place, by hand: a = 1 / (1 + 0), b = 1 / (1 + 2).
    flat = torch.full((1, 3, 1, 1), 2 / 255)
    by_hand = math.log((1 + 1 / 9 + 0.001) / (2 / 3 + 0.001))
    assert float(magnitude_loss(torch.zeros(1, 1, 1, 1), flat, 1.0)) == pytest.approx(by_hand, 1e-4)


@pytest.mark.parametrize("inputs", ["code", "figure"])
def test_the_generator_has_the_published_shape(inputs: str) -> None:
    from jndkit.training.networks import network

    model = network("hvssd", {"inputs": inputs})
    given = 7 if inputs == "code" else 5
    sizes = ((given, 32), (32, 32), (32, 64), (64, 64), (64, 32), (32, 3))
    assert sum(each.numel() for each in model.parameters()) == sum(9 * few * many + many for few, many in sizes)
    picture, cam, gradient = torch.rand(2, 3, 40, 24), torch.rand(2, 1, 40, 24), torch.rand(2, 3, 40, 24)
    jnd = model(picture, cam, gradient)
    assert jnd.shape == picture.shape
    assert 0 <= float(jnd.detach().min()) < float(jnd.detach().max()) < 0.2  # it learns nothing where it is 1
    assert not torch.equal(jnd, model(picture, cam, 0.5 * gradient))
    assert not torch.equal(jnd, model(picture, 0.5 * cam, gradient))


def test_the_context_covers_what_the_generator_reaches() -> None:
    from jndkit.training.networks import network

    torch.manual_seed(4)
    model = network("hvssd", {})
    context = model.contract().context
    inputs = [torch.rand(1, channels, 96, 96) for channels in (3, 1, 3)]
    changed = [each.clone() for each in inputs]
    for each in changed:
        each[..., 48, 48] += 0.5
    moved = (model(*inputs) - model(*changed)).detach().abs()[0].amax(dim=0).nonzero()
    assert context - 8 <= int((moved - 48).abs().max()) <= context


def test_twenty_steps_lower_the_loss(data: tuple[str, ...], tmp_path: Path) -> None:
    from jndkit.training.loop import Run
    from jndkit.training.tasks import task

    run = Run(recipe(data), tmp_path / "run")
    feeder = task(run.recipe)
    seen = [feeder.batch(torch.Generator().manual_seed(seed)) for seed in range(4)]

    def loss() -> float:
        with torch.no_grad():
            return sum(float(feeder.loss(run.model, batch)) for batch in seen)

    before = loss()
    scores = run.train()
    assert loss() < before
    assert scores["below_chou1995"] == pytest.approx(scores["chou1995"] - scores["jnd"])
    assert scores["flat"] > 1
    assert scores["map_mean"] > 0


def test_weights_of_nothing_leave_a_loss_out(data: tuple[str, ...]) -> None:
    from jndkit.training.hvssd.task import HvssdTask
    from jndkit.training.networks import network

    torch.manual_seed(5)
    model = network("hvssd", {"inputs": "figure"})
    feeder = HvssdTask(recipe(data))
    batch = feeder.batch(torch.Generator().manual_seed(0))
    assert set(batch[1].unique().tolist()) == {-1.0, 1.0}
    with torch.no_grad():
        parts = feeder.losses(model, batch)
        for name, key in zip(parts._fields, ("magnitude", "perceptual_weight", "attention"), strict=True):
            weights = dict.fromkeys(("magnitude", "perceptual_weight", "attention"), 0.0) | {key: 2.0}
            alone = HvssdTask(recipe(data, *(f"data.{key}={value}" for key, value in weights.items())))
            assert float(getattr(parts, name)) > 0
            assert float(alone.loss(model, batch)) == pytest.approx(2 * float(getattr(parts, name)), rel=1e-4)


def test_the_activation_shifts_where_a_picture_changes(data: tuple[str, ...]) -> None:
    from jndkit.training.hvssd.task import HvssdTask
    from jndkit.training.networks import network

    torch.manual_seed(5)
    feeder = HvssdTask(recipe(data, "data.attention_form=shift"))
    batch = feeder.batch(torch.Generator().manual_seed(0))
    degradation, picture = feeder._degradation, batch[0]
    little, more = ((picture + share * (torch.rand(picture.shape) - 0.5)).requires_grad_() for share in (0.02, 0.2))
    shifts = [degradation.activation_shift(picture, changed) for changed in (picture, little, more)]
    assert shifts[0].tolist() == [0.0] * len(picture)
    assert (shifts[1] > 0).all()
    assert (shifts[2] > shifts[1]).all()
    shifts[2].sum().backward()
    assert more.grad is not None
    assert bool(more.grad.any())
    # A fresh network, without offsets, answers black by nothing: as much as all of the activation is gone.
    black = degradation.activation_shift(picture, torch.zeros_like(picture))
    assert black.tolist() == pytest.approx([1.0] * len(picture))
    losses = feeder.losses(network("hvssd", {"inputs": "figure"}), batch)
    assert float(losses.attention.detach()) > 0
    with pytest.raises(UsageError, match=r"form of data\.attention_form"):
        HvssdTask(recipe(data, "data.attention_form=gaze"))


def test_noise_is_given_at_the_psnr(photos: Path) -> None:
    from jndkit.picture.difference import psnr
    from jndkit.training.hvssd.task import noise_at

    pixels = np.asarray(Image.open(photos / "a.png"))
    jnd = np.random.default_rng(0).uniform(0, 5, pixels.shape[:2])
    assert psnr(pixels, noise_at(pixels, jnd, 26.65)) == pytest.approx(26.65, abs=0.011)
    np.testing.assert_array_equal(noise_at(pixels, 0 * jnd, 26.65), pixels)


@pytest.mark.slow
@pytest.mark.parametrize("inputs", ["code", "figure"])
def test_every_runtime_agrees(inputs: str, tmp_path: Path) -> None:
    from jndkit.training.export import export_onnx, parity
    from jndkit.training.networks import network

    torch.manual_seed(6)
    model = network("hvssd", {"inputs": inputs})
    contract = model.contract()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)  # torch's exporter, of torch
        given = tuple(torch.rand(shape) for shape in contract.example)
        export_onnx(model, tmp_path / "made.onnx", given, contract.dynamic, contract.multiple)
    other = tuple(torch.rand(2, shape[1], 40, 28) for shape in contract.example)
    assert max(parity(model, tmp_path / "made.onnx", other).values()) < 1e-4


def test_what_is_misspelt_fails(data: tuple[str, ...], tmp_path: Path) -> None:
    from jndkit.training.networks import network
    from jndkit.training.tasks import task

    for settings, said in (
        (("data.colour=1",), "data.colour: unknown"),
        (("crop=50",), "multiple of 8"),
        (("data.perceptual=psnr",), "choose gmsd, masked-bands, ms-ssim"),
        (("data.magnitude=0", "data.perceptual_weight=0", "data.attention=0"), "one of them must not be 0"),
    ):
        with pytest.raises(UsageError, match=said):
            task(recipe(data, *settings))
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    for name, reason in (("bad", "it holds no weights"), ("none", "there is no such file; `jnd train hvssd-degr")):
        with pytest.raises(InputError, match=rf"{name}\.safetensors: {reason}"):
            task(recipe(data, f"data.degradation={tmp_path / name}.safetensors"))
    with pytest.raises(UsageError, match="choose code, figure"):
        network("hvssd", {"inputs": "book"})
