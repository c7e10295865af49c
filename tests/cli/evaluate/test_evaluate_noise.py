"""jnd evaluate noise"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Draw = Callable[..., Path]
TWO = ("--model", "flat", "--model", "chou1995")


def test_help(jnd: Run) -> None:
    assert "noise" in jnd("evaluate", "--help").out
    said = jnd("evaluate", "noise", "--help")
    assert said.code == 0
    assert "Usage: jnd evaluate noise" in said.out


def test_a_folder_gives_a_table(jnd: Run, draw: Draw) -> None:
    for seed in range(2):
        draw(f"set/{seed}.png", seed=seed)
    said = jnd("evaluate", "noise", "set", *TWO, "-j", "1")
    assert said.code == 0, said.err
    assert "| chou1995 | 2 |" in said.out
    assert "| *flat* (baseline) | 2 |" in said.out


def test_rows_are_kept_and_not_made_again(jnd: Run, draw: Draw) -> None:
    draw("set/deep/a.png", seed=1)
    assert jnd("evaluate", "noise", "set", *TWO, "--rows", "r.jsonl", "-r").code == 0
    before = Path("r.jsonl").read_text()
    assert before.count("\n") == 2
    assert '"input": "set/deep/a.png"' in before
    draw("set/b.png", seed=2)
    said = jnd("evaluate", "noise", "set", *TWO, "--rows", "r.jsonl", "-r", "--json")
    assert [(row["input"], row["model"]) for row in said.rows] == [
        ("set/deep/a.png", "flat"), ("set/deep/a.png", "chou1995"), ("set/b.png", "flat"), ("set/b.png", "chou1995")
    ]  # fmt: skip
    after = Path("r.jsonl").read_text()
    assert after.count("\n") == 4
    assert set(before.splitlines()) < set(after.splitlines())
    alone = jnd("evaluate", "noise", "--rows", "r.jsonl")
    assert alone.code == 0
    assert "| chou1995 | 2 |" in alone.out
    assert len(jnd("evaluate", "noise", "--rows", "r.jsonl", "--json").rows) == 4
    assert Path("r.jsonl").read_text() == after


def test_a_bad_picture_does_not_stop_it(jnd: Run, draw: Draw) -> None:
    draw("set/a.png")
    Path("set/b.png").write_bytes(b"nothing")
    said = jnd("evaluate", "noise", "set", *TWO, "--rows", "r.jsonl", "-j", "2")
    assert said.code == 1
    assert said.err.count("set/b.png") == 1
    assert "| chou1995 | 1 (1 failed) |" in said.out
    draw("set/b.png", seed=4)
    assert "| chou1995 | 2 |" in jnd("evaluate", "noise", "set", *TWO, "--rows", "r.jsonl").out


def test_rows_of_another_kind_are_not_added_to(jnd: Run, draw: Draw) -> None:
    draw("set/a.png")
    assert jnd("evaluate", "noise", "set", *TWO, "--rows", "r.jsonl").code == 0
    before = Path("r.jsonl").read_bytes()
    for other in (
        ("--viewing", "4k"), ("--psnr", "30"), ("--jnd", "0.5"), ("--seed", "1"), ("--border", "zero"),
        ("--protocol", "side-by-side"),
    ):  # fmt: skip
        said = jnd("evaluate", "noise", "set", *TWO, "--rows", "r.jsonl", *other)
        assert said.code == 2
        assert "cannot stand in one table" in said.err
    assert Path("r.jsonl").read_bytes() == before


def test_noise_may_be_read_as_people_look(jnd: Run, draw: Draw) -> None:
    draw("set/a.png")
    said = jnd("evaluate", "noise", "set", *TWO, "--protocol", "side-by-side", "-j", "1")
    assert said.code == 0, said.err
    assert "as the people of side-by-side look, desktop" in said.out


def test_the_plot(jnd: Run, draw: Draw) -> None:
    pytest.importorskip("matplotlib")
    draw("set/a.png")
    assert jnd("evaluate", "noise", "set", *TWO, "--rows", "r.jsonl", "--plot", "p.png").code == 0
    assert Path("p.png").read_bytes().startswith(b"\x89PNG")
    assert jnd("evaluate", "noise", "--rows", "r.jsonl", "--plot", "p.png").code == 2
    assert jnd("evaluate", "noise", "--rows", "r.jsonl", "--plot", "p.png", "--force").code == 0


def test_what_is_refused(jnd: Run, draw: Draw) -> None:
    draw("set/a.png")
    draw("other/set/a.png", seed=2)
    Path("empty").mkdir()
    for arguments, code in (
        ((), 2),
        (("set", "--model", "nobody1900"), 2),
        (("set", "-j", "0"), 2),
        (("set", "--psnr", "0"), 2),
        (("set", "--plot", "p.svg"), 2),
        (("set", "other/set"), 2),
        (("empty",), 1),
        (("set", "--rows", "none/r.jsonl"), 1),
    ):
        said = jnd("evaluate", "noise", *arguments)
        assert said.code == code, (arguments, said)
        assert said.out == ""
    assert jnd("evaluate", "codecs").code == 2
