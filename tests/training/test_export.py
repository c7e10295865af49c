"""What is published runs in every runtime as the network did, of any size, and its card tells the truth."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit import inference
from jndkit.errors import CodecError, OutputError
from jndkit.inference import session
from jndkit.training.contract import Contract
from jndkit.weights import Card, find, read_card

pytestmark = pytest.mark.train

torch = pytest.importorskip("torch")
nn: Any = pytest.importorskip("torch.nn")
pytest.importorskip("onnxscript")

export = pytest.importorskip("jndkit.training.export")
resjnd = pytest.importorskip("jndkit.training.resjnd.network")
parity, publish = export.parity, export.publish
ResJnd, ResJndSmall = resjnd.ResJnd, resjnd.ResJndSmall

ABOUT = {"architecture": "resjnd", "licence": "none", "summary": "made for a test"}
RUNTIMES = inference.available()


class Doubled(nn.Module):
    """One convolution, whose work can be counted by hand."""

    def __init__(self, bias: bool = True) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 5, 3, padding=1, bias=bias)

    def forward(self, picture: Any) -> Any:
        return self.layer(picture)

    def contract(self) -> Contract:
        return Contract("in", "out", ((1, 3, 16, 20),), context=1)


class Folding(Doubled):
    """Is exported in another form."""

    def folded(self) -> Any:
        return self.layer


class Halved(Doubled):
    """Keeps its weights in 16 bits."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(64, 64, 3, padding=1)

    def contract(self) -> Contract:
        return Contract("in", "out", ((1, 64, 16, 20),), context=1, halves=True)


@pytest.fixture(scope="module")
def networks() -> dict[str, Any]:
    torch.manual_seed(4)
    small = ResJndSmall(width=8, blocks=1)
    torch.nn.init.normal_(small.tail.weight, 0, 0.1)
    return {"large": ResJnd(channels=6, recursions=2), "small": small, "doubled": Doubled()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, networks: dict[str, Any]) -> Path:
    """The data folder the networks were published in, seen in their training form."""
    home = tmp_path_factory.mktemp("home")
    for name, model in networks.items():
        publish(model.train(), home / "weights", name, ABOUT)
    return home


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (2, 3, 20, 36), (3, 3, 4, 8), (1, 3, 100, 4)])
@pytest.mark.parametrize("name", ["large", "small"])
def test_every_size_in_every_runtime(
    name: str, shape: tuple[int, ...], runtime: str, folder: Path, networks: dict[str, Any]
) -> None:
    given = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    (found,) = session(folder / "weights" / f"{name}.onnx", runtime=runtime)(given.numpy())
    with torch.no_grad():
        wanted = networks[name](given).numpy()
    assert found.shape == shape
    assert np.abs(wanted).max() > 0.01
    assert np.abs(found - wanted).max() < 1e-5


