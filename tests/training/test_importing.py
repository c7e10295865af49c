"""An authors' checkpoint gives the map that their network gives; any other file gives an error and nothing else."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import shutil
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from jndkit.errors import DamagedError, InputError, UsageError
from jndkit.pixelwise import jnd_map
from jndkit.weights import find, home

pytestmark = pytest.mark.train

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

import_resjnd = pytest.importorskip("jndkit.training.importing").import_resjnd

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
State = dict[str, Any]


def state_dict(channels: int, seed: int = 0, size: float = 0.02) -> State:
    """Random weights that neither grow nor vanish in 25 recursions and end in some code values."""
    generator = torch.Generator().manual_seed(seed)

    def drawn(out: int, into: int, scale: float = 1.0) -> Any:
        return torch.randn(out, into, 3, 3, generator=generator) * (scale * (9 * into) ** -0.5)

    inner = [drawn(channels, channels) for _ in range(2)]
    names = ("input.weight", "conv1.weight", "conv2.weight", "output.weight")
    return dict(zip(names, (drawn(channels, 3), *inner, drawn(3, channels, size)), strict=True))


def published_map(state: State, picture: npt.NDArray[np.uint8], dtype: Any) -> npt.NDArray[np.float64]:
    """sqrt(mean_c((255 |prediction - picture|)^2)) of the published network, its ReLU in place: a literal reference."""
    from torch.nn import functional as F

    def conv(features: Any, name: str) -> Any:
        return F.conv2d(features, state[f"{name}.weight"].to(dtype), padding=1)

    image = torch.from_numpy(picture.transpose(2, 0, 1)[None] / 255.0).to(dtype)
    inputs = conv(F.relu(image), "input")
    out = inputs
    for _ in range(25):
        out = conv(F.relu(conv(F.relu(out, inplace=True), "conv1"), inplace=True), "conv2")
        out = out + inputs
    prediction = conv(F.relu(out, inplace=True), "output") + image
    change = 255.0 * (prediction - image).abs()
    published: npt.NDArray[np.float64] = change.square().mean(1).sqrt()[0].double().numpy()
    return published


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def picture() -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(Image.open(EXAMPLE).convert("RGB"))[100:152, 200:263])


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[State, Path, Path]:
    """A state dict, the file it was imported from, the data folder in which it is the model "mine"."""
    base = tmp_path_factory.mktemp("imported")
    state = state_dict(16)
    torch.save(OrderedDict(state), base / "bare.pth")
    import_resjnd(base / "bare.pth", "mine", folder=base / "home" / "weights")
    return state, base / "bare.pth", base / "home"


def save(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


def test_the_map_is_that_of_the_published_network(
    imported: tuple[State, Path, Path], picture: npt.NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    state, source, folder = imported
    monkeypatch.setenv("JNDKIT_HOME", str(folder))
    wanted = published_map(state, picture, torch.float64)
    jnd = jnd_map(picture, "mine", border="zero")
    assert 0.5 < wanted.mean() < 50
    # 54 layers, each rounding sums of at most 144 terms to 2^-24 of themselves, at random: some 1e-6 of the largest.
    assert np.abs(jnd - wanted).max() < 1e-5 * wanted.max()
    # The published code adds the picture before it takes it away, which rounds to 2^-24 of the whole range.
    assert np.abs(jnd - published_map(state, picture, torch.float32)).max() < 1e-5 * wanted.max() + 255 * 2**-23
    card = find("mine").card
    assert card.trained == {"imported": "bare.pth", "sha256": hashlib.sha256(source.read_bytes()).hexdigest()}
    assert (card.architecture, card.parameters) == ("resjnd", sum(each.numel() for each in state.values()))


def test_the_in_place_relu_matters(imported: tuple[State, Path, Path], picture: npt.NDArray[np.uint8]) -> None:
    """Else the test above would not tell the two apart."""
    from jndkit.training.resjnd.network import ResJnd

    state = imported[0]
    plain = ResJnd(channels=16)
    plain.load_state_dict(state)
    with torch.no_grad():
        residual = plain(torch.from_numpy(picture.transpose(2, 0, 1)[None] / np.float32(255)))
    other = (255 * residual).square().mean(1).sqrt()[0].numpy()
    assert np.abs(other - published_map(state, picture, torch.float32)).max() > 0.1


@pytest.mark.parametrize("form", ["bare", "inside", "model", "parallel", "half", "legacy"])
def test_the_forms_of_a_checkpoint(form: str, imported: tuple[State, Path, Path], tmp_path: Path) -> None:
    """All are read as the same weights; what is done with them is tested once."""
    from jndkit.training.importing import _read, _state

    state = imported[0]
    forms: dict[str, Callable[[], Any]] = {
        "bare": lambda: state,
        "inside": lambda: {"epoch": 250, "state_dict": state, "loss": 44.91},
        "model": lambda: {"model": {f"module.{key}": value for key, value in state.items()}},
        "parallel": lambda: OrderedDict((f"module.{key}", value) for key, value in state.items()),
        "half": lambda: {key: value.double() for key, value in state.items()},
        "legacy": lambda: state,
    }
    path = tmp_path / "other.pth"
    torch.save(forms[form](), path, _use_new_zipfile_serialization=form != "legacy")
    found = _state(path, _read(path))
    assert set(found) == set(state)
    assert all(torch.equal(found[key], state[key]) and found[key].dtype == torch.float32 for key in state)


class Code:
    """Pickled, it makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def changed(**weights: Any) -> bytes:
    """A checkpoint of 4 channels with weights exchanged."""
    kept = io.BytesIO()
    torch.save({**state_dict(4), **{f"{key}.weight": value for key, value in weights.items()}}, kept)
    return kept.getvalue()


