"""jnd evaluate codecs"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jndkit import weights
from jndkit.evaluation.codecs.prepared import PreparedPicture
from jndkit.evaluation.codecs.rows import CodecRow

Run = Callable[..., Any]
Draw = Callable[..., Path]
TWO = ("--codec", "jpeg", "--codec", "webp", "-j", "1")


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The learned codec is not there, whatever the user trained."""
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(weights.CURRENT, "jndlic", "jndlic.nobody.v1")


def test_folders_give_tables(jnd: Run, draw: Draw) -> None:
    draw("one/a.png", seed=1)
    draw("two/in/b.png", seed=2)
    said = jnd("evaluate", "codecs", "one", "two", "-r", *TWO)
    assert said.code == 0, said.err
    for title in ("**one, 1 picture**", "**two, 1 picture**", "**all, 2 pictures**"):
        assert title in said.out
    for line in ("| webp | 2 | 0 |", "| jpeg, quality 90 | 2 | 0 |", "| bytes against jpeg at equal ..., % | JND |"):
        assert line in said.out


def test_rows_are_kept_and_not_made_again(jnd: Run, draw: Draw) -> None:
    draw("set/a.png", seed=1)
    assert jnd("evaluate", "codecs", "set", "--codec", "webp", "--rows", "r.jsonl").code == 0
    before = Path("r.jsonl").read_text()
    draw("set/b.png", seed=2)
    said = jnd("evaluate", "codecs", "set", *TWO, "--rows", "r.jsonl", "--json")
    assert said.code == 0, said.err
    assert len(said.rows) == 4
    after = Path("r.jsonl").read_text()
    assert before in after
    alone = jnd("evaluate", "codecs", "--rows", "r.jsonl")
    assert alone.code == 0
    assert "**set, 2 pictures**" in alone.out
    shown = jnd("evaluate", "codecs", "--rows", "r.jsonl", "--json").rows
    order = [("set/a.png", "jpeg"), ("set/a.png", "webp"), ("set/b.png", "jpeg"), ("set/b.png", "webp")]
    assert [(row["input"], row["codec"]) for row in shown] == order
    assert Path("r.jsonl").read_text() == after


def test_rows_of_another_library_are_made_again(jnd: Run, draw: Draw) -> None:
    draw("set/a.png", seed=1)
    assert jnd("evaluate", "codecs", "set", *TWO, "--rows", "r.jsonl").code == 0
    jpeg, webp = Path("r.jsonl").read_text().splitlines()
    older = webp.replace('"libwebp": "', '"libwebp": "0.')
    Path("r.jsonl").write_text(f"{jpeg}\n{older}\n")
    assert jnd("evaluate", "codecs", "set", *TWO, "--rows", "r.jsonl").code == 0
    assert Path("r.jsonl").read_text().splitlines()[0] == jpeg
    assert '"libwebp": "0.' not in Path("r.jsonl").read_text()


def test_an_interrupted_run_keeps_its_rows(jnd: Run, draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    draw("set/a.png", seed=1)
    fill = PreparedPicture.fill

    def interrupted(self: PreparedPicture, row: CodecRow) -> None:
        if row.codec == "webp":
            raise KeyboardInterrupt
        fill(self, row)

    monkeypatch.setattr(PreparedPicture, "fill", interrupted)
    assert jnd("evaluate", "codecs", "set", *TWO, "--rows", "r.jsonl").code == 130
    kept = Path("r.jsonl").read_text()
    assert kept.count("\n") == 1


def test_a_bad_picture_does_not_stop_it(jnd: Run, draw: Draw) -> None:
    draw("set/a.png")
    Path("set/b.png").write_bytes(b"nothing")
    said = jnd("evaluate", "codecs", "set", *TWO)
    assert said.code == 1
    assert said.err.count("set/b.png") == 1
    assert "**set, 1 picture**" in said.out
    assert [line[-5:] for line in said.out.splitlines()[-2:]] == ["| 1 |"] * 2


def test_the_plot(jnd: Run, draw: Draw) -> None:
    pytest.importorskip("matplotlib")
    draw("set/a.png")
    assert jnd("evaluate", "codecs", "set", *TWO, "--rows", "r.jsonl", "--plot", "p.png").code == 0
    first = Path("p.png").read_bytes()
    assert first.startswith(b"\x89PNG")
    assert jnd("evaluate", "codecs", "--rows", "r.jsonl", "--plot", "p.png").code == 2
    assert jnd("evaluate", "codecs", "--rows", "r.jsonl", "--plot", "p.png", "--force").code == 0
    assert Path("p.png").read_bytes() == first


def test_what_is_not_installed_is_left_out_and_named(jnd: Run, draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {name: "" if name == "jpeg" else f"pip install {name}" for name in ("jndlic", "jpeg", "webp", "avif")}
    missing |= {name: f"pip install {name}" for name in ("heic", "jxl", "vvc", "bpg", "png")}
    monkeypatch.setattr("jndkit.codecs.available", lambda: missing)
    monkeypatch.setattr("jndkit.evaluation.codecs.settings.available", lambda: missing)
    draw("set/a.png")
    said = jnd("evaluate", "codecs", "set", "--json")
    assert said.code == 0, said.err
    assert [row["codec"] for row in said.rows] == ["jpeg"]
    for name in ("jndlic", "webp", "avif", "heic", "jxl", "vvc", "bpg"):
        assert f"the codec {name} is left out: install it with: pip install {name}" in said.err
    assert "png" not in said.err


def test_what_is_refused(jnd: Run, draw: Draw) -> None:
    draw("set/a.png")
    Path("empty").mkdir()
    Path("r.jsonl").write_text('{"input": "a", "model": "flat"}\n')
    for arguments, code in (
        ((), 2),
        (("set", "--codec", "png"), 2),
        (("set", "--codec", "jpeg:q75"), 2),
        (("set", "--codec", "nothing"), 2),
        (("set", "--codec", "jndlic"), 3),
        (("set", "--viewing", "cinema"), 2),
        (("set", *TWO[:2], "-j", "0"), 2),
        (("set", "--plot", "p.svg"), 2),
        (("set", "--rows", "r.jsonl"), 2),
        (("empty", *TWO), 1),
    ):
        said = jnd("evaluate", "codecs", *arguments)
        assert said.code == code, (arguments, said)
        assert said.out == ""
