"""docs/people.md says what the committed rows say, and these what the tables of people say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import forms
import masking
from jndkit.evaluation.observers import shares
from jndkit.evaluation.observers.jobs import jobs_left
from jndkit.evaluation.observers.rows import ReadingRow, ScoreRow, by_kind, from_json
from jndkit.evaluation.observers.scoring import score_tables
from jndkit.evaluation.observers.settings import Settings
from jndkit.evaluation.observers.tables import markdown
from jndkit.evaluation.rows import read

ROOT = Path(__file__).parents[3]
BENCHMARKS = ROOT / "benchmarks"
PAGE = (ROOT / "docs" / "people.md").read_text()
LOOK = "cvvdp, side-by-side"


@pytest.fixture(scope="module")
def rows() -> tuple[list[ReadingRow], list[ScoreRow]]:
    return by_kind(read(BENCHMARKS / "rows" / "observers.jsonl", from_json))


def test_the_tables_are_those_of_the_rows(rows: tuple[list[ReadingRow], list[ScoreRow]]) -> None:
    readings, scores = rows
    assert not [row for row in readings if row.error]
    assert not [row for row in scores if row.error]
    assert markdown(scores) in PAGE
    for script in (masking, forms):
        lines = script.ROWS.read_text().splitlines()
        assert script.table([json.loads(line) for line in lines]) in PAGE


def test_the_picture_is_there() -> None:
    names = re.findall(r"\]\(([\w./-]+\.png)\)", PAGE)
    assert names == ["people.png"]
    assert (ROOT / "docs" / names[0]).stat().st_size > 10_000


def test_what_was_aimed_at_side_by_side(rows: tuple[list[ReadingRow], list[ScoreRow]]) -> None:
    by_measure = {row.measure: row.scores for row in rows[1] if row.table == "midd"}
    look, fixed = by_measure[LOOK], by_measure[shares.FIXED]
    assert look["rmse"] < 0.150
    assert look["rmse jpeg"] < fixed["rmse jpeg"]
    assert max(abs(look["bias jpeg"]), abs(look["bias webp-off"])) < 0.03
    assert look["rank"] > by_measure["cvvdp"]["rank"] + 0.3


@pytest.mark.shared
def test_the_scores_follow_from_the_answers(rows: tuple[list[ReadingRow], list[ScoreRow]], shared: Path) -> None:
    readings, scores = rows
    some = [row for row in readings if row.reader == "cvvdp"]
    known = {(row.table, row.measure): row for row in scores}
    again = list(score_tables(shared / "data", ["midd", "aic", "encoders", "mcl-jci"], some))
    assert {LOOK, "cvvdp", "cvvdp / wu2017^0.8"} <= {row.measure for row in again if row.table == "midd"}
    for row in again:
        old = known[row.table, row.measure]
        assert row.people == old.people
        assert row.scores == pytest.approx(old.scores, abs=2e-3), (row.table, row.measure)


@pytest.mark.shared
def test_the_readings_are_those_of_the_observers(rows: tuple[list[ReadingRow], list[ScoreRow]], shared: Path) -> None:
    old = {row.reader: row for row in rows[0] if (row.table, row.input) == ("midd", "kodim05.webp")}
    settings = Settings(shared / "data", ("midd",), ("cvvdp", "ssimulacra2", "psnr", "ssim", "wu2017"))
    (job,) = (job for job in jobs_left(settings, []) if job.name == "kodim05.webp")
    for row in job.rows():
        assert row.error is None
        assert row.made_with == old[row.reader].made_with
        for name, values in row.readings.items():
            assert np.array(values) == pytest.approx(old[row.reader].readings[name], rel=1e-3)
