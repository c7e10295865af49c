"""Networks that somebody trained: a file names them, and a reader without them is told which to get."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit import weights
from jndkit.cli import main
from jndkit.codecs import codec, full_spec, parse, versions
from jndkit.codecs.jndlic import container, model, read
from jndkit.errors import MissingError, UsageError
from jndkit.picture import MAX_PIXELS, Picture


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of weights, which holds networks called `mine`: those that come along."""
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path / "home"))
    folder = weights.home() / "weights"
    folder.mkdir(parents=True)
    for path in weights.PACKAGED.glob(f"{model.current()}-*"):
        copied = folder / path.name.replace(model.current(), "mine")
        shutil.copy(path, copied)
        if copied.suffix == ".toml":
            copied.write_text(copied.read_text().replace(model.current(), "mine"))
    return folder


def test_a_file_names_them(mine: Path, photo: Any) -> None:
    chosen, value = parse("jndlic:mine,q30")
    assert value == 30
    assert (chosen.spec, full_spec(chosen, 30)) == ("jndlic:mine", "jndlic:mine,q30")
    data = chosen.encode(Picture(photo(60, 40)), 30)
    contents = container.unpack(data, None, MAX_PIXELS)
    assert contents.weights == "mine"
    assert contents.digest == model.find("mine").digest
    assert np.array_equal(read(data).rgb, chosen.decode(data).rgb)
    assert versions("jndlic:mine,q30")["weights"].startswith("mine (")
    assert versions("jndlic")["weights"].startswith(model.current())


def test_who_lacks_them_is_told_which_to_get(
    mine: Path, photo: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = codec("jndlic:mine").encode(Picture(photo(60, 40)), 30)
    (tmp_path / "a.jlic").write_bytes(data)
    shutil.rmtree(mine)
    with pytest.raises(MissingError, match=r"network mine .* which who trained it has") as raised:
        read(data)
    assert raised.value.install == f"cp FOLDER/mine-* {mine}"
    assert main(["decode", str(tmp_path / "a.jlic"), "-o", str(tmp_path / "a.png")]) == 3
    assert "the network mine" in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


def test_one_graph_is_missing(mine: Path) -> None:
    (mine / "mine-context-3.toml").unlink()
    with pytest.raises(MissingError, match="network mine"):
        codec("jndlic:mine")


def test_earlier_weights_of_ours_only_decode() -> None:
    with pytest.raises(UsageError, match="v1 only decodes"):
        codec("jndlic:jndlic.pictures.v1")


def test_weights_of_ours_come_with_a_newer_release() -> None:
    with pytest.raises(MissingError) as raised:
        codec("jndlic:jndlic.pictures.v99")
    assert raised.value.install == "pip install --upgrade jndkit"


@pytest.mark.parametrize("spec", ["jndlic:", "jndlic:../mine", "jndlic:.mine", "jndlic:mine,other", "jndlic:q3,q4"])
def test_what_is_no_name(mine: Path, spec: str) -> None:
    with pytest.raises(UsageError):
        codec(spec)


def test_their_graphs_are_listed_as_one_network(mine: Path) -> None:
    found = weights.networks()
    assert (found["mine"].files, found[model.current()].files) == (11, 11)
    assert not [name for name in found if name.startswith("mine-")]
