"""The published network: it learns, its context sees what a decoder knows, and its files cost what training said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jndkit.errors import UsageError
from jndkit.picture import Pixels
from jndkit.training.recipe import Recipe, load_recipe

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

SIZES = {"width": 12, "latent": 12, "hyper": 4, "step_width": 4, "step_latent": 4, "start": "drawn"}


@pytest.fixture
def made() -> Any:
    from jndkit.training.networks import network

    torch.manual_seed(7)
    return network("jndlic-paper", SIZES)


@pytest.fixture
def folder(tmp_path: Path, photo: Pixels) -> Path:
    (tmp_path / "pictures").mkdir()
    Image.fromarray(photo[:144, :160]).save(tmp_path / "pictures" / "0.png")
    return tmp_path / "pictures"


def recipe(folder: Path, *settings: str) -> Recipe:
    small = (f"data.train={folder}", f"data.valid={folder}", "crop=64", "batch=2", "data.side=128", "steps=6")
    sizes = tuple(f"model.{name}={value}" for name, value in SIZES.items())
    return load_recipe("jndlic-paper-narrow", (*small, *sizes, *settings))


def test_every_part_learns(made: Any) -> None:
    values = torch.rand(1, 3, 128, 192), 10.0 * torch.rand(1, 1, 128, 192), torch.tensor([30.0])
    noise = torch.rand(1, 12, 8, 12) - 0.5
    coded = made(*values, noise)
    # Noise in the place of rounding, as far from it as the noise goes.
    assert not torch.equal(coded.symbols, coded.symbols.round())
    whole = made(*values)
    assert torch.equal(whole.symbols, whole.symbols.round())
    assert float((whole.symbols - coded.symbols + noise).detach().abs().max()) <= 0.5 + 1e-4
    assert coded.picture.shape == values[0].shape
    assert coded.symbols.shape == coded.step.shape == (1, 12, 8, 12)
    (coded.picture.sum() + coded.bits.sum() + coded.side_bits.sum()).backward()
    assert all(each.grad is not None for each in made.parameters())
    with pytest.raises(UsageError, match="an even number is needed"):
        type(made)(width=7)


def test_the_context_sees_what_comes_before(made: Any) -> None:
    """Volumes that differ from one symbol on are told alike up to it; and one by one as all at once."""
    random = torch.Generator().manual_seed(1)
    features = torch.randint(0, 256, (1, 12, 4, 4), generator=random).float()
    symbols = torch.randint(-9, 10, (1, 12, 4, 4), generator=random).float()
    for layer in (made.context.mean, made.context.scale):
        torch.nn.init.normal_(layer.weight, 0.0, 2.0)
    later = symbols.clone()
    later[0, 6, 2, 1:] += 50.0
    later[0, 7:] += 50.0
    with torch.no_grad():
        found, other = made.context(features, symbols), made.context(features, later)
        for mine, theirs in zip(found, other, strict=True):
            assert torch.equal(mine[0, :6], theirs[0, :6])
            assert torch.equal(mine[0, 6, 2, :2], theirs[0, 6, 2, :2])
        assert not torch.equal(found[0][0, 6, 2, 2:], other[0][0, 6, 2, 2:])
        wide = torch.nn.functional.pad(symbols[0], (5,) * 6)
        places = [(channel, row, column) for channel in (0, 5, 11) for row in range(4) for column in range(4)]
        cubes = [wide[c : c + 11, i : i + 11, j : j + 11].flatten()[:665] for c, i, j in places]
        alone = made.context.at(torch.stack([features[0, c, i, j] for c, i, j in places]), torch.stack(cubes))
    for mine, theirs in zip(found, alone, strict=True):
        assert torch.equal(torch.stack([mine[0, c, i, j] for c, i, j in places]), theirs)


def test_steps_follow_the_knob(made: Any) -> None:
    symbols = torch.zeros(2, 4, 2, 2)
    with torch.no_grad():
        steps = made.step_map(symbols, torch.tensor([24.0, 32.0]))
    assert steps.shape == (2, 12, 8, 8)
    assert torch.allclose(steps[0], 2.0 * steps[1])
    assert float(steps.min()) > 0


def test_training_lowers_the_loss(folder: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run
    from jndkit.training.tasks import task

    run = Run(recipe(folder, "steps=25", "lr=3e-3"), tmp_path / "run")
    feeder = task(run.recipe)
    seen = [feeder.batch(torch.Generator().manual_seed(seed)) for seed in range(3)]
    assert all(8 <= float(knob) <= 32 for batch in seen for knob in batch[2])

    def loss() -> float:
        with torch.no_grad():
            return sum(float(feeder.loss(run.model, batch)) for batch in seen)

    before = loss()
    scores = run.train()
    assert loss() < 0.8 * before
    assert 0 < scores["side_20"] < scores["bits_20"]


def test_what_predicts_symbols_learns_alone_where_that_is_asked(folder: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run

    run = Run(recipe(folder, "steps=2", "data.alone=true"), tmp_path / "run")
    before = {name: each.detach().clone() for name, each in run.model.named_parameters()}
    run.train()
    moved = {name for name, each in run.model.named_parameters() if not torch.equal(each, before[name])}
    predicting = {"hyper", "prior", "unhyper", "context", "steps"}
    assert {name.partition(".")[0] for name in moved} == predicting
    assert not any(name.startswith(("steps.analysis", "steps.synthesis")) for name in moved)


def test_what_begins_as_a_dct_learns_slowly(folder: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run

    wide = ("model.width=48", "model.start=dct", "steps=1", "warmup=0", "lr=1e-3", "weight_decay=0")
    run = Run(recipe(folder, *wide), tmp_path / "run")
    assert sum(len(group["params"]) for group in run.optimiser.param_groups) == len(list(run.model.parameters()))
    before = {name: each.detach().clone() for name, each in run.model.named_parameters()}
    run.train()
    moved = {name: float((each.detach() - before[name]).abs().max()) for name, each in run.model.named_parameters()}
    furthest = {
        part: max(far for name, far in moved.items() if name.startswith(f"{part}."))
        for part in ("context", "unhyper", "encoder", "decoder")
    }
    # The first step of Adam is as long as the rate.
    assert furthest["context"] == pytest.approx(1e-3, rel=0.02)
    assert furthest["unhyper"] == pytest.approx(1e-3, rel=0.02)
    assert furthest["encoder"] == pytest.approx(4e-5, rel=0.02)
    assert furthest["decoder"] == pytest.approx(4e-5, rel=0.02)


def test_what_makes_no_sense(folder: Path) -> None:
    from jndkit.training.tasks import task

    for setting, says in (
        ("data.knob_low=40", "the wrong way round"),
        ("crop=96", "crop = 96: a multiple of 64"),
        ("data.side=100", "data.side = 100: a multiple of 64"),
        ("data.scored=0.5", "knows the squared error alone"),
    ):
        with pytest.raises(UsageError, match=says):
            task(recipe(folder, setting))


@pytest.mark.slow
def test_a_run_is_a_codec(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`jnd train jndlic-paper --name paper`, then a file, of about the bits that the network said."""
    from jndkit.cli import main
    from jndkit.codecs import codec
    from jndkit.picture import load
    from jndkit.training.jndlic.task import jnd_maps
    from jndkit.training.networks import load_weights, network
    from jndkit.training.sampling import to_tensor

    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path / "home"))
    sizes = {**SIZES, "latent": 16}  # of which there may be more than of other channels
    settings = [f"--set=model.{key}={value}" for key, value in sizes.items()]
    data = ["--set", f"data.train={folder}", "--set", f"data.valid={folder}", "--set", "steps=4", "--set", "crop=64"]
    asked = ["train", "jndlic-paper-narrow", *settings, *data, "--set", "data.side=128"]
    assert main([*asked, "--run", str(tmp_path / "run"), "--name", "paper"]) == 0
    picture = load(folder / "0.png")
    made = network("jndlic-paper", sizes)
    load_weights(made, tmp_path / "run" / "best.safetensors", "jndlic-paper")
    pixels = np.pad(picture.rgb, ((0, 192 - 144), (0, 192 - 160), (0, 0)), mode="edge")
    given = to_tensor(pixels[None])
    with torch.no_grad():
        coded = made.eval()(given, jnd_maps(given), torch.tensor([12.0]))
    wanted = float(coded.bits + coded.side_bits) / 8
    file = codec("jndlic:paper").encode(picture, 12)
    assert 0.9 * wanted < len(file) < 1.02 * wanted + 300
    found = codec("jndlic:paper").decode(file).rgb.astype(float)
    painted = coded.picture[0].clamp(0, 1).permute(1, 2, 0).numpy()[:144, :160] * 255
    assert np.abs(found - painted).mean() < 1.0
