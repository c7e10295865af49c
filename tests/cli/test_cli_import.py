"""jnd import, and what becomes of a user's own networks in the other verbs."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.weights import made_networks as made


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "weights"


def checkpoint(path: Path, channels: int = 4) -> Path:
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    torch.manual_seed(0)
    shapes = {"input": (channels, 3), "conv1": (channels,) * 2, "conv2": (channels,) * 2, "output": (3, channels)}
    state = {f"{key}.weight": torch.randn(*shape, 3, 3) * 0.05 for key, shape in shapes.items()}
    torch.save({"state_dict": state}, path)
    return path


@pytest.mark.train
def test_from_checkpoint_to_map(jnd: Callable[..., Any], draw: Callable[..., Path], folder: Path) -> None:
    source = checkpoint(folder.parents[1] / "theirs.pth")
    said = jnd("import", "resjnd", source, "--name", "mine")
    assert (said.code, said.err) == (0, "")
    weights = 9 * (4 * 3 + 4 * 4 + 4 * 4 + 3 * 4)
    assert said.out == f"{source} -> mine: {weights:,} parameters; use it with: jnd map --model mine\n"
    assert sorted(path.name for path in folder.iterdir()) == ["mine.onnx", "mine.toml"]
    assert jnd("map", draw("a.png"), "--model", "mine", "-o", "a.npy").code == 0
    assert np.load("a.npy").max() > 0
    assert jnd("import", "resjnd", source, "--name", "mine").code == 0  # the same again
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    said = jnd("import", "resjnd", checkpoint(source.with_name("other.pth"), 5), "--name", "mine")
    assert said.code == 2
    assert said.err.startswith("jnd: mine is taken: ")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.train
@pytest.mark.parametrize("content", [b"", b"text", b"\x80\x02cos\nmkdir\nX\x03\x00\x00\x00bad\x85R."])
def test_files_that_are_none(content: bytes, jnd: Callable[..., Any], tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    (tmp_path / "a.pth").write_bytes(content)
    said = jnd("import", "resjnd", "a.pth", "--name", "mine")
    assert (said.code, said.out) == (1, "")
    assert said.err == "jnd: a.pth: it is not a PyTorch checkpoint of weights alone, or it is damaged\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.pth"]


@pytest.mark.train
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("hvssd", "a.pth", "--name", "mine"), "unknown network 'hvssd': choose resjnd"),
        (("resjnd", "a.pth", "--name", "wu2017"), "wu2017 is a model that comes with jndkit"),
        (("resjnd", "a.pth", "--name", "../mine"), "is not a valid name"),
        (("resjnd", "a.pth"), "--name"),
    ],
)
def test_misuse(arguments: tuple[str, ...], said: str, jnd: Callable[..., Any]) -> None:
    pytest.importorskip("onnxscript")
    found = jnd("import", *arguments)
    assert (found.code, found.out) == (2, "")
    assert said in found.err


def test_without_torch(jnd: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *further: None if name == "torch" else there(name, *further)
    )
    for arguments in (("import", "resjnd", "a.pth", "--name", "mine"), ("train", "resjnd-s")):
        said = jnd(*arguments)
        assert said.code == 3
        assert said.err == "jnd: torch is not installed; install it with: pip install 'jndkit[train]'\n"


def test_own_networks_in_the_other_verbs(
    jnd: Callable[..., Any], draw: Callable[..., Path], folder: Path, tmp_path: Path
) -> None:
    made.write_weights(folder, "mine")
    picture = draw("a.png")
    said = jnd("models")
    assert said.code == 0
    assert "\n  mine " in said.out
    rows = [row for row in jnd("models", "--json").rows if row["name"] == "mine"]
    assert [row["room"] for row in rows] == ["pixelwise"]  # one line a model
    said = jnd("map", picture, "--model", "mine", "-o", "map.npy")
    assert said.code == 0
    assert np.load(tmp_path / "map.npy").shape == (80, 96)
    assert np.load(tmp_path / "map.npy").mean() > 0.1
    assert jnd("inject", picture, "--model", "mine", "-o", "noisy.png").code == 0
    assert (tmp_path / "noisy.png").is_file()


def test_damage_is_named(jnd: Callable[..., Any], draw: Callable[..., Path], folder: Path) -> None:
    card = made.write_weights(folder, "mine")
    network = folder / "mine.onnx"
    network.write_bytes(network.read_bytes() + b"\0")
    said = jnd("map", draw("a.png"), "--model", "mine", "-o", "map.npy")
    assert said.code == 1
    assert said.err.startswith(f"jnd: {network}: its sha256 is ")
    card.write_text("name = ")
    for arguments in (("map", "a.png", "--model", "mine", "-o", "map.npy"), ("models",)):
        said = jnd(*arguments)
        assert said.code == 1
        assert said.err.startswith(f"jnd: {card}: the card cannot be read")
    assert jnd("map", "a.png", "-o", "map.npy").code == 0  # of no concern to a model that comes along
    said = jnd("map", "a.png", "--model", "yours", "-o", "map.npy", "--force")
    assert said.code == 1
