"""The loop learns, resumes to the same weights as a straight run, and says what is wrong."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jndkit.cli import main
from jndkit.errors import DamagedError, InputError, UsageError
from jndkit.training.recipe import Recipe, load_recipe
from jndkit.weights import read_card

pytestmark = pytest.mark.train


def recipe(cpl_pairs: Path, *settings: str) -> Recipe:
    return load_recipe("debug-resjnd-s", (f"data.train={cpl_pairs}", f"data.valid={cpl_pairs}", *settings))


def events(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def test_twenty_steps_lower_the_loss(cpl_pairs: Path, tmp_path: Path) -> None:
    import torch

    from jndkit.training.loop import Run
    from jndkit.training.tasks import task

    run = Run(recipe(cpl_pairs), tmp_path / "run")
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


@pytest.mark.parametrize(
    ("told", "asked", "used"),
    [
        ({"architecture": "x86_64", "avx512_bf16": True, "amx_bf16": False}, "true", True),
        ({"architecture": "x86_64", "avx512_bf16": False, "amx_bf16": True}, "true", True),
        ({"architecture": "x86_64", "avx512_bf16": False, "amx_bf16": False}, "true", False),
        ({"architecture": "x86_64", "avx512_bf16": True, "amx_bf16": True}, "false", False),
        ({"architecture": "aarch64"}, "true", True),
        ({}, "true", True),
    ],
)
def test_bfloat16_is_left_out_where_a_processor_has_no_units_for_it(
    told: dict[str, Any], asked: str, used: bool, cpl_pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from jndkit.training.loop import Run

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    run = Run(recipe(cpl_pairs, f"amp={asked}", "steps=1"), tmp_path / "run")
    with run._autocast():
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if used else torch.float32)
    run.train()
    assert events(tmp_path / "run")[0]["amp"] is used


def test_numbers_that_slow_a_processor_down_are_zero_while_training_alone(
    cpl_pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from jndkit.training.loop import Run

    if not torch.set_flush_denormal(False):
        pytest.skip("this processor cannot be told")
    products: list[float] = []
    step = Run._one_step

    def watched(run: Run, *given: Any) -> float:
        products.append(float(torch.tensor(1e-30) * 1e-12))
        return step(run, *given)

    monkeypatch.setattr(Run, "_one_step", watched)
    Run(recipe(cpl_pairs, "steps=2"), tmp_path / "run").train()
    assert products == [0.0, 0.0]
    assert float(torch.tensor(1e-30) * 1e-12) > 0.0


@pytest.mark.parametrize("extra", [(), ("optimiser=sgd", "schedule=step", "step_every=5", "ema=0.9", "clip=0.4")])
def test_a_resumed_run_equals_a_straight_one(cpl_pairs: Path, tmp_path: Path, extra: tuple[str, ...]) -> None:
    import torch

    from jndkit.training.loop import Run, _denormals_as_zero

    chosen = recipe(cpl_pairs, "amp=false", *extra)
    straight = Run(chosen, tmp_path / "straight")
    straight.train()
    # The schedule must not change with the point of interruption: the run is cut off, not the recipe.
    cut = Run(chosen, tmp_path / "cut")
    from jndkit.training.tasks import task

    feeder = task(chosen)
    (tmp_path / "cut").mkdir()
    with _denormals_as_zero():
        for _ in range(10):
            cut._one_step(cut.model, feeder)
            cut.step += 1
    cut._save()
    resumed = Run(chosen, tmp_path / "cut")
    assert resumed.step == 10
    resumed.train()
    for name, weight in straight.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name


def test_a_run_killed_between_two_files_mixes_no_steps(cpl_pairs: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run

    folder = tmp_path / "run"
    Run(recipe(cpl_pairs), folder).train()
    noted = json.loads((folder / "last.json").read_text())
    (folder / "last.json").write_text(json.dumps({**noted, "step": 10, "best": -1.0}))  # that of the checkpoint before
    resumed = Run(recipe(cpl_pairs), folder)
    assert (resumed.step, resumed.best) == (20, noted["best"])


def test_checkpoints_without_progress_go_on_too(cpl_pairs: Path, tmp_path: Path) -> None:
    """As runs wrote them that are still going on."""
    from safetensors.torch import load_file, save_file

    from jndkit.training.loop import Run

    folder = tmp_path / "run"
    Run(recipe(cpl_pairs), folder).train()
    tensors = load_file(folder / "last.safetensors")
    del tensors["progress"]
    save_file(tensors, folder / "last.safetensors")
    resumed = Run(recipe(cpl_pairs, "steps=21"), folder)
    assert resumed.step == 20
    resumed.train()
    assert resumed.step == 21


def test_a_torn_line_of_the_log_is_dropped(cpl_pairs: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run

    folder = tmp_path / "run"
    Run(recipe(cpl_pairs, "steps=2"), folder).train()
    with (folder / "log.jsonl").open("a") as log:
        log.write('{"time": 1, "event": "vali')
    Run(recipe(cpl_pairs, "steps=3"), folder).train()
    assert [event["event"] for event in events(folder)] == ["start", "validate", "start", "validate"]


@pytest.mark.parametrize("name", ["resjnd-s.cpl.v2", "resjnd.cpl.v2"])
def test_weights_that_come_along_can_be_started_from(name: str) -> None:
    """The network computes what its exported graph does."""
    import numpy as np
    import torch

    from jndkit.inference import session
    from jndkit.training.networks import load_weights, network
    from jndkit.weights import find

    found = find(name)
    model = network(found.card.architecture, json.loads(found.card.trained["settings"])["model"])
    load_weights(model, name, found.card.architecture)
    given = np.random.default_rng(0).uniform(0, 1, (1, 3, 16, 16)).astype(np.float32)
    with torch.no_grad():
        made = model(torch.from_numpy(given)).numpy()
    assert np.abs(made).max() > 1e-3
    np.testing.assert_allclose(made, session(found.path)(given)[0], atol=1e-5)


def test_what_cannot_be_started_from_is_named(cpl_pairs: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run

    with pytest.raises(InputError, match=r"none\.safetensors: there is no such file of weights of resjnd-s"):
        Run(recipe(cpl_pairs, f"init_from={tmp_path / 'none.safetensors'}"), tmp_path / "run")
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"bad\.safetensors: it holds no weights of resjnd-s"):
        Run(recipe(cpl_pairs, f"init_from={tmp_path / 'bad.safetensors'}"), tmp_path / "run")
    with pytest.raises(UsageError, match="--device tpu9: it cannot be used"):
        Run(recipe(cpl_pairs), tmp_path / "run", device="tpu9")
    assert not (tmp_path / "run").exists()
    Run(recipe(cpl_pairs, "steps=1"), tmp_path / "run").train()
    (tmp_path / "run" / "last.safetensors").write_bytes(b"nothing")
    with pytest.raises(DamagedError, match=r"last\.safetensors: it is not a checkpoint of this run"):
        Run(recipe(cpl_pairs), tmp_path / "run")
    (tmp_path / "run" / "last.json").write_text("{")
    with pytest.raises(DamagedError, match=r"last\.json: it is not the record of a run"):
        Run(recipe(cpl_pairs), tmp_path / "run")


def test_the_published_network_has_the_published_size() -> None:
    from jndkit.training.networks import network

    model = network("resjnd", {})
    assert sum(weight.numel() for weight in model.parameters()) == 301_824
    small = network("resjnd-s", {})
    weights = sum(weight.numel() for weight in small.parameters() if weight.ndim == 4)
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


def test_from_the_command_line(cpl_pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--set", f"data.train={cpl_pairs}", "--set", f"data.valid={cpl_pairs}", "--run", str(tmp_path / "run")]
    assert main(["train", "debug-resjnd-s", *data, "--set", "steps=4"]) == 0
    assert "psnr_gain" in capsys.readouterr().out
    assert main(["train", "debug-resjnd-s", *data, "--set", "steps=4"]) == 0
    assert "all 4 steps were done before" in capsys.readouterr().out
    assert main(["train", "debug-resjnd-s", *data, "--set", "model.width=8"]) == 2
    assert "another network" in capsys.readouterr().err
    assert main(["train", "debug-resjnd-s", *data, "--set", "lrr=1"]) == 2
    capsys.readouterr()
    assert main(["train", "debug-resjnd-s", "--run", str(tmp_path / "none")]) == 2
    assert "--set data.train=FOLDER --set data.valid=FOLDER" in capsys.readouterr().err
    elsewhere = ["--set", "data.train=nowhere", "--set", "data.valid=nowhere"]
    assert main(["train", "debug-resjnd-s", *elsewhere, "--run", str(tmp_path / "none")]) == 1
    assert "nowhere" in capsys.readouterr().err
    assert main(["train"]) == 2
    assert "--list" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    from jndkit.training.loop import _alone

    with _alone(tmp_path), pytest.raises(UsageError, match="another process"), _alone(tmp_path):
        pass
    with _alone(tmp_path):  # free again
        pass


def test_nothing_holds_the_group_when_it_ends(cpl_pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its threads and a wrapper that is freed after it may wait for each other for ever."""
    import torch

    from jndkit.training.loop import Run

    held: list[int] = []
    destroy = torch.distributed.destroy_process_group

    def counted() -> None:
        kind = torch.nn.parallel.DistributedDataParallel
        held.append(sum(type(thing) is kind for thing in gc.get_objects()))
        destroy()

    monkeypatch.setattr(torch.distributed, "destroy_process_group", counted)
    store = torch.distributed.HashStore()
    torch.distributed.init_process_group("gloo", rank=0, world_size=1, store=store)
    trained = Run(recipe(cpl_pairs, "steps=2"), tmp_path / "run", device="cpu")
    trained.world = 2  # as it would be beside another process; the group is of one
    trained.train()
    assert held == [0]


@pytest.mark.slow
def test_two_processes_train_one_network(cpl_pairs: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "--", "jndkit", "train", "debug-resjnd-s", "--run", str(run), "--device", "cpu"]
    command += ["--set", f"data.train={cpl_pairs}", "--set", f"data.valid={cpl_pairs}"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    assert [event["event"] for event in events(run)] == ["start", "validate", "validate"]  # one of the two writes
    assert (run / "resjnd-s.onnx").stat().st_size > 10_000
    assert read_card(run / "resjnd-s.toml").trained["steps"] in (10, 20)
