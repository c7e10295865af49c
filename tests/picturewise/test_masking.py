"""What a picture hides from people who look from place to place, told from its answers to quantisation."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import picturewise_masking as tool
from jndkit.picturewise.masking import ANY, UNSEEN, Masking, apart, masked_curve, table
from jndkit.picturewise.responses import RESPONSES, Responses
from jndkit.viewing import DISPLAYS, viewing

DESKTOP = DISPLAYS["desktop"]
READ = np.array([0.1, 1.4, 0.3, 0.7, 3.8])


def answers(factor: float | np.ndarray = 1.0) -> Responses:
    assert len(READ) == RESPONSES
    return Responses(np.empty(0), READ, READ * factor)


def test_answers_that_did_not_move_move_nothing_but_by_what_the_codec_adds() -> None:
    masking = Masking.of(answers(), DESKTOP)
    assert masking.weighted[1] == pytest.approx(0.0)
    assert masking.flat[1] == pytest.approx(0.0)
    moved, sigma = masking.at(np.log([0.5, 1.0, 2.0]), "webp")
    assert np.abs(moved).max() < 0.3
    assert (sigma > 0.0).all()


def test_a_picture_that_hides_more_is_seen_less() -> None:
    busy, smooth = (Masking.of(answers(factor), DESKTOP) for factor in (0.6, 1.5))
    for name in (*table()["codecs"], "no such codec"):
        assert busy.at(np.array(0.0), name)[0] < smooth.at(np.array(0.0), name)[0] - 0.3


def test_features_are_taken_from_the_answers_at_that_reading() -> None:
    factor = np.array([1.0, 2.0, 1.0, 3.0, 1.0])
    masking = Masking.of(answers(factor), viewing(2.0 * DESKTOP.ppd))
    one, weighted, flat, level, chroma, octaves = masking.features(np.log(np.array([1.4, 0.7]))).T
    assert one.tolist() == [1.0, 1.0]
    assert weighted[0] == pytest.approx(math.log(2.0))
    assert flat[1] == pytest.approx(math.log(3.0))
    assert level == pytest.approx(np.log([1.4, 0.7]))
    assert chroma == pytest.approx(math.log(0.1))
    assert octaves == pytest.approx(1.0)


def test_a_part_of_a_picture_tells_less() -> None:
    whole, part = (Masking.of(answers(), DESKTOP, whole=whole) for whole in (True, False))
    assert part.at(np.array(0.0))[1] > whole.at(np.array(0.0))[1]


def test_what_nobody_sees_is_no_reason_to_stop() -> None:
    masking = Masking.of(Responses(np.empty(0), np.zeros(RESPONSES), np.zeros(RESPONSES)), DESKTOP)
    assert np.isfinite(masking.at(np.log(np.array([UNSEEN, 1.0])))[0]).all()


def test_the_curve_of_jpeg_goes_through_what_is_known() -> None:
    masking = Masking.of(answers(np.array([1.0, 0.8, 1.3, 1.0, 1.0])), DESKTOP)
    qualities = np.arange(1.0, 101.0)
    curve = np.linspace(1.5, -3.0, 100)
    known = {60.0: -0.4, 75.0: -1.5, 92.0: -2.0}
    seen = masked_curve(curve, qualities.tolist(), masking, known)
    for quality, ln_jnd in known.items():
        assert seen[int(quality) - 1] == pytest.approx(ln_jnd)
    far = apart(curve, qualities.tolist(), known)
    assert far[59] == far[74] == far[91] == 0.0
    assert far[0] > far[40] > 0.0


def test_the_table_has_a_row_for_every_codec_it_was_made_of_and_one_for_the_rest() -> None:
    assert set(table()["codecs"]) == {"jpeg", "webp", "avif", "heic", "jxl", ANY}
    assert all(0.0 < row["sigma"] < 0.3 and len(row["weights"]) == 6 for row in table()["codecs"].values())
    assert table()["jpeg"]["sigma"] == sorted(table()["jpeg"]["sigma"])
    assert 0.0 < table()["typical"] < 0.6


def test_the_table_is_that_of_the_committed_rows() -> None:
    rows = [json.loads(line) for line in tool.ROWS.read_text().splitlines()]
    assert {row["file"].split("/")[0] for row in rows} == {"train"}
    assert {**tool.table(rows), "sample": tool.SAMPLE} == table()
