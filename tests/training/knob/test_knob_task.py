"""The network `knob` starts at the typical curve, learns from a table of labels, and knows how sure it is."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from jndkit.errors import InputError, UsageError
from jndkit.picturewise.knob import FEATURES, KNOTS
from jndkit.training.recipe import Recipe, load_recipe

pytestmark = pytest.mark.train

torch = pytest.importorskip("torch")


def recipe(labels: Path, *settings: str) -> Recipe:
    folder = labels.parent
    here = (f"data.pictures={folder}", f"data.cache={folder / 'features'}", "data.noise=0.0", "model.dropout=0.0")
    return load_recipe("knob", (f"data.train={labels}", f"data.valid={labels}", *here, "batch=16", *settings))


def test_a_fresh_network_tells_the_typical_curve() -> None:
    from jndkit.training.knob.network import KnobNet

    told = KnobNet().eval()(torch.zeros(2, FEATURES)).detach()
    assert told.shape == (2, len(KNOTS), 8, 2)
    assert float(told[..., 0].abs().max()) < 0.05
    assert told[..., 1].numpy() == pytest.approx(math.log(0.15), abs=0.05)


def test_it_learns_how_far_each_picture_lies_from_the_typical_curve(labels: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run

    short = recipe(labels, "steps=150", "validate_every=150", "ema=0.0", "lr=5e-3", "warmup=5")
    scores = Run(short, tmp_path / "run").train()
    assert scores["typical"] == pytest.approx((0.4 + 0.3 + 0.1) / 3, rel=0.3)  # how far the three curves are moved
    assert scores["gain_over_typical_percent"] > 50.0


def test_calibrated_intervals_hold_nine_in_ten(labels: Path) -> None:
    from jndkit.training.knob.network import KnobNet
    from jndkit.training.knob.task import KnobTask

    torch.manual_seed(0)
    model = KnobNet().eval()
    task = KnobTask(recipe(labels))
    with torch.no_grad():
        model.head.weight.normal_(std=0.05)
        before = task.validate(model)
        state = task.calibrated(model)
        assert float(model.calibration) == 0.0
        assert not 0.8 <= before["covered_before"] <= 1.0
        model.load_state_dict(state)
        after = task.validate(model)
        again = task.calibrated(model)
    assert 0.8 <= after["covered_before"] <= 1.0
    assert after["error"] == before["error"]
    assert float(again["calibration"]) == pytest.approx(float(state["calibration"]), abs=1e-3)


def test_the_best_weights_of_a_run_are_calibrated(labels: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    from jndkit.training.loop import Run

    run = Run(recipe(labels, "steps=2", "validate_every=2", "ema=0.0"), tmp_path / "run")
    run.train()
    best, last = (load_file(tmp_path / "run" / f"{name}.safetensors") for name in ("best", "last"))
    assert float(best["calibration"]) != 0.0
    assert float(last["model.calibration"]) == float(run.model.calibration) == 0.0
    for name, parameter in run.model.named_parameters():
        assert torch.equal(best[name], parameter.detach())


def test_a_knob_between_two_of_the_network_is_interpolated(labels: Path) -> None:
    from jndkit.training.knob.task import KnobTask

    task = KnobTask(recipe(labels))
    _, codec, weights, _ = task.batch(torch.Generator().manual_seed(0))
    assert set(codec.tolist()) == {0}
    assert weights.sum(dim=1).numpy() == pytest.approx(1.0)
    assert float(weights.min()) >= 0.0


def test_batches_depend_on_the_generator_alone(labels: Path) -> None:
    from jndkit.training.knob.task import KnobTask

    task = KnobTask(recipe(labels))
    first, second = (task.batch(torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_features_are_made_once(labels: Path) -> None:
    from jndkit.training.knob.task import KnobTask

    KnobTask(recipe(labels))
    made = {path: path.stat().st_mtime_ns for path in (labels.parent / "features").iterdir()}
    assert len(made) == 3
    KnobTask(recipe(labels))
    assert {path: path.stat().st_mtime_ns for path in (labels.parent / "features").iterdir()} == made


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file,codec,value\n", "none of its readings"),
        ("file,codec,value,jnd_desktop\na.png,jpeg:420,fifty,1.0\n", "not a table of labels"),
        ("file,value,jnd_desktop\na.png,50,1.0\n", "not a table of labels"),
        ("file,codec,value,jnd_desktop\nmissing.png,jpeg:420,80,0.7\n", "cannot be read"),
    ],
)
def test_a_table_that_is_none_is_named(labels: Path, tmp_path: Path, text: str, reason: str) -> None:
    from jndkit.training.knob.task import KnobTask

    bad = tmp_path / "bad.csv"
    bad.write_text(text)
    with pytest.raises(InputError, match=reason):
        KnobTask(recipe(labels, f"data.train={bad}"))


def test_unknown_data_keys_are_refused(labels: Path) -> None:
    from jndkit.training.knob.task import KnobTask

    with pytest.raises(UsageError, match=r"data\.trains"):
        KnobTask(recipe(labels, "data.trains=x"))
