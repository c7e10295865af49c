"""jnd evaluate observers --study"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit.evaluation.observers.rows import by_kind, from_json
from tests.study.shown_plan import ask, shown_plan

Run = Callable[..., Any]
WHO = ("--observer", "cvvdp", "--observer", "psnr", "--jobs", "1")


def test_a_study_is_a_verdict(jnd: Run, tmp_path: Path) -> None:
    study, rows = tmp_path / "study", tmp_path / "rows.jsonl"
    ask(shown_plan(study, "2afc", pictures=2, codecs=("jpeg:420",)), 4, np.random.default_rng(1))
    said = jnd("evaluate", "observers", "--study", study, *WHO, "--rows", rows)
    assert said.code == 0, said.err
    assert "A study of your own: where half of the viewers notice. " in said.out
    for measure in ("cvvdp", "cvvdp, side-by-side", "psnr", "the setting alone", "one share for all"):
        assert f"| {measure} |" in said.out
    readings, scores = by_kind(from_json(json.loads(line)) for line in rows.read_text().splitlines())
    assert {row.reader for row in readings} == {"cvvdp", "psnr"}
    assert {row.table for row in scores} == {"study"}
    before = rows.read_text()
    assert jnd("evaluate", "observers", "--study", study, *WHO, "--rows", rows).out == said.out
    assert rows.read_text() == before
    assert jnd("evaluate", "observers", "--rows", rows).out == said.out


@pytest.mark.parametrize("more", [("--root", "."), ("--table", "midd"), ("--plot", "x.png")])
def test_what_does_not_go_together(jnd: Run, tmp_path: Path, more: tuple[str, str]) -> None:
    said = jnd("evaluate", "observers", "--study", tmp_path, *more)
    assert said.code == 2
    assert "--study has a table of its own" in said.err


def test_a_folder_that_is_no_study(jnd: Run, tmp_path: Path) -> None:
    said = jnd("evaluate", "observers", "--study", tmp_path)
    assert said.code == 1 or said.code == 2
    assert "`jnd study make` makes a study" in said.err
