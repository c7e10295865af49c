"""Trained networks are found where they may lie, and nothing is used that is not what its card says."""

from __future__ import annotations

import hashlib
import os
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from jndkit import weights
from jndkit.errors import DamagedError, MissingError, UsageError
from jndkit.weights import Card, cards, check_name, find, home, read_card
from tests.weights import made_networks as made


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights of a user's data folder of our own."""
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "weights"


def test_what_is_found(folder: Path) -> None:
    made.write_weights(folder, "mine", further='[parity]\nonnxruntime = 1e-07\n[[data]]\nlicence = "CC0"\n')
    found = find("mine")
    assert found.path == folder / "mine.onnx"
    assert (found.card.name, found.card.architecture, found.card.multiple, found.card.context) == (
        "mine",
        "resjnd",
        1,
        2,
    )
    assert found.card.bytes == found.path.stat().st_size
    assert found.card.parity == {"onnxruntime": 1e-7}
    assert found.card.data == ({"licence": "CC0"},)
    assert cards()["mine"] == found.card


def test_every_card_that_comes_along_is_true() -> None:
    for path in weights.PACKAGED.glob("*.toml"):
        found = find(path.stem)
        assert found.card.name == path.stem
        assert found.card.bytes == found.path.stat().st_size


@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_flipped_byte(folder: Path, place: int) -> None:
    made.write_weights(folder, "mine")
    said = find("mine").card.sha256  # what was verified before is verified again
    network = folder / "mine.onnx"
    content = bytearray(network.read_bytes())
    content[place] ^= 1
    written = network.stat()
    network.write_bytes(content)
    os.utime(network, ns=(written.st_atime_ns, written.st_mtime_ns + 1_000_000))
    with pytest.raises(DamagedError) as caught:
        find("mine")
    assert said[:12] in caught.value.reason
    assert hashlib.sha256(content).hexdigest()[:12] in caught.value.reason
    assert caught.value.path == str(network)


def test_a_changed_card_is_read_again(folder: Path) -> None:
    card = made.write_weights(folder, "mine")
    assert find("mine").card.summary == "made by hand"
    card.write_text(card.read_text().replace("made by hand", "changed by hand"))
    assert find("mine").card.summary == "changed by hand"


def test_a_card_without_its_network(folder: Path) -> None:
    made.write_weights(folder, "mine")
    (folder / "mine.onnx").unlink()
    with pytest.raises(DamagedError, match=r"mine\.onnx: its card is there, but the file is not"):
        find("mine")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_network_that_may_not_be_read(folder: Path) -> None:
    made.write_weights(folder, "mine")
    (folder / "mine.onnx").chmod(0)
    with pytest.raises(DamagedError, match="cannot be read"):
        find("mine")


def test_a_network_that_is_a_folder(folder: Path) -> None:
    made.write_weights(folder, "mine")
    (folder / "mine.onnx").unlink()
    (folder / "mine.onnx").mkdir()
    with pytest.raises(DamagedError, match="cannot be read"):
        find("mine")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('summary = "made by hand"\n', "", "'summary' is missing"),
        ("multiple", "multiples", "'multiples' is unknown"),
        ("name = ", "name ", "cannot be read"),
        ('"resjnd"', "5", "'architecture' cannot be 5"),
        ("multiple = 1", "multiple = 0", "'multiple' cannot be 0"),
        ("multiple = 1", "multiple = true", "'multiple' cannot be True"),
        ("context = 2", "context = -1", "'context' cannot be -1"),
        ("context = 2", 'context = "much"', "'context' cannot be 'much'"),
        ("context = 2", "context = 2\ndata = 4", "'data' cannot be 4"),
        ("context = 2", f"context = 2\nremaining_gain = [{'1,' * 999}]", "'remaining_gain' cannot be"),
        ('"none"', "2020-01-01", "'licence' cannot be"),
    ],
)
def test_cards_that_are_none(folder: Path, old: str, new: str, said: str) -> None:
    card = made.write_weights(folder, "mine")
    text = card.read_text()
    assert text.count(old) == 1
    card.write_text(text.replace(old, new))
    for read in (lambda: read_card(card), lambda: find("mine"), cards):
        with pytest.raises(DamagedError, match=said) as caught:
            read()
        assert caught.value.path == str(card)
        assert len(caught.value.reason) < 120


def test_a_card_that_is_no_text(folder: Path) -> None:
    card = made.write_weights(folder, "mine")
    card.write_bytes(b"\xff\xfe" + card.read_bytes())
    with pytest.raises(DamagedError, match="cannot be read"):
        find("mine")


