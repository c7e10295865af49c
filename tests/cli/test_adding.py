"""What adding a model, a codec or an observer takes: its own file, and one line in the room's table of names.

The files of examples/plugin stand in for the new ones, and the line is put into the table for the length of a test:
nothing else of the package is touched, and everything knows the newcomer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jndkit.codecs import CODECS, codec
from jndkit.doctor import doctor
from jndkit.evaluation.codecs.rows import order
from jndkit.evaluation.codecs.settings import Settings
from jndkit.observers import OBSERVERS
from jndkit.pixelwise import MODELS

Run = Callable[..., Any]
Draw = Callable[..., Path]


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "examples" / "plugin" / "src")


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS.table, "contrast", "jndkit_example.contrast:CARD")


@pytest.fixture
def deflate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CODECS.table, "deflate", "jndkit_example.deflate:CARD")


@pytest.fixture
def observer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OBSERVERS.table, "psnr", "jndkit_example.psnr:CARD")


@pytest.mark.usefixtures("model")
def test_a_model(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    assert ("pixelwise", "contrast") in [(row["room"], row["name"]) for row in jnd("models", "--json").rows]
    assert jnd("map", "a.png", "--model", "contrast", "-o", "m.npy").code == 0
    assert jnd("inject", "a.png", "--model", "contrast", "--psnr", "30", "-o", "n.png").code == 0
    (row,) = jnd("encode", "a.png", "--codec", "webp", "--prefilter", "contrast", "--json").rows
    assert row["error"] is None
    (row,) = jnd("evaluate", "noise", "a.png", "--model", "contrast", "--json").rows
    assert (row["model"], row["error"]) == ("contrast", None)


@pytest.mark.usefixtures("deflate")
def test_a_codec(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    assert ("codecs", "deflate") in [(row["room"], row["name"]) for row in jnd("models", "--json").rows]
    (row,) = jnd("encode", "a.png", "-o", "a.dfl", "--json", "--force").rows
    assert (row["codec"], row["status"]) == ("deflate", "written")
    assert "zlib" in row["versions"]
    assert row["jnd"] <= row["target"]["jnd"]
    (read,) = jnd("compare", "a.png", "a.dfl", "--json").rows
    assert read["jnd"] == pytest.approx(row["jnd"], abs=1e-4)
    assert jnd("decode", "a.dfl", "-o", "back.png").code == 0
    assert "deflate" in {part.name for part in doctor()}
    (read,) = jnd("predict", "a.png", "--codec", "deflate", "--json").rows
    assert read["codec"].startswith("deflate")
    refused = jnd("predict", "a.png", "--codec", "deflate", "--no-encode")
    assert refused.code == 2
    assert "--no-encode does not know deflate" in refused.err
    # It takes part in what compares all codecs, and its rows say what made them.
    assert "deflate" in order()
    assert "zlib" in Settings(("deflate",)).row("a.png", "deflate").versions
    assert codec("deflate").knob.grid[0] == 32
    # An option of a command, and not `auto`, may choose it: no other program opens its files.
    (row,) = jnd("encode", "a.png", "--codec", "auto", "-o", "out/", "--json", "--force").rows
    assert not row["codec"].startswith("deflate")


@pytest.mark.usefixtures("deflate")
def test_files_of_a_codec_in_a_folder_are_pictures(jnd: Run, draw: Draw) -> None:
    from jndkit.opening import picture_suffixes

    draw("a.png")
    assert jnd("encode", "a.png", "-o", "set/a.dfl", "--force").code == 0
    picture_suffixes.cache_clear()
    try:
        (row,) = jnd("encode", "set", "-o", "out/", "--json", "--force").rows
    finally:
        picture_suffixes.cache_clear()
    assert row["input"].endswith("a.dfl")


@pytest.mark.usefixtures("observer")
def test_an_observer(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    assert ("observers", "psnr") in [(row["room"], row["name"]) for row in jnd("models", "--json").rows]
    (row,) = jnd("encode", "a.png", "--observer", "psnr", "--json", "--force").rows
    assert row["observer"] == "psnr 1"
    (read,) = jnd("compare", "a.png", "a.jpg", "--observer", "psnr", "--json").rows
    assert read["jnd"] == pytest.approx(row["jnd"], abs=1e-4)
