"""The loop learns, resumes to the same weights as a straight run, and says what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jndkit.cli import main
from jndkit.datasets.klt import Klt
from jndkit.errors import UsageError
from jndkit.training.recipe import Recipe, load_recipe
from jndkit.weights import read_card

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pairs of a picture and itself kept to few components."""
    home = tmp_path_factory.mktemp("cpl")
    photo = np.asarray(Image.open(Path(__file__).parents[2] / "examples" / "lake.png"))
    for side in ("pristine", "critical"):
        (home / side).mkdir()
    for index, left in enumerate((100, 240, 380, 520)):
        crop = np.ascontiguousarray(photo[60:188, left : left + 128])
        Image.fromarray(crop).save(home / "pristine" / f"{index}.png")
        Image.fromarray(Klt(crop).keep(16)).save(home / "critical" / f"{index}.png")
    return home


def recipe(folder: Path, *settings: str) -> Recipe:
    return load_recipe("debug-resjnd-s", (f"data.train={folder}", f"data.valid={folder}", *settings))


def events(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def test_twenty_steps_lower_the_loss(folder: Path, tmp_path: Path) -> None:
    import torch

    from jndkit.training.loop import Run
    from jndkit.training.tasks import task

    run = Run(recipe(folder), tmp_path / "run")
    feeder = task(run.recipe)
    seen = [feeder.batch(torch.Generator().manual_seed(seed)) for seed in range(4)]

    def loss() -> float:
        with torch.no_grad():
            return sum(float(feeder.loss(run.model, batch)) for batch in seen)

    before = loss()
    scores = run.train()
    assert loss() < before
    assert scores["psnr_identity"] > 20
    assert [event["step"] for event in events(tmp_path / "run") if event["event"] == "validate"] == [10, 20]
    assert (tmp_path / "run" / "best.safetensors").stat().st_size > 10_000


@pytest.mark.parametrize("extra", [(), ("optimiser=sgd", "schedule=step", "step_every=5", "ema=0.9", "clip=0.4")])
def test_a_resumed_run_equals_a_straight_one(folder: Path, tmp_path: Path, extra: tuple[str, ...]) -> None:
    import torch

    from jndkit.training.loop import Run

    chosen = recipe(folder, "amp=false", *extra)
    straight = Run(chosen, tmp_path / "straight")
    straight.train()
    # The schedule must not change with the point of interruption: the run is cut off, not the recipe.
    cut = Run(chosen, tmp_path / "cut")
    from jndkit.training.tasks import task

    feeder = task(chosen)
    (tmp_path / "cut").mkdir()
    for _ in range(10):
        cut._one_step(cut.model, feeder)
        cut.step += 1
    cut._save()
    resumed = Run(chosen, tmp_path / "cut")
    assert resumed.step == 10
    resumed.train()
    for name, weight in straight.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name


def test_the_published_network_has_the_published_size() -> None:
    from jndkit.training.networks import network

    model = network("resjnd", {})
    assert sum(each.numel() for each in model.parameters()) == 301_824
    small = network("resjnd-s", {})
    weights = sum(each.numel() for each in small.parameters() if each.ndim == 4)
    assert weights / 16 <= 70_000  # multiply-adds a pixel: every weight is used once for 16 pixels


def test_compat_adds_the_rectified_features() -> None:
    """A literal reference: the published code's ReLU works in place, on what is added later."""
    import torch
    from torch.nn import functional as F

    from jndkit.training.networks import network

    torch.manual_seed(3)
    model = network("resjnd", {"channels": 8, "recursions": 3, "compat": True})
    picture = torch.rand(1, 3, 12, 16)
    weights = model.state_dict()

    def conv(x: torch.Tensor, name: str) -> torch.Tensor:
        return F.conv2d(x, weights[f"{name}.weight"], padding=1)

    with torch.no_grad():
        inputs = conv(F.relu_(picture.clone()), "input")
        out = inputs
        for _ in range(3):
            out = conv(F.relu_(conv(F.relu_(out), "conv1")), "conv2") + inputs
        wanted = conv(F.relu_(out), "output")
        assert torch.allclose(model(picture), wanted, atol=1e-6)
        plain = network("resjnd", {"channels": 8, "recursions": 3})
        plain.load_state_dict(weights)
        assert not torch.allclose(plain(picture), wanted, atol=1e-4)


def test_from_the_command_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--set", f"data.train={folder}", "--set", f"data.valid={folder}", "--run", str(tmp_path / "run")]
    assert main(["train", "debug-resjnd-s", *data, "--set", "steps=4"]) == 0
    assert "psnr_gain" in capsys.readouterr().out
    assert main(["train", "debug-resjnd-s", *data, "--set", "model.width=8"]) == 2
    assert "another network" in capsys.readouterr().err
    assert main(["train", "debug-resjnd-s", *data, "--set", "lrr=1"]) == 2
    assert main(["train", "debug-resjnd-s", "--set", "data.train=nowhere", "--run", str(tmp_path / "none")]) == 1


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    from jndkit.training.loop import _alone

    with _alone(tmp_path), pytest.raises(UsageError, match="another process"), _alone(tmp_path):
        pass
    with _alone(tmp_path):  # free again
        pass


@pytest.mark.slow
def test_two_processes_train_one_network(folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "--", "jndkit", "train", "debug-resjnd-s", "--run", str(run), "--device", "cpu"]
    command += ["--set", f"data.train={folder}", "--set", f"data.valid={folder}"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    assert [event["event"] for event in events(run)] == ["start", "validate", "validate"]  # one of the two writes
    assert (run / "resjnd-s.onnx").stat().st_size > 10_000
    assert read_card(run / "resjnd-s.toml").trained["steps"] in (10, 20)