def test_an_unknown_name() -> None:
    with pytest.raises(MissingError, match="a network called mine is not installed") as caught:
        find("mine")
    assert caught.value.exit_code == 3
    assert "--name mine" in caught.value.install


def test_a_network_that_should_have_come_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(weights, "PACKAGED", tmp_path)
    for name in weights.CURRENT:
        with pytest.raises(MissingError, match=f"the network {name} is not installed; .* pip install"):
            find(name)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a\\b", ".hidden", "-x", "a b", "ä", "x\n", "a" * 101, "\0"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(UsageError, match="is not a valid name"):
        find(name)
    with pytest.raises(UsageError):
        check_name(name)


@given(st.text(string.ascii_letters + string.digits + "._-/\\\0 ~", max_size=120))
def test_a_name_never_leaves_the_folder(name: str) -> None:
    try:
        check_name(name)
    except UsageError:
        return
    assert (Path("/folder") / f"{name}.toml").resolve().parent == Path("/folder")


def test_what_comes_along_wins(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PACKAGED", tmp_path / "packaged")
    made.write_weights(folder, "both", architecture="other")
    assert find("both").path.parent == folder
    made.write_weights(tmp_path / "packaged", "both")
    assert find("both").path.parent == tmp_path / "packaged"
    assert cards()["both"].architecture == "resjnd"
    made.write_weights(tmp_path / "packaged", "resjnd-s.cpl.v2", architecture="resjnd-s")
    assert find("resjnd-s").card.name == "resjnd-s.cpl.v2"


def test_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert home() == tmp_path / "home"
    monkeypatch.setenv("JNDKIT_HOME", "~/data")
    assert home() == Path.home() / "data"
    monkeypatch.delenv("JNDKIT_HOME")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert home() == tmp_path / "xdg" / "jndkit"
    made.write_weights(tmp_path / "xdg" / "jndkit" / "weights", "there")
    assert find("there").path.is_relative_to(tmp_path / "xdg")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert home() == Path.home() / ".local/share/jndkit"
    monkeypatch.setattr("sys.platform", "darwin")
    assert home() == Path.home() / "Library/Application Support/jndkit"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert home() == tmp_path / "local" / "jndkit"


def test_without_a_data_folder_there_are_only_those_that_come_along(tmp_path: Path) -> None:
    assert not (tmp_path / "home").exists()
    assert set(cards()) == {path.stem for path in weights.PACKAGED.glob("*.toml")}
    assert not (tmp_path / "home").exists()


TEXT = st.text(max_size=30) | st.sampled_from(['"', "\\", '"""', "a\nb\r\n\tc", "\x7f\x00\x1b", "ü🂡\u2028", "# = []"])
PLAIN = TEXT | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False)
VALUES = st.recursive(PLAIN, lambda parts: st.lists(parts, max_size=3) | st.dictionaries(TEXT, parts, max_size=3))
TABLES = st.dictionaries(TEXT, VALUES, max_size=4)
WHOLE = st.integers(1, 2**60)
CARDS = st.builds(
    Card,
    **dict.fromkeys(
        ("name", "architecture", "sha256", "licence", "summary", "input", "output", "remaining_gain"), TEXT
    ),
    **dict.fromkeys(("bytes", "multiple", "context", "macs_per_pixel", "parameters"), WHOLE),
    trained=TABLES,
    scores=TABLES,
    parity=st.dictionaries(TEXT, st.floats(allow_nan=False), max_size=3),
    data=st.lists(TABLES, max_size=3).map(tuple),
)


@pytest.mark.train
@given(CARDS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_card_that_was_written_is_read(tmp_path: Path, card: Card) -> None:
    pytest.importorskip("onnxscript")
    from jndkit.training.export import write_card

    write_card(tmp_path / "card.v1.toml", card)
    assert read_card(tmp_path / "card.v1.toml") == card
    assert [path.name for path in tmp_path.iterdir()] == ["card.v1.toml"]


@pytest.mark.train
def test_what_toml_has_no_form_for_is_still_readable(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    import numpy as np

    from jndkit.training.export import write_card

    plain: dict[str, Any] = dict.fromkeys(("architecture", "sha256", "licence", "summary", "input", "output"), "x")
    scores = {"gain": np.float64(0.25), "count": np.int64(3), "small": np.float32(0.5), "nan": float("nan")}
    write_card(tmp_path / "a.toml", Card(name="\udcff.pth", bytes=1, scores=scores, **plain))
    read = read_card(tmp_path / "a.toml")
    assert read.name == "\\udcff.pth"
    assert repr(read.scores) == "{'gain': 0.25, 'count': 3, 'small': 0.5, 'nan': nan}"