def hostile(kind: str, folder: Path) -> bytes:
    good = changed()
    kinds: dict[str, Callable[[], bytes]] = {
        "code": lambda: pickle.dumps({"input.weight": Code(folder / "executed")}, protocol=2),
        "code in zip": lambda: changed(input=Code(folder / "executed")),
        "text": lambda: b"these are no weights\n",
        "empty": lambda: b"",
        "png": EXAMPLE.read_bytes,
        "zip": lambda: b"PK\x05\x06" + bytes(18),
        "cut": lambda: good[: len(good) // 2],
        "cut at the end": lambda: good[:-30],
        "list": lambda: _saved([1, 2]),
        "tensor": lambda: _saved(torch.zeros(3)),
        "no keys": lambda: _saved({}),
        "other keys": lambda: _saved({"a.weight": torch.zeros(1, 1, 3, 3), 7: "x"}),
        "one too many": lambda: changed(conv3=torch.zeros(4, 4, 3, 3)),
        "number": lambda: changed(conv1=3),
        "flat": lambda: changed(conv1=torch.zeros(144)),
        "scalar": lambda: changed(input=torch.tensor(1.0)),
        "five": lambda: changed(conv1=torch.zeros(4, 4, 5, 5)),
        "narrow": lambda: changed(conv2=torch.zeros(4, 3, 3, 3)),
        "no channels": lambda: _saved({key: value[:0] for key, value in state_dict(4).items()}),
        "whole": lambda: changed(conv1=torch.zeros(4, 4, 3, 3, dtype=torch.int32)),
        "complex": lambda: changed(conv1=torch.zeros(4, 4, 3, 3, dtype=torch.complex64)),
        "sparse": lambda: changed(conv1=torch.zeros(4, 4, 3, 3).to_sparse()),
        "nan": lambda: changed(conv2=torch.full((4, 4, 3, 3), float("nan"))),
        "infinite": lambda: changed(output=torch.full((3, 4, 3, 3), float("inf"))),
        "huge": lambda: changed(conv1=torch.zeros(1).expand(10**6, 10**6, 3, 3)),
        "wide": lambda: _saved(
            {
                key: torch.zeros(1).expand(*(5000 if side == 4 else side for side in value.shape))
                for key, value in state_dict(4).items()
            }
        ),
    }
    return kinds[kind]()


def _saved(content: Any) -> bytes:
    kept = io.BytesIO()
    torch.save(content, kept)
    return kept.getvalue()


KINDS = ["code", "code in zip", "text", "empty", "png", "zip", "cut", "cut at the end", "list", "tensor", "no keys"]
KINDS += ["other keys", "one too many", "number", "flat", "scalar", "five", "narrow", "no channels", "whole"]
KINDS += ["complex", "sparse", "nan", "infinite", "huge", "wide"]


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_files(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.pth"
    path.write_bytes(hostile(kind, tmp_path))
    with pytest.raises(InputError) as caught:
        import_resjnd(path, "mine")
    assert caught.value.exit_code == 1
    assert caught.value.path == str(path)
    assert "\n" not in caught.value.reason
    assert len(caught.value.reason) < 320
    assert [each.name for each in tmp_path.iterdir()] == ["hostile.pth"]  # nothing was run, nothing written


def test_the_code_would_have_run(tmp_path: Path) -> None:
    """Else the test above would show nothing."""
    pickle.loads(hostile("code", tmp_path))
    assert (tmp_path / "executed").is_dir()


@given(place=st.floats(0, 0.999), value=st.integers(1, 255), cut=st.floats(0.5, 1))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_seen_or_does_no_harm(tmp_path: Path, place: float, value: int, cut: float) -> None:
    from jndkit.training.importing import _read, _state

    content = bytearray(changed())
    content[int(place * len(content))] ^= value
    path = tmp_path / "damaged.pth"
    path.write_bytes(content[: int(cut * len(content))])
    try:
        found = _state(path, _read(path))
    except InputError:
        return
    assert [tuple(found[key].shape) for key in state_dict(4)] == [tuple(each.shape) for each in state_dict(4).values()]
    assert all(torch.isfinite(each).all() for each in found.values())


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        import_resjnd(tmp_path / "none.pth", "mine")
    with pytest.raises(InputError, match="it is not a file"):
        import_resjnd(tmp_path, "mine")
    with (tmp_path / "large.pth").open("wb") as large:
        large.truncate((64 << 20) + 1)
    with pytest.raises(InputError, match="more than 64 MiB"):
        import_resjnd(tmp_path / "large.pth", "mine")


def test_names(imported: tuple[State, Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, source, folder = imported
    monkeypatch.setenv("JNDKIT_HOME", str(folder))
    before = {path.name: path.read_bytes() for path in (home() / "weights").iterdir()}
    for name in ("wu2017", "resjnd", "../mine", ""):
        with pytest.raises(UsageError):
            import_resjnd(source, name)
    other = save(tmp_path / "other.pth", state_dict(4))
    with pytest.raises(UsageError, match="mine is taken"):
        import_resjnd(other, "mine")
    assert {path.name: path.read_bytes() for path in (home() / "weights").iterdir()} == before


def test_a_damaged_file_does_not_become_a_name(tmp_path: Path) -> None:
    path = tmp_path / "\udcff.pth"
    path.write_bytes(b"text")
    with pytest.raises(DamagedError):
        import_resjnd(path, "mine")


def test_the_same_again(imported: tuple[State, Path, Path], tmp_path: Path) -> None:
    _, source, folder = imported
    shutil.copytree(folder, tmp_path / "home")
    network = home() / "weights" / "mine.onnx"
    written, content = network.stat().st_mtime_ns, network.read_bytes()
    assert import_resjnd(source, "mine") == find("mine").card
    assert network.stat().st_mtime_ns == written
    network.write_bytes(content[:-1])
    assert import_resjnd(source, "mine") == find("mine").card  # what was damaged is whole again
    assert network.read_bytes() == content


@pytest.mark.slow
def test_of_the_published_size(tmp_path: Path, picture: npt.NDArray[np.uint8]) -> None:
    state = state_dict(128, seed=2)
    assert import_resjnd(save(tmp_path / "full.pth", state), "full").parameters == 301_824
    wanted = published_map(state, picture, torch.float64)
    assert np.abs(jnd_map(picture, "full", border="zero") - wanted).max() < 1e-5 * wanted.max()


@pytest.mark.slow
def test_the_authors_own_file(picture: npt.NDArray[np.uint8]) -> None:
    named = os.environ.get("JNDKIT_RESJND_PTH")
    if not named:
        pytest.skip("JNDKIT_RESJND_PTH does not name the authors' checkpoint")
    from jndkit.training.importing import _read, _state

    assert import_resjnd(named, "theirs").parameters == 301_824
    wanted = published_map(_state(Path(named), _read(Path(named))), picture, torch.float64)
    assert np.abs(jnd_map(picture, "theirs", border="zero") - wanted).max() < 1e-4 * max(wanted.max(), 1)
