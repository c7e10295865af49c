"""Observers against a study: who knows the viewers' scale errs least, and what knows no picture stands beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jndkit.errors import InputError
from jndkit.evaluation.observers import thresholds, units
from jndkit.evaluation.observers.asked import BYTES, SETTING, asked, guesses
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.rows import ReadingRow, ScoreRow
from jndkit.evaluation.observers.scoring import score_study
from jndkit.evaluation.observers.tables import markdown
from tests.study.shown_plan import ask, shown_plan


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Three pictures in two codecs, and six simulated viewers whose thresholds lie near 1.1 JND as `cvvdp` reads."""
    folder = tmp_path_factory.mktemp("study")
    ask(shown_plan(folder, request.param, pictures=3), 6, np.random.default_rng(1))
    return folder


def read(folder: Path, *extra: tuple[str, float]) -> list[ReadingRow]:
    """Rows as the plan's observer has them, and measures that are wrong by so much from picture to picture."""
    study, rows, random = asked(folder), list[ReadingRow](), np.random.default_rng(2)
    for picture in dict.fromkeys(study.pictures):
        row = ReadingRow("study", picture, "cvvdp", "desktop", 37.8355, texture=2.0, source="cvvdp")
        wrong = {name: float(np.exp(sd * random.standard_normal())) for name, sd in extra}
        for stimulus in (each for each in study.stimuli if each.picture == picture):
            for level in stimulus.levels:
                row.stimuli.append(f"{stimulus.name}/{level.index}")
                row.readings.setdefault("cvvdp", []).append(level.jnd)
                row.errors.setdefault("cvvdp", []).append(0.3)
                for name, factor in wrong.items():
                    row.readings.setdefault(name, []).append(level.jnd * factor)
        rows.append(row)
    return rows


@pytest.mark.parametrize("study", ["2afc", "flicker", "triplet"], indirect=True)
def test_who_reads_as_the_viewers_see_errs_least(study: Path) -> None:
    scores = {row.measure: row for row in score_study(asked(study), read(study, ("vpjnd", 1.0)))}
    right, wrong = scores["cvvdp"].scores, scores["vpjnd"].scores
    assert right["rmse"] < wrong["rmse"]
    constant = scores[thresholds.CONSTANT if thresholds.CONSTANT in scores else units.CONSTANT].scores
    assert right["log_likelihood"] > max(wrong["log_likelihood"], constant["log_likelihood"])
    assert 0.0 <= right["stated"] <= 1.0
    assert {"bias jpeg:420", "bias webp:m4"} <= right.keys()
    assert {SETTING, BYTES} <= scores.keys()
    assert all(row.viewers == 6 and row.answers > 100 and row.pictures == 3 for row in scores.values())
    assert "A study of your own" in markdown(list(scores.values()))


@pytest.mark.parametrize("study", ["2afc"], indirect=True)
def test_half_notice_where_they_do(study: Path) -> None:
    (row,) = (row for row in score_study(asked(study), read(study)) if row.measure == "cvvdp")
    assert row.constants["d50"] == pytest.approx(1.1, rel=0.25)


@pytest.mark.parametrize("study", ["2afc"], indirect=True)
def test_a_measure_on_another_scale_is_scored_alike(study: Path) -> None:
    """A power and a factor on a reading change no order and no threshold: only the constants."""
    rows = read(study)
    for row in rows:
        row.readings["vpjnd"] = [2.0 * value**1.5 for value in row.readings["cvvdp"]]
    scores = {row.measure: row.scores for row in score_study(asked(study), rows)}
    assert scores["vpjnd"]["rmse"] == pytest.approx(scores["cvvdp"]["rmse"], rel=0.05)
    assert scores["vpjnd"]["log_likelihood"] == pytest.approx(scores["cvvdp"]["log_likelihood"], rel=0.02)


@pytest.mark.parametrize("study", ["flicker"], indirect=True)
def test_guesses_know_no_picture(study: Path) -> None:
    told = asked(study)
    for _, values in guesses(told):
        assert [len(row) for row in values] == [len(stimulus.levels) for stimulus in told.stimuli]
    setting = dict(guesses(told))[SETTING]
    known: dict[tuple[str, float], float] = {}
    for stimulus, row in zip(told.stimuli, setting, strict=True):
        for level, value in zip(stimulus.levels, row, strict=True):
            assert known.setdefault((stimulus.codec, level.knob), float(value)) == pytest.approx(float(value))


@pytest.mark.parametrize("study", ["2afc"], indirect=True)
def test_measures_that_miss_a_version_are_left_out(study: Path) -> None:
    rows = read(study)
    rows[0].readings["psnr"] = [30.0] * len(rows[0].stimuli)
    assert "psnr" not in {row.measure for row in thresholds.scores(asked(study), Readings(rows, "study"))}


def test_a_folder_that_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="jnd study make"):
        asked(tmp_path)
    shown_plan(tmp_path / "study", "2afc", pictures=1, codecs=("jpeg:420",))
    with pytest.raises(InputError, match="there are no answers yet"):
        asked(tmp_path / "study")


def test_scores_of_every_kind_are_in_the_table() -> None:
    row = ScoreRow("study", "cvvdp", {"rmse": 0.2, "log_likelihood": -3.0, "bias jpeg:420": 0.1}, viewers=2, answers=9)
    assert "| bias, jpeg:420 |" in markdown([row])
