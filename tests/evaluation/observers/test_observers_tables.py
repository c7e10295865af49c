"""Tables and drawing: what they say of rows, and which rows they refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jndkit.errors import UsageError
from jndkit.evaluation.observers import shares, subjective
from jndkit.evaluation.observers.plots import write_plot
from jndkit.evaluation.observers.rows import ScoreRow
from jndkit.evaluation.observers.scoring import score_tables
from jndkit.evaluation.observers.tables import markdown


@pytest.fixture
def rows(answered: Path) -> list[ScoreRow]:
    return list(score_tables(answered, ("midd", "aic", "encoders", "mcl-jci"), []))


def test_the_best_comes_first(rows: list[ScoreRow]) -> None:
    text = markdown(rows)
    lines = text.splitlines()
    assert sum(line.startswith("| measure |") for line in lines) == 4
    order = [line.split(" | ")[0] for line in lines if line.startswith("| one ")]
    assert order[:2] == [f"| {shares.FIXED}", f"| {shares.CONSTANT}"]
    assert next(line for line in lines if "JND of the AIC-4 sample" in line).startswith("**In flicker and zoom")
    assert "| people | " in text
    assert "At equal Elo: " in text


def test_what_has_no_value_leaves_its_cell_empty(rows: list[ScoreRow]) -> None:
    some = [row for row in rows if row.table == "midd"]
    some.append(replace(some[0], measure="blind", scores={**some[0].scores, "coverage": 0.9}))
    some.append(replace(some[0], measure="sighted", scores={**some[0].scores, "rank": 0.5}))
    line = next(line for line in markdown(some).splitlines() if line.startswith("| blind |"))
    assert line.split(" | ")[7] == ""
    assert line.rstrip(" |").endswith("90")
    assert "-0.000" not in markdown(some)


def test_rows_that_may_not_stand_together(rows: list[ScoreRow]) -> None:
    other = replace(rows[0], measure="other", people="of another table")
    for some, said in (
        ([*rows, rows[0]], "is there 2 times"),
        ([*rows, other], "differ in people's answers of midd"),
        ([replace(rows[0], table="kadid")], "unknown table 'kadid'"),
        ([replace(rows[0], error={"type": "UsageError", "message": "no"})], "no row with a result"),
    ):
        with pytest.raises(UsageError, match=said):
            markdown(some)


def test_no_answer_of_people_is_in_a_row(rows: list[ScoreRow]) -> None:
    """Nor what they can be worked out from: means over all pictures but one."""
    assert not [row for row in rows if row.table in ("midd", "aic", "mcl-jci") and row.predicted]


def test_the_drawing(rows: list[ScoreRow], answered: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    answers = subjective.shares(answered)
    x = np.log(100.0 - answers.setting.astype(float))
    for name in ("cvvdp", "cvvdp, side-by-side"):
        row = shares.score(name, x, answers)
        row.texture, row.people = dict.fromkeys(answers.pictures, 2.0), rows[0].people
        rows.append(row)
    write_plot(rows, answers, tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="midd has no row of cvvdp, side-by-side"):
        write_plot(rows[:-1], answers, tmp_path / "q.png")
    del rows[-1].predicted["a-jpeg-20.png"]
    with pytest.raises(UsageError, match=r"the rows say nothing of a-jpeg-20\.png"):
        write_plot(rows, answers, tmp_path / "q.png")
    assert not (tmp_path / "q.png").exists()
