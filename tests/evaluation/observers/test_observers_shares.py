"""Shares predicted without the picture: the truth is found, and a picture that is judged is not fitted on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.evaluation.observers import shares, subjective as people
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.subjective import Shares
from jndkit.evaluation.psychometric import Counts


@pytest.fixture
def told(answered: Path) -> Shares:
    return people.shares(answered)


def truth(told: Shares) -> npt.NDArray[np.float64]:
    """What the viewers of the made-up table go by."""
    hard = np.isin(told.picture, ["c.png", "d.png"])
    return np.asarray(np.log(100.0 - told.setting.astype(float)) - 0.2 * hard)


def test_the_truth_is_found(told: Shares) -> None:
    row = shares.judged("truth", truth(told), told)
    assert row.error is None
    assert row.scores["rmse"] < 0.02  # counts are whole
    assert row.constants["d50"] == pytest.approx(np.exp(4.0), rel=0.03)
    assert row.constants["spread"] == pytest.approx(0.5, abs=0.05)
    assert row.constants["between"] < 0.12
    assert row.scores["coverage"] == 1.0
    assert row.scores["rank"] == pytest.approx(1.0)
    assert row.thresholds.keys() == set(told.pictures)


def test_what_says_nothing_of_pictures_ranks_none(told: Shares) -> None:
    row = shares.judged("setting", np.log(100.0 - told.setting.astype(float)), told)
    assert "rank" not in row.scores
    assert row.scores["rmse"] > 0.05
    # Half notice later where pictures hide more.
    assert row.thresholds["c.png"] / row.thresholds["a.png"] == pytest.approx(np.exp(0.2), rel=0.05)


def test_the_judged_picture_takes_no_part(told: Shares) -> None:
    x = truth(told)
    before, _ = shares.left_out(x, told)
    noticed = np.where(told.picture == "a.png", 30.0 - told.told.noticed, told.told.noticed)
    after, _ = shares.left_out(x, replace(told, told=Counts(noticed, told.told.viewers)))
    own = told.picture == "a.png"
    assert after[own] == pytest.approx(before[own])
    assert abs(after[~own] - before[~own]).max() > 0.05


def test_the_guesses(told: Shares) -> None:
    fixed, constant = list(shares.scores(told, Readings([], "midd")))
    assert (fixed.measure, constant.measure) == (shares.FIXED, shares.CONSTANT)
    share = told.told.share
    cell = (told.codec == "jpeg") & (told.setting == "40")
    own = cell & (told.picture == "b.png")
    assert shares.fixed(told)[own] == pytest.approx(share[cell & ~own].mean())
    assert fixed.scores["rmse"] < constant.scores["rmse"]
    assert abs(fixed.scores["bias jpeg"]) < 1e-9


def test_a_measure_that_falls_is_a_failed_row(told: Shares) -> None:
    row = shares.judged("backwards", -truth(told), told)
    assert row.error is not None
    assert "backwards: no curve fits" in row.error["message"]
