"""What every task must hold: a batch is the generator's alone, a validation leaves the model as it was, data are named.

One recipe a task, small enough for seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jndkit.errors import InputError, UsageError
from jndkit.training.recipe import Recipe, load_recipe
from jndkit.training.systems import systems

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

# Recipe, fixture of its data, settings.
RECIPES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "cpl": ("debug-resjnd-s", "cpl_pairs", ("batch=2",)),
    "degradation": ("debug-hvssd-degradation", "photos", ("batch=2",)),
    "hvssd": ("debug-hvssd", "photos", ("data.valid_pictures=1",)),
    "jndlic": ("debug-jndlic", "photos", ("crop=128", "data.observed=0.25", "data.scored=0.25", "data.chroma=0.25")),
    "jndlic-contexts": (
        "debug-jndlic",
        "photos",
        ('task="jndlic-contexts"', "model.version=4", "data.crops=4", "data.valid_pictures=1"),
    ),
    "jndlic-paper": (
        "jndlic-paper-narrow",
        "photos",
        (
            *("batch=2", "crop=64", "data.side=64", "data.valid_pictures=1"),
            *("model.width=8", "model.latent=8", "model.step_latent=4", "model.start=drawn"),
        ),
    ),
    "knob": ("knob", "labels", ("batch=4",)),
    "structure": ("debug-shen2020", "vvc_pairs", ("batch=2",)),
    "vpjnd": ("debug-vpjnd", "vpjnd_set", ()),
    "vpjnd-paper": ("vpjnd-paper", "vpjnd_set", ("batch=2", "data.patches=2", "model.base=12")),
}


@pytest.fixture(params=RECIPES)
def recipe(request: pytest.FixtureRequest, degradation_weights: Path, tmp_path: Path) -> Recipe:
    name, fixture, settings = RECIPES[request.param]
    folder = request.getfixturevalue(fixture)
    data = [f"data.train={folder}", f"data.valid={folder}"]
    if request.param == "hvssd":
        data.append(f"data.degradation={degradation_weights}")
    if request.param == "jndlic-contexts":
        data.append(f"data.cache={tmp_path / 'symbols'}")
    if request.param == "knob":
        data += [f"data.pictures={folder.parent}", f"data.cache={folder.parent / 'features'}"]
    return load_recipe(name, (*data, *settings))


def parts(recipe: Recipe) -> tuple[Any, Any]:
    """The task of a recipe, and a fresh network."""
    from jndkit.training.networks import network
    from jndkit.training.tasks import task

    torch.manual_seed(0)
    return task(recipe), network(recipe.name, recipe.model)


def test_none_is_left_out() -> None:
    assert set(RECIPES) == {name for system in systems().values() for name in system.tasks}


def test_a_validation_leaves_the_model_as_it_was(recipe: Recipe) -> None:
    task, model = parts(recipe)
    model.eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        first, second = task.validate(model), task.validate(model)
    assert first == second
    assert task.score_name in first
    assert all(isinstance(score, float) for score in first.values())
    assert not model.training
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_a_batch_is_the_generators_alone_and_its_loss_has_slopes(recipe: Recipe) -> None:
    task, model = parts(recipe)
    first, again = (task.batch(torch.Generator().manual_seed(3)) for _ in range(2))
    assert len(first) == len(again)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    loss = task.loss(model, first)
    assert loss.ndim == 0
    loss.backward()
    slopes = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert any(bool(slope.any()) for slope in slopes)
    assert all(bool(torch.isfinite(slope).all()) for slope in slopes)


def test_the_recipe_alone_says_what_is_missing(recipe: Recipe) -> None:
    from jndkit.training.tasks import task

    name, _, settings = RECIPES[recipe.task]
    needed = r"--set data\.train=FOLDER --set data\.valid=FOLDER \("
    with pytest.raises(UsageError, match=needed):
        task(load_recipe(name, settings))
    with pytest.raises(UsageError, match=r"to score on: --set data\.valid=FOLDER \("):
        task(load_recipe(name, (*settings, "data.train=somewhere")))
    with pytest.raises(UsageError, match=r"data\.valid = 3: name a folder"):
        task(load_recipe(name, (*settings, "data.train=somewhere", "data.valid=3")))
    with pytest.raises(UsageError, match=r"data\.tarin: unknown"):
        task(load_recipe(name, (*settings, "data.tarin=somewhere")))


def test_a_folder_that_is_not_there_is_named(recipe: Recipe, tmp_path: Path) -> None:
    from jndkit.training.tasks import task

    name, _, settings = RECIPES[recipe.task]
    with pytest.raises(InputError, match="nowhere"):
        task(load_recipe(name, (*settings, f"data.train={tmp_path / 'nowhere'}", f"data.valid={tmp_path}")))


@pytest.mark.parametrize(
    ("folder", "version"), [("jndlic-two-judges", 1), ("jndlic-version-2", 2), ("jndlic-version-4", 4)]
)
def test_trainings_that_can_go_on_load_and_train_a_step(
    folder: str, version: int, photos: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    from jndkit.training.loop import Run

    weights = Path(__file__).parents[2] / "checkpoints" / folder / "best.safetensors"
    settings = ("steps=1", "crop=128", "batch=1", "data.valid_pictures=1", "lr=1e-6", "ema=0.0", f"init_from={weights}")
    data = (f"data.train={photos}", f"data.valid={photos}")
    recipe = load_recipe("jndlic-two-judges", (*data, *settings, f"model.version={version}"))
    run = Run(recipe, tmp_path / "run")
    committed, state = load_file(weights), run.model.state_dict()
    assert set(committed) == set(state)
    assert all(torch.equal(state[name], tensor) for name, tensor in committed.items())
    scores = run.train()
    assert scores["saving"] > 0.0
    assert any(not torch.equal(run.model.state_dict()[name], tensor) for name, tensor in committed.items())
