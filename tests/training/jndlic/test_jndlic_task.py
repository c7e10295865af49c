"""Training lowers the loss, in which every judge counts by its share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jndkit.errors import UsageError
from jndkit.picture import Pixels
from jndkit.training.recipe import Recipe, load_recipe
from tests.training.jndlic.conftest import TINY

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

Build = Callable[..., Any]
Inputs = Callable[[Pixels, float], tuple[Any, ...]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, crop: Pixels) -> Path:
    home = tmp_path_factory.mktemp("jndlic")
    for index in range(2):
        Image.fromarray(crop[:, 16 * index :][:, :96]).save(home / f"{index}.png")
    return home


def recipe(home: Path, *settings: str) -> Recipe:
    return load_recipe("debug-jndlic", (f"data.train={home}", f"data.valid={home}", *settings))


def test_twenty_steps_lower_the_loss(home: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run
    from jndkit.training.tasks import task

    run = Run(recipe(home), tmp_path / "run")
    feeder = task(run.recipe)
    seen = [feeder.batch(torch.Generator().manual_seed(seed)) for seed in range(4)]
    assert all(float(knob) == round(float(knob)) for batch in seen for knob in batch[2])

    def loss() -> float:
        with torch.no_grad():
            return sum(float(feeder.loss(run.model, batch)) for batch in seen)

    before = loss()
    scores = run.train()
    assert loss() < before
    assert 0 < scores["side_28"] < scores["bits_28"]
    assert scores["db_16"] < scores["db_28"] < scores["db_40"]


def test_errors_where_the_jnd_is_high_cost_less(inputs: Inputs, home: Path, crop: Pixels) -> None:
    from jndkit.training.jndlic.task import JndLicTask

    feeder, (picture, _, _) = JndLicTask(recipe(home)), inputs(crop, 30.0)
    changed = picture + 0.02
    low, high = (feeder.error(changed, picture, torch.full_like(picture[:, :1], jnd)) for jnd in (3.0, 12.0))
    assert float(high) == pytest.approx(float(low) / 4.0, rel=1e-3)


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory, photo: Pixels) -> Path:
    folder = tmp_path_factory.mktemp("corner")
    Image.fromarray(photo[:160, :160]).save(folder / "0.png")
    return folder


@pytest.mark.parametrize("judge", ["observed", "scored", "chroma"])
def test_what_a_judge_sees_counts_by_its_share(build: Build, judge: str, corner: Path) -> None:
    from jndkit.training.tasks import task

    losses, model = {}, build()
    for share in (0.0, 0.5, 1.0):
        feeder = task(recipe(corner, "crop=128", f"data.{judge}={share}"))
        batch = feeder.batch(torch.Generator().manual_seed(0))
        losses[share] = float(feeder.loss(model, batch).detach())
    assert losses[0.5] == pytest.approx((losses[0.0] + losses[1.0]) / 2, rel=1e-4)
    assert 0.2 < losses[1.0] / losses[0.0] < 3.0


def test_judges_share_the_loss_and_the_score(build: Build, corner: Path) -> None:
    from jndkit.training.tasks import task

    shares = {"observed": 0.3, "scored": 0.4, "chroma": 0.2}
    feeder = task(recipe(corner, "crop=128", *(f"data.{name}={share}" for name, share in shares.items())))
    model = build()
    feeder.loss(model, feeder.batch(torch.Generator().manual_seed(0))).backward()
    slopes = [each.grad for each in model.parameters() if each.grad is not None]
    assert all(bool(torch.isfinite(each).all()) for each in slopes)
    with torch.no_grad():
        scores = feeder.validate(model.eval())
    weighted = np.mean([scores[f"weighted_{knob}"] for knob in (16, 28, 40)])
    wanted = 0.1 * weighted + sum(share * scores[f"saving_{name}"] for name, share in shares.items())
    assert scores["saving"] == pytest.approx(wanted, abs=1e-9)


def test_shares_that_make_no_sense(corner: Path) -> None:
    from jndkit.training.tasks import task

    with pytest.raises(UsageError, match="the observer needs 128 pixels"):
        task(recipe(corner, "crop=64", "data.observed=1.0"))
    for settings in (("data.observed=0.7", "data.scored=0.4"), ("data.chroma=-0.1",)):
        with pytest.raises(UsageError, match="shares are wanted, 1 at most together"):
            task(recipe(corner, "crop=128", *settings))


@pytest.mark.parametrize(("version", "before", "parts"), [(2, 1, 2), (4, 2, 5)])
def test_new_contexts_learn_from_symbols_of_the_version_before(
    version: int, before: int, parts: int, home: Path, build: Build, tmp_path: Path
) -> None:
    """What was is counted as the teacher spends it, and fifteen steps spend less on the same symbols."""
    from safetensors.torch import save_file

    from jndkit.training.loop import Run
    from jndkit.training.tasks import task

    teacher = build(version=before)
    save_file(teacher.state_dict(), tmp_path / "teacher.safetensors")
    sizes = ("width", "blocks", "decoder_width", "decoder_blocks", "refinement", "hyper", "features")
    settings = [f"model.{name}={TINY[name]}" for name in sizes]
    run = Run(
        recipe(
            home,
            *settings,
            f"model.version={version}",
            "model.context=16",
            "model.signed=24",
            'task="jndlic-contexts"',
            f"init_from={tmp_path / 'teacher.safetensors'}",
            f"data.cache={tmp_path / 'symbols'}",
            "data.crops=4",
            "data.valid_pictures=1",
            "steps=15",
            "lr=2e-3",
        ),
        tmp_path / "run",
    )
    feeder = task(run.recipe)
    with torch.no_grad():
        first = feeder.validate(run.model)
    told = [name for name in first if name.endswith("_before_28")]
    assert len(told) == parts
    assert sum(first[name] for name in told) < first["bits_28"]
    assert run.train()["saving"] > first["saving"]
    assert len(list((tmp_path / "symbols").iterdir())) == 1
