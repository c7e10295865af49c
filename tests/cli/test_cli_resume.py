"""jnd encode again, over what earlier runs left: each file is its own input's, made as was asked."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jndkit.provenance import told
from jndkit.settings import Settings

Run = Callable[..., Any]
Draw = Callable[..., Path]

# What only the run that made a file knows.
STEPS = "jpeg:tuned,420,steps-dnpfmaTNZedljcfkti"
OF_THE_RUN = {
    *("status", "notes", "seconds", "encodes", "probes", "prediction", "stop", "jnd_local", "where", "domain"),
    *("second", "panel", "input_coding"),
}


def _message(row: dict[str, Any]) -> str:
    return str((row["error"] or {}).get("message", ""))


def test_two_cards_with_the_same_names(jnd: Run, draw: Draw) -> None:
    draw("card1/IMG_1.png", seed=1)
    draw("card2/IMG_1.png", seed=2)
    assert jnd("encode", "card1", "-o", "out").code == 0
    first = Path("out/IMG_1.jpg").read_bytes()
    said = jnd("encode", "card2", "-o", "out", "--json")
    assert said.code == 1
    assert said.rows[0]["status"] == "failed"
    assert "out/IMG_1.jpg: it was written by jndkit from another picture" in _message(said.rows[0])
    assert "--force replaces it" in said.err
    assert Path("out/IMG_1.jpg").read_bytes() == first
    assert jnd("encode", "card2", "-o", "out", "--force").code == 0
    assert Path("out/IMG_1.jpg").read_bytes() != first
    assert jnd("encode", "card2", "-o", "out", "--json").rows[0]["status"] == "skipped"


def test_a_mark_that_says_shave_means_prefilter(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    assert jnd("encode", "a.png", "--prefilter", "wu2017").code == 0
    data = Path("a.jpg").read_bytes()
    mark = re.search(rb"jndkit [ -~]*", data)
    assert mark is not None
    before = mark[0].replace(b"; prefilter=", b"; shave=").ljust(len(mark[0]))
    assert before != mark[0]
    Path("a.jpg").write_bytes(data.replace(mark[0], before))
    assert jnd("encode", "a.png", "--prefilter", "wu2017", "--json").rows[0]["status"] == "skipped"
    assert jnd("encode", "a.png", "--json").rows[0]["status"] == "failed"


def test_an_input_that_was_replaced(jnd: Run, draw: Draw) -> None:
    draw("a.png", seed=1)
    assert jnd("encode", "a.png").code == 0
    draw("a.png", seed=2)
    said = jnd("encode", "a.png", "--json")
    assert said.code == 1
    assert "a.jpg: it was written by jndkit from another picture, or from this one before" in _message(said.rows[0])
    assert jnd("encode", "a.png", "--force").code == 0
    assert jnd("encode", "a.png", "--json").rows[0]["status"] == "skipped"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--viewers", "90"], "viewers=90"),
        (["--viewing", "4k"], "viewing=4k"),
        (["--effort", "fast"], "effort=fast"),
        (["--codec", "jpeg:444"], "codec=jpeg:444"),
        (["--keep-metadata", "none"], "keep_metadata=none"),
    ],
)
def test_other_settings(jnd: Run, draw: Draw, asked: list[str], said: str) -> None:
    draw("a.png")
    assert jnd("encode", "a.png").code == 0
    before = Path("a.jpg").read_bytes()
    again = jnd("encode", "a.png", "--json", *asked)
    assert again.code == 1
    assert f"a.jpg: it was written by jndkit with the defaults, and this run asks for {said}" in _message(again.rows[0])
    assert Path("a.jpg").read_bytes() == before
    assert jnd("encode", "a.png", "--force", *asked).code == 0
    assert jnd("encode", "a.png", "--json", *asked).rows[0]["status"] == "skipped"
    assert f"written by jndkit with {said}, and this run asks for the defaults" in jnd("encode", "a.png").err


def test_settings_that_come_to_the_same(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    assert jnd("encode", "a.png").code == 0
    for asked in (["--viewing", "desktop"], ["--min-saving", "1"], ["--max-pixels", "10000000"], ["--codec", "jpeg"]):
        assert jnd("encode", "a.png", "--json", *asked).rows[0]["status"] == "skipped"


def test_files_of_releases_that_did_not_say(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    assert jnd("encode", "a.png").code == 0
    data = Path("a.jpg").read_bytes()
    at = data.index(b"\xff\xfe")
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    Path("a.jpg").write_bytes(data[:at] + b"\xff\xfe\0\x0ejndkit 0.0.9" + data[at + 2 + length :])
    said = jnd("encode", "a.png", "--json")
    assert said.code == 1
    assert "written by jndkit 0.0.9, and does not say of which picture" in _message(said.rows[0])


@pytest.mark.parametrize("codec", ["jpeg", STEPS, "webp", "avif", "jndlic", "auto"])
def test_rows_of_a_resumed_run_are_those_of_a_clean_one(jnd: Run, draw: Draw, codec: str) -> None:
    for index in range(2):
        draw(f"in/{index}.png", seed=index)
    asked = ["--codec", codec, "--viewers", "80", "--jobs", "1", "--json"]
    clean = jnd("encode", "in", "-o", "out", *asked).rows
    resumed = jnd("encode", "in", "-o", "out", *asked).rows
    for one, other in zip(clean, resumed, strict=True):
        assert other["status"] == "skipped"
        assert other["versions"]["jndkit"] == one["versions"]["jndkit"]
        for key in one.keys() - OF_THE_RUN - {"versions"}:
            assert one[key] == other[key], key


def test_bytes_are_those_of_the_file(jnd: Run, draw: Draw) -> None:
    """What another program added after us counts."""
    draw("a.png")
    assert jnd("encode", "a.png").code == 0
    with Path("a.jpg").open("ab") as file:
        file.write(b"\0" * 100)
    row = jnd("encode", "a.png", "--json").rows[0]
    assert row["status"] == "skipped"
    assert row["bytes"] == Path("a.jpg").stat().st_size


def test_clashing_names_are_whole(jnd: Run, draw: Draw) -> None:
    draw("in/IMG_1.jpg", seed=1, quality=100)
    draw("in/IMG_1.png", seed=2)
    draw("in/b.png", seed=3)
    for _ in range(2):
        said = jnd("encode", "in", "-o", "out", "--codec", "webp", "--json")
        assert said.code == 0
        outputs = [row["output"] for row in said.rows]
        assert outputs == ["out/IMG_1.jpg.webp", "out/IMG_1.png.webp", "out/b.webp"]
        notes = ["in/IMG_1.png would be written to IMG_1.webp too, so its whole name stays in its output's"]
        assert [note for note in said.rows[0]["notes"] if "too" in note] == notes
        assert notes[0] in said.err
    assert [row["status"] for row in said.rows] == ["skipped"] * 3


def test_clashes_beside_the_inputs(jnd: Run, draw: Draw) -> None:
    draw("in/IMG_1.jpg", seed=1, quality=100)
    draw("in/IMG_1.png", seed=2)
    before = Path("in/IMG_1.jpg").read_bytes()
    for _ in range(2):
        said = jnd("encode", "in", "--json")
        assert said.code == 0
        assert [row["output"] for row in said.rows] == ["in/IMG_1.jpg.jpg", "in/IMG_1.png.jpg"]
    assert Path("in/IMG_1.jpg").read_bytes() == before
    assert len(list(Path("in").iterdir())) == 4


def test_a_clash_that_comes_later(jnd: Run, draw: Draw) -> None:
    """What was written under its short name stays, and the newcomer gets its whole name."""
    draw("in/a.png", seed=1)
    assert jnd("encode", "in").code == 0
    shutil.move(draw("a.png", seed=2), "in/a.tif.png")
    draw("in/a.webp", seed=3)
    said = jnd("encode", "in", "--json")
    assert said.code == 0
    assert [(row["input"], row["output"], row["status"]) for row in said.rows] == [
        ("in/a.png", "in/a.jpg", "skipped"),
        ("in/a.tif.png", "in/a.tif.jpg", "written"),
        ("in/a.webp", "in/a.webp.jpg", "written"),
    ]


def test_a_whole_name_that_clashes_too(jnd: Run, draw: Draw) -> None:
    for seed, name in enumerate(("in/a.png", "in/a.webp", "in/a.png.webp")):
        draw(name, seed=seed)
    said = jnd("encode", "in", "-o", "out", "--json")
    assert said.code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png.jpg", "a.png.webp.jpg", "a.webp.jpg"]


def test_files_of_ours_clash_with_nothing(jnd: Run, draw: Draw) -> None:
    """They are not coded again, so that they need no name."""
    draw("in/a.png")
    assert jnd("encode", "in").code == 0
    said = jnd("encode", "in", "--codec", "webp", "-o", "out", "--json")
    assert said.code == 0
    assert [(row["input"], row["output"]) for row in said.rows] == [("in/a.jpg", None), ("in/a.png", "out/a.webp")]


def test_two_inputs_and_a_files_name(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    draw("a.webp")
    assert jnd("encode", "a.png", "a.webp", "-o", "a.jpg").code == 2


def test_what_marks_tell_of_settings() -> None:
    assert told(Settings()) == ""
    assert told(Settings(viewers=90, viewing="desktop", min_saving=0, force=True, max_pixels=1)) == "viewers=90"
    assert told(Settings(protocol="mcl-jci", viewing="4k")) == "protocol=mcl-jci"
    assert told(Settings(codec="avif:s4,444", viewing=45)) == "codec=avif:s4,444 viewing=45ppd"
    long = Settings(codec="avif:s4,444", viewing=45, prefilter="wu2017", effort="best")
    assert told(long).startswith("sha256=")
    assert told(long) != told(Settings(codec="avif:s4,444", viewing=45, prefilter="wu2017", effort="fast"))


def test_no_path_is_in_a_mark(jnd: Run, draw: Draw, tmp_path: Path) -> None:
    draw("a-telling-name.png")
    row = json.loads(jnd("encode", tmp_path / "a-telling-name.png", "-o", "b.jpg", "--json").out)
    assert row["status"] == "written"
    data = Path("b.jpg").read_bytes()
    assert b"telling" not in data
    assert tmp_path.name.encode() not in data
