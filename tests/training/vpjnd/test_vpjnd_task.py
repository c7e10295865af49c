"""VP-JNDnet learns, pools as the observer that teaches it, and begins near it; the published form answers yes or no."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from jndkit.datasets import vpjnd as dataset
from jndkit.errors import InputError, UsageError
from jndkit.observers.vpjnd import jnd_of
from jndkit.training.recipe import Recipe, load_recipe

pytestmark = pytest.mark.train

torch = pytest.importorskip("torch")

EXAMPLE = Path(__file__).parents[3] / "examples" / "lake.png"


def recipe(vpjnd_set: Path, *settings: str) -> Recipe:
    return load_recipe("debug-vpjnd", (f"data.train={vpjnd_set}", f"data.valid={vpjnd_set}", *settings))


def test_a_few_steps_lower_the_loss(vpjnd_set: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run
    from jndkit.training.tasks import task

    run = Run(recipe(vpjnd_set, "steps=5", "validate_every=5"), tmp_path / "run")
    feeder = task(run.recipe)
    seen = [feeder.batch(torch.Generator().manual_seed(seed)) for seed in range(3)]

    def loss() -> float:
        with torch.no_grad():
            return sum(float(feeder.loss(run.model, batch)) for batch in seen)

    before = loss()
    scores = run.train()
    assert loss() < before
    assert feeder.score_name in scores
    assert Run(run.recipe, tmp_path / "run").step == 5  # it resumes


def test_batches_are_the_generators_alone(vpjnd_set: Path) -> None:
    from jndkit.training.tasks import task

    first, second = (task(recipe(vpjnd_set)).batch(torch.Generator().manual_seed(4)) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a, b)
        assert a.dtype == torch.float32
    reference, coded, jnd, viewing, energy = first
    assert reference.shape == coded.shape == (4, 3, 128, 128)
    assert (jnd.shape, viewing.shape, energy.shape) == ((4, 1, 128, 128), (4, 2), (4, 12, 4, 4))
    # Patches of one place: coding changes a picture less than another place would.
    assert (reference - coded).abs().mean() < 0.3 * (reference - reference.roll(1, 0)).abs().mean()
    assert (energy >= 0).all()


def test_energies_in_groups_pool_as_all_bands_do() -> None:
    from jndkit.training.vpjnd.task import grouped
    from jndkit.training.vpjnd.visible_energy import ln_jnd

    roots = np.random.default_rng(3).gamma(2.0, 1.5, (5, 8, 3)).astype(np.float16)
    energy = np.moveaxis(roots.astype(np.float64) ** 2, 0, -1)
    wanted = dataset.blocks_jnd(energy)
    found = grouped(roots[..., None])[..., 0]
    assert jnd_of(found.T.astype(np.float64)) == pytest.approx(wanted, rel=1e-3)
    # The loss leaves out the small constants of the published powers.
    assert torch.exp(ln_jnd(torch.log(torch.tensor(found)))).numpy() == pytest.approx(wanted, rel=0.03)


def test_it_begins_near_the_observer_and_sees_nothing_where_nothing_is(vpjnd_set: Path) -> None:
    from jndkit.training.networks import network
    from jndkit.training.vpjnd.task import VpjndTask
    from jndkit.training.vpjnd.visible_energy import ln_jnd

    torch.manual_seed(0)
    feeder = VpjndTask(recipe(vpjnd_set, "batch=6"))
    reference, coded, jnd, viewing, energy = feeder.batch(torch.Generator().manual_seed(1))
    model = network("vpjnd", {"widths": [13, 13, 13, 16], "jnd_widths": [2, 2, 2, 4]}).eval()
    with torch.no_grad():
        found = ln_jnd(2.0 * model(reference, coded, jnd, viewing)[0])
        equal = ln_jnd(2.0 * model(reference, reference, jnd, viewing)[0])
    wanted = ln_jnd(torch.log(energy.mean((2, 3))))
    assert float((found - wanted).abs().mean()) < 0.3  # beside a spread of
    assert float(wanted.std()) > 0.6
    assert float(torch.exp(equal).max()) < 0.01


def test_scores_are_those_of_the_readings() -> None:
    from jndkit.training.vpjnd.task import VersionReading, scores

    def reading(codec: str, viewing: str, wanted: float, found: float) -> VersionReading:
        return VersionReading("a", codec, viewing, wanted, found, wanted + 0.4, math.log(0.1))

    told = scores(
        [
            reading("jpeg:420", "desktop", 0.5, 0.6),
            reading("webp:m4", "desktop", 0.5, 0.2),
            reading("jpeg:420", "4k", 0.1, 0.1),
        ]
    )
    assert next(iter(told)) == "gain_over_constant_percent"
    assert told["ln_error_jpeg"] == pytest.approx(0.1)
    assert told["ln_error_webp"] == pytest.approx(0.3)
    assert told["ln_error"] == pytest.approx(0.2)
    assert told["ln_error_constant"] == pytest.approx(0.4)
    assert told["gain_over_constant_percent"] == pytest.approx(50)
    assert told["ln_error_others"] == 0
    assert told["inside_interval"] == pytest.approx(2 / 3)


@pytest.mark.slow
def test_it_ships_as_it_was_trained(tmp_path: Path) -> None:
    from jndkit.training.export import publish
    from jndkit.training.networks import network

    torch.manual_seed(0)
    model = network("vpjnd", {"widths": [13, 13, 13, 16], "jnd_widths": [2, 2, 2, 4]})
    about = {"architecture": "vpjnd", "licence": "none", "summary": "made"}
    card = publish(model, tmp_path, "made", about)
    assert max(card.parity.values()) < 2e-4


def paper_recipe(vpjnd_set: Path, *settings: str) -> Recipe:
    folders = (f"data.train={vpjnd_set}", f"data.valid={vpjnd_set}")
    return load_recipe("vpjnd-paper", (*folders, "batch=4", "data.patches=2", "model.base=12", *settings))


def test_the_published_form_learns_to_say_yes_or_no(vpjnd_set: Path) -> None:
    from jndkit.training.networks import network
    from jndkit.training.tasks import task

    asked = paper_recipe(vpjnd_set)
    feeder = task(asked)
    torch.manual_seed(0)
    model = network("vpjnd-paper", asked.model)
    generator = torch.Generator().manual_seed(2)
    batches = [feeder.batch(generator) for _ in range(5)]
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    losses = []
    for batch in batches * 2:
        loss = feeder.loss(model, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[5:]) < np.mean(losses[:5])
    with torch.no_grad():
        scores = feeder.validate(model.eval())
    assert scores["commoner_percent"] >= 50
    assert 0 <= scores["accuracy_percent"] <= 100


def test_the_published_form_begins_near_the_observer_and_sees_nothing_where_nothing_is(vpjnd_set: Path) -> None:
    from jndkit.training.networks import network
    from jndkit.training.tasks import task
    from jndkit.training.vpjnd.paper import SOFTNESS

    asked = paper_recipe(vpjnd_set, "batch=8")
    torch.manual_seed(0)
    model = network("vpjnd-paper", asked.model).eval()
    reference, coded, jnd, wanted, together = task(asked).batch(torch.Generator().manual_seed(1))
    assert (wanted.shape, together.shape) == ((16,), (8,))
    with torch.no_grad():
        quality, weight = model(reference, coded, jnd)
        equal, _ = model(reference, reference, jnd)
    assert quality.shape == weight.shape == (16, 1)
    assert (weight > 0).all()
    error = SOFTNESS * quality[:, 0] - wanted
    assert float((error - error.mean()).abs().mean()) < 0.3  # beside a spread of
    assert float(wanted.std()) > 0.6
    assert float(equal.max()) < -6


def test_as_many_versions_are_seen_as_not_and_the_nearer_to_the_threshold_are_drawn_more(vpjnd_set: Path) -> None:
    from jndkit.training.vpjnd.paper_task import VpjndPaperTask

    feeder = VpjndPaperTask(paper_recipe(vpjnd_set))
    generator = torch.Generator().manual_seed(0)
    drawn = []
    for _ in range(400):
        scene, index = feeder.choose(generator)
        drawn.append(math.log(scene.versions[index].jnd[0] / feeder.target))
    every = [math.log(version.jnd[0] / feeder.target) for scene in feeder.train for version in scene.versions]
    assert np.mean([each > 0 for each in drawn]) == pytest.approx(0.5, abs=0.1)
    assert np.mean([each > 0 for each in every]) != pytest.approx(0.5, abs=0.1)
    assert np.mean(np.abs(drawn)) < 0.9 * np.mean(np.abs(every))


def test_the_map_that_is_shown_can_be_chosen(vpjnd_set: Path) -> None:
    from jndkit.training.tasks import task

    seed = torch.Generator().manual_seed
    maps = {name: task(paper_recipe(vpjnd_set, f"data.map={name}")).batch(seed(3))[2] for name in ("chou1995", "flat")}
    assert float(maps["flat"].std()) == 0
    assert float(maps["chou1995"].std()) > 0
    with pytest.raises(UsageError, match=r"data\.map.*chou1995, resjnd-s"):
        task(paper_recipe(vpjnd_set, "data.map=chuo"))


def test_answers_are_counted_by_their_sign() -> None:
    from jndkit.training.vpjnd.paper import SOFTNESS
    from jndkit.training.vpjnd.paper_task import told_rightly

    told = told_rightly(np.array([1.0, -0.5, 0.5, -2.0]), np.array([0.9, 0.2, 0.3, -1.5]))
    assert next(iter(told)) == "gain_over_constant_percent"
    assert told["accuracy_percent"] == 75
    assert told["commoner_percent"] == 75
    assert told["near_accuracy_percent"] == 50
    assert told["near_commoner_percent"] == 100
    wanted = np.array([0.9, 0.2, -0.3, -1.5])
    right = told_rightly(wanted / SOFTNESS, wanted)
    assert right["gain_over_constant_percent"] == pytest.approx(100)
    assert (right["slope"], right["spread"]) == pytest.approx((SOFTNESS, 0.0), abs=1e-9)


def test_the_published_form_is_as_wide_as_published() -> None:
    from jndkit.training.networks import network

    with torch.device("meta"):
        model = network("vpjnd-paper", {})
    for branch in (model.picture, model.jnd):
        assert [stage.out_channels for stage in branch.stages] == [32, 64, 128, 256]
    # Both pictures' pooled features, and of all channels the mean and the largest difference.
    assert (model.quality[0].in_features, model.quality[0].out_features) == (2 * 512 + 2 * 480, 512)
    assert (model.weight[0].in_features, model.weight[0].out_features) == (3 * 512, 512)
    with pytest.raises(UsageError, match="at least 12 channels"):
        network("vpjnd-paper", {"base": 8})


def test_what_is_wrong_with_the_data_is_said(vpjnd_set: Path, tmp_path: Path) -> None:
    from jndkit.training.tasks import task

    with pytest.raises(UsageError, match=r"data\.tarin"):
        task(recipe(vpjnd_set, "data.tarin=1"))
    with pytest.raises(UsageError, match="patches of 128"):
        task(recipe(vpjnd_set, "crop=64"))
    with pytest.raises(InputError, match="jnd datasets build vpjnd"):
        task(recipe(tmp_path))
