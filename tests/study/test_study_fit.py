from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from jndkit.errors import InputError
from jndkit.protocols import own_protocol
from jndkit.study.fit import fit
from jndkit.study.plan import METHODS, Method, Plan
from jndkit.study.results import LABELS, PROTOCOL, ROWS, summary, write
from jndkit.study.screening import Sitting
from jndkit.study.simulation import Conduct, Truth, Viewer, sit, truth, viewers
from jndkit.study.trials import Answer
from jndkit.visibility import viewers as satisfied
from tests.study.made_plan import plan

TRIALS: dict[Method, int] = {"2afc": 12, "flicker": 3, "triplet": 14}
Numbered = list[tuple[int, Sitting]]


def study(method: Method, count: int = 10, pictures: int = 6) -> tuple[Plan, Truth, Numbered]:
    made, chance = plan(method, pictures=pictures, trials=TRIALS[method]), np.random.default_rng(11)
    population = truth(made, chance)
    people = viewers(population, count, chance)
    return made, population, [(number, sit(made, number, viewer)) for number, viewer in enumerate(people)]


@pytest.mark.parametrize("method", METHODS)
def test_a_study_finds_what_its_viewers_see(method: Method) -> None:
    made, population, sittings = study(method)
    found = fit(made, sittings, draws=100)
    assert found.kept == 10
    for stimulus in found.stimuli:
        middle = population.middles[stimulus.stimulus.name]
        assert abs(math.log(stimulus.d50.value) - middle) < 0.35
        assert stimulus.d50.low < stimulus.d50.value < stimulus.d50.high
        shares = [level.satisfied.value for level in stimulus.levels]
        assert all(0.0 <= b <= a + 0.02 <= 1.02 for a, b in pairwise(shares))
    assert (found.codecs[0].spread is None) == (method == "triplet")


def test_the_same_answers_give_the_same_figures() -> None:
    made, _, sittings = study("2afc")
    assert fit(made, sittings, draws=100).stimuli == fit(made, sittings, draws=100).stimuli


def test_several_codecs_have_one_line_for_all() -> None:
    made, _, _ = study("2afc")
    both = replace(
        made,
        stimuli=tuple(
            replace(each, codec="webp:m4" if place % 2 else "jpeg:420") for place, each in enumerate(made.stimuli)
        ),
    )
    chance = np.random.default_rng(1)
    people = viewers(truth(both, chance), 8, chance)
    found = fit(both, [(number, sit(both, number, viewer)) for number, viewer in enumerate(people)], draws=100)
    assert [codec.codec for codec in found.codecs] == ["jpeg:420", "webp:m4", "all"]
    assert found.codecs[-1].stimuli == 6


def dishonest(made: Plan, population: Truth, conduct: Conduct, pattern: Sequence[int | None] = ()) -> Sitting:
    viewer = Viewer(population, np.random.default_rng(3), conduct=conduct, pattern=tuple(pattern))
    return sit(made, 99, viewer)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("conduct", ["random", "same", "copied"])
def test_who_does_not_look_is_screened_and_named(method: Method, conduct: Conduct) -> None:
    made, population, sittings = study(method)
    pattern = [answer.response for _, answer in sittings[2][1]] if conduct == "copied" else ()
    found = fit(made, [*sittings, (99, dishonest(made, population, conduct, pattern))], draws=100)
    last = found.viewers[-1]
    assert (last.number, last.kept) == (99, False)
    assert all(viewer.kept for viewer in found.viewers[:-1])
    assert any("session 99 left out" in line and last.reasons[0] in line for line in summary(found))


def hurried(sitting: Sitting) -> Sitting:
    return [(trial, Answer(answer.trial, answer.response, 0.1)) for trial, answer in sitting]


def test_the_plan_decides_what_is_screened() -> None:
    made, _, sittings = study("2afc")
    early = [*sittings, (50, sittings[0][1][:20]), (51, hurried(sittings[1][1]))]
    reasons = {viewer.number: " ".join(viewer.reasons) for viewer in fit(made, early, draws=100).viewers}
    assert "% of the sitting were answered" in reasons[50]
    assert "took less than 0.35 s" in reasons[51]
    lenient = replace(made, screening=replace(made.screening, completed=0.0, hasty=1.0))
    kept = {viewer.number: viewer.reasons for viewer in fit(lenient, early, draws=100).viewers}
    assert not any(
        "took less" in reason or "of the sitting" in reason for reasons in kept.values() for reason in reasons
    )


def test_too_few_viewers_are_an_error() -> None:
    made, _, sittings = study("2afc", count=1)
    with pytest.raises(InputError, match="1 of 1 viewers are left"):
        fit(made, sittings)


@pytest.mark.parametrize("method", METHODS)
def test_what_a_fit_leaves_behind(tmp_path: Path, method: Method) -> None:
    made, _, sittings = study(method)
    found = fit(made, sittings, draws=100)
    write(found, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / ROWS).read_text().splitlines()]
    assert [row["kind"] for row in rows].count("stimulus") == 6
    assert rows[0]["kept"] == 10
    lines = (tmp_path / LABELS).read_text().splitlines()
    assert lines[0].startswith("file,width,height,sha256,codec,knob,value,bytes,jnd_desktop")
    assert len(lines) == 1 + sum(len(stimulus.levels) for stimulus in made.stimuli)
    own = own_protocol(tmp_path / PROTOCOL)
    assert own.d50 == pytest.approx(found.codecs[-1].d50.value)
    assert own.note is not None
    assert "user's own" in own.note
    assert satisfied(own.d50, own) == pytest.approx(50.0, abs=0.1)
    write(found, tmp_path)
