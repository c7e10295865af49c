"""The network `knob` starts at the typical curve, learns from a table of labels, and knows how sure it is."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jndkit.codecs import codec as named_codec
from jndkit.errors import InputError, UsageError
from jndkit.picturewise.curves import typical_curve
from jndkit.picturewise.knob import FEATURES, KNOTS
from jndkit.training.recipe import Recipe, load_recipe
from jndkit.viewing import DISPLAYS

pytestmark = pytest.mark.train

torch = pytest.importorskip("torch")

EXAMPLE = Path(__file__).parents[3] / "examples" / "lake.png"
SHIFTS = {"a.png": 0.4, "b.png": -0.3, "c.png": 0.1}
QUALITIES = (55, 68, 78, 86, 92)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures, and a table that says how far the curve of each lies from the typical one."""
    home = tmp_path_factory.mktemp("labels")
    photo = np.asarray(Image.open(EXAMPLE).convert("RGB"))
    codec = named_codec("jpeg:420")
    typical = dict(zip(codec.knob.grid, typical_curve(codec, DISPLAYS["desktop"]), strict=True))
    with (home / "labels.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "codec", "value", "jnd_desktop"])
        for index, (name, shift) in enumerate(SHIFTS.items()):
            Image.fromarray(np.ascontiguousarray(photo[: 128 + 32 * index, 100 * index : 100 * index + 160])).save(
                home / name
            )
            for quality in QUALITIES:
                table.writerow([name, "jpeg:420", quality, math.exp(typical[float(quality)] + shift)])
    return home


def recipe(folder: Path, *settings: str) -> Recipe:
    labels = folder / "labels.csv"
    here = (f"data.pictures={folder}", f"data.cache={folder / 'features'}", "data.noise=0.0", "model.dropout=0.0")
    return load_recipe("knob", (f"data.train={labels}", f"data.valid={labels}", *here, "batch=16", *settings))


def test_a_fresh_network_tells_the_typical_curve() -> None:
    from jndkit.training.knob.network import KnobNet

    told = KnobNet().eval()(torch.zeros(2, FEATURES)).detach()
    assert told.shape == (2, len(KNOTS), 8, 2)
    assert float(told[..., 0].abs().max()) < 0.05
    assert told[..., 1].numpy() == pytest.approx(math.log(0.15), abs=0.05)


def test_it_learns_how_far_each_picture_lies_from_the_typical_curve(folder: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run

    short = recipe(folder, "steps=150", "validate_every=150", "ema=0.0", "lr=5e-3", "warmup=5")
    scores = Run(short, tmp_path / "run").train()
    assert scores["typical"] == pytest.approx(np.mean([abs(shift) for shift in SHIFTS.values()]), rel=0.3)
    assert scores["gain_over_typical_percent"] > 50.0


def test_after_validation_its_intervals_hold_nine_in_ten(folder: Path) -> None:
    from jndkit.training.knob.network import KnobNet
    from jndkit.training.knob.task import KnobTask

    torch.manual_seed(0)
    model = KnobNet().eval()
    with torch.no_grad():
        model.head.weight.normal_(std=0.05)
        task = KnobTask(recipe(folder))
        task.validate(model)
        again = task.validate(model)
    assert 0.8 <= again["covered_before"] <= 1.0
    assert abs(float(model.calibration)) > 0.0


def test_a_knob_between_two_of_the_network_is_interpolated(folder: Path) -> None:
    from jndkit.training.knob.task import KnobTask

    task = KnobTask(recipe(folder))
    _, codec, weights, _ = task.batch(torch.Generator().manual_seed(0))
    assert set(codec.tolist()) == {0}
    assert weights.sum(dim=1).numpy() == pytest.approx(1.0)
    assert float(weights.min()) >= 0.0


def test_batches_depend_on_the_generator_alone(folder: Path) -> None:
    from jndkit.training.knob.task import KnobTask

    task = KnobTask(recipe(folder))
    first, second = (task.batch(torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_features_are_made_once(folder: Path) -> None:
    from jndkit.training.knob.task import KnobTask

    KnobTask(recipe(folder))
    made = {path: path.stat().st_mtime_ns for path in (folder / "features").iterdir()}
    assert len(made) == len(SHIFTS)
    KnobTask(recipe(folder))
    assert {path: path.stat().st_mtime_ns for path in (folder / "features").iterdir()} == made


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file,codec,value\n", "no reading"),
        ("file,codec,value,jnd_desktop\na.png,jpeg:420,fifty,1.0\n", "no table of labels"),
        ("file,value,jnd_desktop\na.png,50,1.0\n", "no table of labels"),
        ("file,codec,value,jnd_desktop\nmissing.png,jpeg:420,80,0.7\n", "cannot be read"),
    ],
)
def test_a_table_that_is_none_is_named(folder: Path, tmp_path: Path, text: str, reason: str) -> None:
    from jndkit.training.knob.task import KnobTask

    bad = tmp_path / "bad.csv"
    bad.write_text(text)
    with pytest.raises(InputError, match=reason):
        KnobTask(recipe(folder, f"data.train={bad}"))


def test_unknown_data_keys_are_refused(folder: Path) -> None:
    from jndkit.training.knob.task import KnobTask

    with pytest.raises(UsageError, match=r"data\.trains"):
        KnobTask(recipe(folder, "data.trains=x"))
