"""JND of the AIC-4 sample: curves are found, and a source that is judged is not fitted on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jndkit.evaluation.observers import subjective, units
from jndkit.evaluation.observers.units import PowerCurve, power_curve
from jndkit.evaluation.observers.unseen import left_out


def test_a_power_curve_is_found() -> None:
    x = np.linspace(60.0, 95.0, 60)
    truth = PowerCurve(0.05, 98.0, 1.2)
    fitted = power_curve(x, truth(x), np.linspace(90.0, 110.0, 21), np.arange(0.3, 3.0, 0.1))
    assert fitted(x) == pytest.approx(truth(x), abs=0.01)
    assert truth(np.array([120.0])) == 0.0


def test_the_source_takes_no_part() -> None:
    source = np.repeat(np.array(["1", "2"]), 5)
    x = np.tile(np.linspace(9.0, 9.8, 5), 2)
    d = 3.0 * (10.0 - x) * np.where(source == "1", 1.0, 2.0)

    def slope(x: np.ndarray, d: np.ndarray) -> PowerCurve:
        return PowerCurve(float((d / (10.0 - x)).mean()), 10.0, 1.0)

    assert left_out(slope, x, d, source) == pytest.approx(3.0 * (10.0 - x) * np.where(source == "1", 2.0, 1.0))


def test_scores(answered: Path) -> None:
    by_measure = {row.measure: row for row in units.scores(subjective.aic_sample(answered))}
    assert set(by_measure) == {
        *subjective.METRICS,
        units.LINE,
        units.CURVE,
        "panel",
        units.FIXED,
        units.CONSTANT,
    }
    line = by_measure["CVVDP, k (10 - Q)"].scores
    assert line["rmse"] == pytest.approx(0.0, abs=1e-9)
    assert by_measure["SSIMULACRA2"].scores["rmse"] < 0.03
    assert by_measure["SSIMULACRA2"].scores["rank"] == pytest.approx(1.0, abs=1e-6)
    assert (
        by_measure["CVVDP"].scores["rmse"]
        < by_measure[units.FIXED].scores["rmse"]
        < by_measure[units.CONSTANT].scores["rmse"]
    )
    assert "rank" not in by_measure[units.FIXED].scores


def test_bias_by_codec_and_coverage(answered: Path) -> None:
    answers = subjective.aic_sample(answered)
    answers = replace(answers, jnd=answers.jnd + 0.4 * (answers.codec == "2"))
    reading = 3.2 * (10.0 - answers.metrics["CVVDP"])
    row = units.score("off", reading, answers, answers.metrics["CVVDP"])
    assert row.scores["bias JPEG"] == pytest.approx(-0.4)
    assert row.scores["bias AVIF"] == pytest.approx(0.0, abs=1e-9)
    assert row.scores["coverage"] == pytest.approx(5.0 / 6.0)