def test_cards_are_true(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JNDKIT_HOME", str(folder))
    found = {name: find(name) for name in ("large", "small", "doubled")}
    for name, weights in found.items():
        content = weights.path.read_bytes()
        assert weights.card.name == name
        assert weights.card.sha256 == hashlib.sha256(content).hexdigest()
        assert weights.card.bytes == len(content)
        assert set(weights.card.parity) == set(RUNTIMES)
        assert all(0 <= each < 1e-5 for each in weights.card.parity.values())
    card = found["doubled"].card
    assert (card.macs_per_pixel, card.parameters, card.context) == (3 * 5 * 9, 3 * 5 * 9 + 5, 1)
    card = found["large"].card
    learned = 9 * (3 * 6 + 6 * 6 + 6 * 6 + 6 * 3)
    assert (card.parameters, card.multiple, card.context) == (learned, 1, 6)
    assert card.macs_per_pixel == 9 * (3 * 6 + 2 * 2 * 6 * 6 + 6 * 3)
    card = found["small"].card
    learned = 9 * (48 * 8 + 8 * 8 + 8 * 8 + 8 * 48)
    assert (card.multiple, card.context, card.macs_per_pixel) == (4, 16, learned / 16)
    assert sorted(path.name for path in (folder / "weights").iterdir()) == sorted(
        f"{name}.{ending}" for name in found for ending in ("onnx", "toml")
    )


def reach(model: Any, side: int) -> int:
    """Pixels between the middle and the farthest place where its change is felt, on an offset of 0 to 3."""
    given = torch.full((1, 3, side, side), 0.5)
    farthest = 0
    with torch.no_grad():
        for offset in range(4):
            middle = side // 2 + offset
            touched = given.clone()
            touched[:, :, middle, middle] = 1.0
            places = (model(touched) != model(given)).any(1)[0].nonzero()
            farthest = max(farthest, int((places - middle).abs().max()))
    return farthest


def test_the_context_is_what_a_change_can_reach(networks: dict[str, Any]) -> None:
    torch.manual_seed(0)
    for model in (ResJnd(channels=4, recursions=3), networks["large"], networks["small"]):
        contract, found = model.contract(), reach(model, 96)
        assert contract.context - contract.multiple < found <= contract.context + contract.multiple - 1


def test_the_same_again_is_welcome_and_others_are_not(folder: Path, tmp_path: Path, networks: dict[str, Any]) -> None:
    for ending in ("onnx", "toml"):
        (tmp_path / f"doubled.{ending}").write_bytes((folder / "weights" / f"doubled.{ending}").read_bytes())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = publish(networks["doubled"], tmp_path, "doubled", ABOUT)
    assert isinstance(again, Card)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    torch.manual_seed(8)
    with pytest.raises(OutputError, match="other weights have this name"):
        publish(Doubled(), tmp_path, "doubled", ABOUT)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_runtime_that_disagrees(folder: Path, networks: dict[str, Any]) -> None:
    path = folder / "weights" / "doubled.onnx"
    given = (torch.rand(1, 3, 8, 8),)
    assert set(parity(networks["doubled"], path, given)) == set(RUNTIMES)
    torch.manual_seed(8)
    with pytest.raises(CodecError, match=r"doubled\.onnx: onnxruntime differs from the trained network by"):
        parity(Doubled(), path, given)


def test_not_a_number_disagrees(tmp_path: Path) -> None:
    model = Doubled()
    torch.nn.init.constant_(model.layer.weight, float("nan"))
    with pytest.raises(CodecError, match="by nan"):
        publish(model, tmp_path, "nan", ABOUT)
    assert list(tmp_path.iterdir()) == []


def test_files_do_not_tell_where_they_were_made(folder: Path) -> None:
    made = sorted((folder / "weights").glob("*.onnx"))
    assert made
    for path in made:
        content = path.read_bytes()
        assert not [part for part in (b".py", b"site-packages", str(Path.cwd()).encode()) if part in content], path.name


def test_the_folded_form_is_exported(tmp_path: Path) -> None:
    card = publish(Folding(bias=False), tmp_path / "new" / "folder", "folded", ABOUT)
    assert card.parameters == 135
    assert read_card(tmp_path / "new" / "folder" / "folded.toml") == card


def test_weights_in_16_bits(tmp_path: Path) -> None:
    """The file is half as large, runs as the rounded network does, and the network itself stays as it was."""
    torch.manual_seed(2)
    network = Halved()
    before = network.layer.weight.detach().clone()
    card = publish(network, tmp_path, "halved", ABOUT)
    assert 2 * before.numel() < card.bytes < 2.1 * before.numel()
    assert torch.equal(network.layer.weight, before)
    given = torch.randn(1, 64, 12, 9)
    rounded = torch.nn.functional.conv2d(given, before.half().float(), network.layer.bias, padding=1)
    for runtime in RUNTIMES:
        (found,) = session(tmp_path / "halved.onnx", runtime=runtime)(given.numpy())
        np.testing.assert_allclose(found, rounded.detach().numpy(), atol=1e-5)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be made"):
        publish(Doubled(), tmp_path / "file" / "weights", "doubled", ABOUT)
