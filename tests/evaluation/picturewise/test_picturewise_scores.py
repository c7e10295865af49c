"""Scores of answers that are known, against a truth that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from jndkit.errors import UsageError
from jndkit.evaluation.picturewise.estimates import Estimate, baselines, bisect, estimates, nearest
from jndkit.evaluation.picturewise.ground_truth import GroundTruth, observed_ground_truth
from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.evaluation.picturewise.scores import Score, cases, score
from jndkit.evaluation.picturewise.settings import Settings
from jndkit.evaluation.picturewise.summary import summaries
from jndkit.protocols import PROTOCOLS
from jndkit.visibility import viewers

AIC = PROTOCOLS["aic"][0]
GRID = tuple(float(quality) for quality in range(1, 101))
Make = Callable[..., dict[str, KnobRow]]


def truth(boundary: int) -> GroundTruth:
    """Bytes double every ten levels; three of four are satisfied from the boundary on, all others nowhere."""
    levels = np.arange(100, dtype=np.float64)
    return GroundTruth(GRID, (levels >= boundary).astype(np.float64), 1000.0 * np.exp2(levels / 10.0), {"75": boundary})


def scored(estimate: Estimate, boundary: int = 80) -> Score:
    return score("a", estimate, truth(boundary), "jpeg:420", "75", 0.47)


def test_an_answer_below_the_boundary_is_seen() -> None:
    result = scored(Estimate("knob", step=74, low=70, high=79))
    assert result.error == 6.0
    assert result.right == pytest.approx(0.94)
    assert result.near == pytest.approx(25 / 31)
    assert result.seen is True
    assert result.held is False
    assert result.unreachable is False
    assert result.recognised is None
    assert result.saved == pytest.approx(1 - 2**-2.5)
    assert result.over90 == pytest.approx(1 - 2**-1.5)
    assert result.default == pytest.approx(0.0)


def test_an_answer_above_it_is_not() -> None:
    result = scored(Estimate("knob", step=83, low=80, high=90, satisfied=np.full(100, 0.5)))
    assert (result.error, result.seen, result.held) == (3.0, False, True)
    assert result.sur == pytest.approx(0.5)


def test_a_picture_that_no_level_serves_counts_as_one_beyond() -> None:
    caught, missed = scored(Estimate("knob", step=100), 100), scored(Estimate("knob", step=90), 100)
    assert (caught.error, caught.unreachable, caught.recognised, caught.seen) == (0.0, True, True, False)
    assert (missed.error, missed.unreachable, missed.recognised, missed.seen) == (10.0, True, False, True)
    assert missed.near == pytest.approx(5 / 15)


def test_levels_that_were_read_are_told_one_by_one() -> None:
    jnd = np.where(np.arange(100) < 80, 1.0, 0.1)
    jnd[85] = 0.6
    assert scored(Estimate("vpjnd", step=80, jnd=jnd)).right == pytest.approx(0.99)


def test_a_file_is_judged_by_its_own_reading_and_size() -> None:
    result = scored(Estimate("search", bytes=1000, seen=False, encodes=3))
    assert (result.error, result.right, result.seen, result.encodes) == (None, None, False, 3)
    assert result.saved == pytest.approx(1 - 2**-9.9)


@pytest.mark.parametrize("boundary", [0, 1, 37, 99, 100])
def test_bisection_finds_a_boundary(boundary: int) -> None:
    step, asked = bisect(np.arange(100) < boundary)
    assert step == boundary
    assert asked <= 7


def test_the_nearest_step_may_be_past_the_best() -> None:
    assert nearest(truth(3), 100.6) == 100
    assert nearest(truth(3), 71.2) == 70


@pytest.fixture
def rows_of() -> Make:
    """made("a.png", offset) : rows of a picture whose JND falls by 5 % a level, predicted `offset` too high."""

    def rows(name: str, offset: float = 0.0) -> dict[str, KnobRow]:
        settings = Settings(codecs=("jpeg",), methods=("cvvdp", "knob", "search"))
        by_method = {part[2]: settings.row(name, part) for part in settings.parts}
        jnd = 4.0 * 0.95 ** np.arange(100)
        levels = {"value": list(GRID), "jnd": jnd.tolist(), "bytes": list(range(100, 200))}
        by_method["cvvdp"].levels = levels | {"psnr": (20.0 + 0.3 * np.arange(100)).tolist(), "ssim": [0.99] * 100}
        by_method["knob"].levels = {"value": list(GRID), "jnd": (jnd * 1.1).tolist()}
        for share, target in by_method["knob"].targets.items():
            true = float((jnd > target).sum() + 1)
            by_method["knob"].answers[share] = {"value": true + offset, "low": true - 1, "high": None, "encodes": 0}
            by_method["search"].answers[share] = {
                "codec": "jpeg:444", "value": 50, "bytes": 120, "jnd": target * 0.95, "encodes": 2
            }  # fmt: skip
        return by_method

    return rows


def test_every_method_has_its_say(rows_of: Make) -> None:
    rows = rows_of("a.png", 2.0)
    held = observed_ground_truth(rows["cvvdp"], GRID, AIC)
    by_method = {estimate.method: estimate for estimate in estimates(rows, "75", held, AIC)}
    assert set(by_method) == {"knob", "bisection", "search"}
    true = held.boundary["75"]
    assert (by_method["knob"].step, by_method["knob"].low, by_method["knob"].high) == (true + 2, true - 1, 100)
    assert by_method["bisection"].step == true
    assert by_method["search"].step is None  # another chroma sampling
    rows["search"].answers["75"] |= {"codec": "jpeg:420", "jnd": 0.5}
    other = {estimate.method: estimate for estimate in estimates(rows, "75", held, AIC)}["search"]
    assert (other.step, other.seen) == (49, True)


def test_baselines_are_those_of_the_codec_and_display(rows_of: Make) -> None:
    row = rows_of("a.png")["cvvdp"]
    held = observed_ground_truth(row, GRID, AIC)
    here = {estimate.method: estimate.step for estimate in baselines(row, "75", held, AIC)}
    assert here["constant"] is not None
    assert 85 < here["constant"] < 98
    row.viewing = "4k"
    there = {estimate.method: estimate.step for estimate in baselines(row, "75", held, AIC)}
    assert there["constant"] is not None
    assert there["constant"] < here["constant"] - 10
    row.viewing = "phone"
    assert list(baselines(row, "75", held, AIC)) == []


def test_summaries_over_pictures(rows_of: Make) -> None:
    rows = [row for name, offset in (("a", 2.0), ("b", 4.0)) for row in rows_of(name, offset).values()]
    by_case = {case: summaries(scores) for case, scores in cases(rows)}
    assert set(by_case) == {("jpeg:420", "desktop", share) for share in ("75", "50", "90")}
    knob = next(summary for summary in by_case["jpeg:420", "desktop", "75"] if summary.method == "knob")
    error = knob.of("error")
    assert error is not None
    assert (error.value, error.n) == (3.0, 2)
    assert knob.of("held") == pytest.approx((1.0, 0.0, 2))
    assert knob.of("seen") == pytest.approx((0.0, 0.0, 2))
    sur = knob.of("sur")
    assert sur is not None
    jnd = 4.0 * 0.95 ** np.arange(100)
    expected = np.mean([abs(viewers(1.1 * level, AIC) - viewers(level, AIC)) / 100 for level in jnd])
    assert sur.value == pytest.approx(expected, abs=1e-6)


def test_answers_of_people_take_the_place_of_readings(rows_of: Make) -> None:
    rows = [row for name in ("a", "b", "c") for row in rows_of(name, 0.0).values()]
    own = observed_ground_truth(rows[0], GRID, AIC).boundary["75"]
    people = {}
    for name, away in (("a", 5), ("b", 5), ("c", 11)):
        one = truth(own + away)
        people[name, "jpeg:420", "desktop"] = replace(one, boundary=dict.fromkeys(("75", "50", "90"), own + away))
    scores = dict(cases(rows, people))["jpeg:420", "desktop", "75"]
    errors = {entry.method: entry.of("error") for entry in summaries(scores)}
    assert set(errors) == {"knob", "constant", "bisection", "search"}
    assert errors["bisection"] == pytest.approx((7.0, 8.606, 3), abs=1e-3)
    assert [entry.error for entry in scores if entry.method == "constant"] == [0.0, 0.0, 6.0]


def test_an_answer_that_is_no_setting_is_refused(rows_of: Make) -> None:
    rows = rows_of("a.png", 0.5)
    with pytest.raises(UsageError, match="no setting"):
        list(cases(list(rows.values())))
