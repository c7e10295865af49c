"""Constants are fitted again where answers ask for it, and left alone where they do not."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jndkit.observers import observer
from jndkit.picture import load
from jndkit.protocols import protocol
from jndkit.study.likelihood import Counted, counted
from jndkit.study.plan import Plan
from jndkit.study.recalibration import PLAIN, Recalibration, looked, recalibrated
from jndkit.study.simulation import Truth, sit, viewers
from tests.study.made_plan import plan as made, stimulus
from tests.study.shown_plan import shown_plan

PICTURES = 8


def two_codecs() -> Plan:
    stimuli = tuple(
        stimulus(f"p{number}-{codec}", "2afc", f"p{number}.png", f"{codec}:420")
        for number in range(PICTURES)
        for codec in ("jpeg", "avif")
    )
    plan = made("2afc", pictures=1, trials=10)
    return replace(plan, stimuli=stimuli, schedule=replace(plan.schedule, stimuli=len(stimuli)))


def answered(bias: float, seed: int = 0) -> tuple[Plan, Counted]:
    """Viewers to whom JPEG shows by exp(bias) later than the observer says, against AVIF."""
    plan, chance = two_codecs(), np.random.default_rng(seed)
    middles = {
        each.name: 0.1 + 0.1 * float(chance.standard_normal()) + (bias if each.codec.startswith("jpeg") else 0.0)
        for each in plan.stimuli
    }
    who = viewers(Truth(middles, viewers=0.1, pairs=0.1), 10, chance)
    sittings = [sit(plan, number, viewer) for number, viewer in enumerate(who)]
    return plan, counted(list(plan.stimuli), sittings, slider=False)


def tried(plan: Plan, answers: Counted, **others: np.ndarray) -> Recalibration:
    codecs = [each.codec.split(":")[0] for each in plan.stimuli]
    return recalibrated(answers, [each.picture for each in plan.stimuli], codecs, others)


def test_a_codec_that_is_read_too_high_gets_its_factor() -> None:
    found = tried(*answered(0.5))
    assert found.reading == PLAIN
    assert found.factors["jpeg"] / found.factors["avif"] == pytest.approx(math.exp(0.5), rel=0.1)
    assert math.prod(found.factors.values()) == pytest.approx(1.0, abs=0.01)
    assert [trial.kept for trial in found.trials] == [False, True]
    # JPEG's half lies at exp(0.1 + 0.5), AVIF's at exp(0.1), and d50 between.
    assert found.d50 == pytest.approx(math.exp(0.35), rel=0.1)
    assert 0.05 < found.spread < 0.35
    assert found.error < 0.25


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_changed_where_nothing_is_wrong(seed: int) -> None:
    found = tried(*answered(0.0, seed))
    assert not found.changes
    assert found.trials[0].gain == 0.0


def test_another_reading_is_taken_where_it_tells_answers_better() -> None:
    plan, right = answered(0.0)
    # The observer errs from picture to picture; the other reading is the truth.
    wrong = np.repeat(np.random.default_rng(3).normal(0.0, 0.5, PICTURES), 2)
    found = tried(plan, replace(right, x=right.x + wrong[:, None]), looked=right.x)
    assert found.reading == "looked"
    assert not found.factors
    assert {trial.name for trial in found.trials if trial.kept} >= {"looked"}


def test_a_few_pictures_decide_nothing() -> None:
    plan, answers = answered(0.5)
    few = replace(answers, x=answers.x[:6], counts=answers.counts[:, :6])
    assert not tried(replace(plan, stimuli=plan.stimuli[:6]), few).changes


def test_versions_are_read_as_people_look(tmp_path: Path) -> None:
    plan = shown_plan(tmp_path, "2afc", pictures=1, codecs=("jpeg:420",))
    (stimulus_,) = plan.stimuli
    x = looked(plan, plan.stimuli, len(stimulus_.levels) + 2)
    assert x.shape == (1, len(stimulus_.levels) + 2)
    assert (np.diff(x[0]) >= 0.0).all()
    fit, display = protocol("side-by-side", "desktop")
    watched = observer("cvvdp").watch(load(tmp_path / stimulus_.original.file), display, fit)
    assert math.exp(x[0, 0]) == pytest.approx(watched(load(tmp_path / stimulus_.level(1).shown.file)).jnd, rel=1e-6)
