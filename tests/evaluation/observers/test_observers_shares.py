"""Shares predicted without the picture: the truth is found, and a picture that is judged is not fitted on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.evaluation.observers import shares, subjective
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.subjective import Shares
from jndkit.study.psychometric import Counts


@pytest.fixture
def answers(answered: Path) -> Shares:
    return subjective.shares(answered)


def truth(answers: Shares) -> npt.NDArray[np.float64]:
    """What the viewers of the made-up table go by."""
    hard = np.isin(answers.picture, ["c.png", "d.png"])
    return np.asarray(np.log(100.0 - answers.setting.astype(float)) - 0.2 * hard)


def test_the_truth_is_found(answers: Shares) -> None:
    row = shares.score("truth", truth(answers), answers)
    assert row.error is None
    assert row.scores["rmse"] < 0.02  # counts are whole
    assert row.constants["d50"] == pytest.approx(np.exp(4.0), rel=0.03)
    assert row.constants["spread"] == pytest.approx(0.5, abs=0.05)
    assert row.constants["between"] < 0.12
    assert row.scores["coverage"] == 1.0
    assert row.scores["rank"] == pytest.approx(1.0)
    assert row.thresholds.keys() == set(answers.pictures)


def test_what_says_nothing_of_pictures_ranks_none(answers: Shares) -> None:
    row = shares.score("setting", np.log(100.0 - answers.setting.astype(float)), answers)
    assert "rank" not in row.scores
    assert row.scores["rmse"] > 0.05
    # Half notice later where pictures hide more.
    assert row.thresholds["c.png"] / row.thresholds["a.png"] == pytest.approx(np.exp(0.2), rel=0.05)


def test_the_judged_picture_takes_no_part(answers: Shares) -> None:
    x = truth(answers)
    before, _ = shares.left_out(x, answers)
    noticed = np.where(answers.picture == "a.png", 30.0 - answers.counts.noticed, answers.counts.noticed)
    after, _ = shares.left_out(x, replace(answers, counts=Counts(noticed, answers.counts.viewers)))
    own = answers.picture == "a.png"
    assert after[own] == pytest.approx(before[own])
    assert abs(after[~own] - before[~own]).max() > 0.05


def test_the_guesses(answers: Shares) -> None:
    fixed, constant = list(shares.scores(answers, Readings([], "midd")))
    assert (fixed.measure, constant.measure) == (shares.FIXED, shares.CONSTANT)
    share = answers.counts.share
    cell = (answers.codec == "jpeg") & (answers.setting == "40")
    own = cell & (answers.picture == "b.png")
    assert shares.fixed(answers)[own] == pytest.approx(share[cell & ~own].mean())
    assert fixed.scores["rmse"] < constant.scores["rmse"]
    assert abs(fixed.scores["bias jpeg"]) < 1e-9


def test_a_measure_that_falls_is_a_failed_row(answers: Shares) -> None:
    row = shares.score("backwards", -truth(answers), answers)
    assert row.error is not None
    assert "backwards: no curve fits" in row.error["message"]
