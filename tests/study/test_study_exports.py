"""A study in published layouts: what our own readers find in it is what the viewers answered."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jndkit.datasets import aic3, konjnd, mcl_jci
from jndkit.errors import OutputError, UsageError
from jndkit.study.answers import Answered, Session
from jndkit.study.exports import LAYOUTS, export
from jndkit.study.plan import Plan
from jndkit.study.sequence import Sequence
from jndkit.study.trials import Answer, Trial
from tests.study.made_plan import plan as made, written

Respond = Callable[[Trial], int | None]


def sat(plan: Plan, number: int, respond: Respond) -> tuple[Session, list[Answered]]:
    """A whole sitting of a viewer who answers by a rule."""
    sequence = Sequence(plan, number)
    done: list[Answered] = []
    while (trial := sequence.next()) is not None:
        answer = Answer(trial.id, respond(trial), 2.0)
        done.append(Answered(trial, answer))
        sequence.record(answer)
    return Session(number, f"code{number}", "2026-01-01T00:00:00+00:00", None, None), done


def slides(place: int | None) -> Respond:
    return lambda trial: None if place is None else min(place, len(trial.levels) - 1)


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@pytest.fixture
def flicker(tmp_path: Path) -> Plan:
    return written(tmp_path / "study", made("flicker", pictures=3, trials=3))


@pytest.fixture
def triplet(tmp_path: Path) -> Plan:
    return written(tmp_path / "study", made("triplet", pictures=2, trials=6))


def test_konjnd_opens_it(flicker: Plan, tmp_path: Path) -> None:
    sittings = [sat(flicker, number, slides(place)) for number, place in enumerate((4, 7, None))]
    export(flicker, sittings, "konjnd", tmp_path / "out")
    ratings = konjnd.ratings(tmp_path / "out")
    assert [(rating.source, rating.codec) for rating in ratings] == [(f"SRC000{n}", "jpeg") for n in (1, 2, 3)]
    first = flicker.stimuli[0]
    # Whoever saw none stands one beyond the last level.
    assert list(ratings[0].points) == [101 - first.level(4).knob, 101 - first.level(7).knob, 101]
    inventory = konjnd.inventory(tmp_path / "out")
    assert not [lack for lack in inventory.missing if "mean" in lack or "versions" in lack or "sources" in lack]
    coded = tmp_path / "out" / "jpeg" / f"SRC0001_JPEG_{101 - int(first.level(4).knob):03d}.jpg"
    assert coded.read_bytes() == (flicker.folder / first.level(4).coded).read_bytes()


def test_mcl_jci_opens_it(flicker: Plan, tmp_path: Path) -> None:
    sittings = [sat(flicker, number, slides(place)) for number, place in enumerate((4, None))]
    some = [done for done in sittings[0][1] if done.trial.stimulus != flicker.stimuli[1].name]
    export(flicker, [(sittings[0][0], some), sittings[1]], "mcl-jci", tmp_path / "out")
    ratings = mcl_jci.ratings(tmp_path / "out")
    assert [rating.source for rating in ratings] == ["SRC01", "SRC02", "SRC03"]
    assert ratings[0].points == (flicker.stimuli[0].level(4).knob, None)
    assert ratings[1].points == (None, None)  # one was not asked, one saw nothing
    listed = table(tmp_path / "out" / "pictures.csv")
    assert [row["picture"] for row in listed] == [stimulus.picture for stimulus in flicker.stimuli]


def test_aic3_opens_it(triplet: Plan, tmp_path: Path) -> None:
    asked = [sat(triplet, 0, lambda trial: None), sat(triplet, 1, lambda trial: int(trial.levels[1] > trial.levels[0]))]
    export(triplet, asked, "aic3", tmp_path / "out")
    answers = aic3.triplets(tmp_path / "out")
    real = [done for _, answered in asked for done in answered if done.trial.kind == "real"]
    plain = [answer for answer in answers if answer.plain]
    assert [answer.levels for answer in plain] == [done.trial.levels for done in real]
    assert [answer.boosted for answer in plain] == [done.trial.boosted for done in real]
    assert {answer.response for answer in plain if answer.worker == "1"} == {"not sure"}
    for answer in plain:
        if answer.worker == "2":
            assert answer.response == ("right" if answer.levels[1] > answer.levels[0] else "left")
    assert len(aic3.inventory(tmp_path / "out").held) == 3


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_study_of_another_method_is_refused(layout: str, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=f"{layout} is a layout of {LAYOUTS[layout].method} studies, and this one is 2afc"
    ):
        export(made("2afc"), [], layout, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("layout", ["konjnd", "mcl-jci"])
def test_a_codec_without_a_place_is_refused_and_nothing_is_left(flicker: Plan, layout: str, tmp_path: Path) -> None:
    other = replace(flicker.stimuli[1], codec="avif:s6,420")
    with pytest.raises(UsageError, match="this study has"):
        export(replace(flicker, stimuli=(flicker.stimuli[0], other)), [], layout, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_there_is_kept(flicker: Plan, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="it cannot be made"):
        export(flicker, [], "konjnd", tmp_path / "out")
    with pytest.raises(UsageError, match="unknown layout 'kadid'; choose konjnd, mcl-jci, aic3"):
        export(flicker, [], "kadid", tmp_path / "new")
