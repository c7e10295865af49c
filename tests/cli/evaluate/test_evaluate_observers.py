"""jnd evaluate observers"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jndkit.evaluation.observers import jobs as work
from jndkit.evaluation.observers.rows import ReadingRow

Run = Callable[..., Any]
TWO = ("--observer", "psnr", "--observer", "ssim", "-j", "1")
SIDE_BY_SIDE = ("--table", "midd", *TWO)


def test_every_table_that_is_there(jnd: Run, answered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    said = jnd("evaluate", "observers", "--root", answered, *TWO)
    assert said.code == 0, said.err
    assert said.err.count("the table encoders is left out: jpegli is not installed") == 1
    for line in (
        "MIDD-GAR, 4 pictures, 32 versions",
        "AIC-4 sample, 3 sources",
        "MCL-JCI, 6 pictures, against 1 other",
    ):
        assert line in said.out
    assert "Elo" not in said.out
    assert said.out.count("| psnr | ") == 2


def test_rows_are_kept_and_not_made_again(jnd: Run, answered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = jnd(
        "evaluate", "observers", "--root", answered, "--table", "midd", "--observer", "psnr", "--rows", "r.jsonl"
    )
    assert first.code == 0, first.err
    filled: list[str] = []
    fill = work._read

    def counted(row: ReadingRow, *rest: Any) -> None:
        filled.append(row.reader)
        fill(row, *rest)

    monkeypatch.setattr(work, "_read", counted)
    again = jnd("evaluate", "observers", "--root", answered, *SIDE_BY_SIDE, "--rows", "r.jsonl")
    assert again.code == 0, again.err
    assert filled == ["ssim"] * 4
    rows = [json.loads(line) for line in Path("r.jsonl").read_text().splitlines()]
    assert [row["measure"] for row in rows if "measure" in row][:2] == ["psnr", "ssim"]
    alone = jnd("evaluate", "observers", "--rows", "r.jsonl")
    assert alone.code == 0
    assert alone.out == again.out
    shown = jnd("evaluate", "observers", "--rows", "r.jsonl", "--json").rows
    assert shown == rows


def test_scores_of_other_tables_stay(jnd: Run, answered: Path) -> None:
    assert jnd("evaluate", "observers", "--root", answered, "--table", "aic", "--rows", "r.jsonl").code == 0
    said = jnd("evaluate", "observers", "--root", answered, *SIDE_BY_SIDE, "--rows", "r.jsonl")
    assert "AIC-4" not in said.out
    both = jnd("evaluate", "observers", "--rows", "r.jsonl")
    assert "AIC-4" in both.out
    assert "MIDD-GAR" in both.out


def test_an_interrupted_run_keeps_its_rows(jnd: Run, answered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill = work._read

    def interrupted(row: Any, *rest: Any) -> None:
        if row.reader == "ssim":
            raise KeyboardInterrupt
        fill(row, *rest)

    assert jnd("evaluate", "observers", "--root", answered, "--table", "aic", "--rows", "r.jsonl").code == 0
    scores = Path("r.jsonl").read_text()
    monkeypatch.setattr(work, "_read", interrupted)
    assert jnd("evaluate", "observers", "--root", answered, *SIDE_BY_SIDE, "--rows", "r.jsonl").code == 130
    after = Path("r.jsonl").read_text()
    assert after.startswith(scores)
    assert after.count("\n") == scores.count("\n") + 1


def test_a_version_that_cannot_be_read(jnd: Run, answered: Path) -> None:
    bad = answered / "people" / "midd" / "a-jpeg-20.png"
    bad.write_bytes(b"nothing")
    said = jnd("evaluate", "observers", "--root", answered, *SIDE_BY_SIDE, "--rows", "r.jsonl")
    assert said.code == 1
    assert said.err.count("a-jpeg-20.png") == 1
    # What was not read of every version is not judged.
    assert "| psnr |" not in said.out
    assert "| one share for all |" in said.out


def test_the_plot(jnd: Run, answered: Path) -> None:
    pytest.importorskip("matplotlib")
    ask = ("evaluate", "observers", "--root", answered, "--table", "midd", "--observer", "cvvdp", "-j", "1")
    said = jnd(*ask, "--rows", "r.jsonl", "--plot", "p.png")
    assert said.code == 0, said.err
    first = Path("p.png").read_bytes()
    assert first.startswith(b"\x89PNG")
    assert jnd(*ask, "--rows", "r.jsonl", "--plot", "p.png").code == 2
    assert jnd(*ask, "--rows", "r.jsonl", "--plot", "p.png", "--force").code == 0
    assert Path("p.png").read_bytes() == first


def test_what_is_refused(jnd: Run, answered: Path) -> None:
    Path("empty").mkdir()
    Path("r.jsonl").write_text('{"input": "a", "model": "flat"}\n')
    root = ("--root", answered)
    for arguments, code, said in (
        ((), 2, "name the folder of people's answers with --root"),
        (("--rows", "r.jsonl"), 2, "a row of another kind"),
        (("--rows", "s.jsonl", "--plot", "p.png"), 2, "a plot shows people's answers"),
        ((*root, "--plot", "p.svg"), 2, "a plot is written as .png"),
        ((*root, "--table", "kadid"), 2, "unknown table of people's answers 'kadid': choose midd"),
        ((*root, "--observer", "nobody"), 2, "unknown observer or metric 'nobody'"),
        ((*root, *TWO[:2], "-j", "0"), 2, "--jobs must be at least 1"),
        (("--root", "empty"), 1, "it holds none of"),
        (("--root", "nowhere"), 1, "it holds none of"),
        (("--root", "empty", "--table", "midd"), 1, "answers.csv"),
    ):
        result = jnd("evaluate", "observers", *arguments)
        assert result.code == code, (arguments, result)
        assert said in result.err
        assert result.out == ""
