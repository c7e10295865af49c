"""jnd study fit --recalibrate and --export"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit.datasets import konjnd, mcl_jci
from jndkit.errors import InputError
from jndkit.protocols import SIDE_BY_SIDE, own_protocol
from jndkit.study.fit import fit
from jndkit.study.plan import Plan
from jndkit.study.recalibration import Recalibration
from jndkit.study.results import protocol
from jndkit.study.simulation import sit, truth, viewers
from tests.study.made_plan import plan as made, written
from tests.study.shown_plan import ask, shown_plan

Run = Callable[..., Any]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    ask(shown_plan(folder, "flicker", pictures=3, codecs=("jpeg:420",)), 4, np.random.default_rng(1))
    return folder


def test_answers_become_a_protocol_and_published_layouts(jnd: Run, study: Path) -> None:
    asked = ("study", "fit", study, "--draws", "100", "--recalibrate", "--export", "konjnd", "--export", "mcl-jci")
    said = jnd(*asked)
    assert said.code == 0, said.err
    assert "side-by-side: " in said.out
    assert "not recalibrated: nothing told answers left out better" in said.out  # three pictures are too few
    assert len(konjnd.ratings(study / "konjnd")) == len(mcl_jci.ratings(study / "mcl-jci")) == 3
    assert not konjnd.inventory(study / "konjnd").missing
    again = jnd(*asked)
    assert again.code == 2
    assert "konjnd is there already: remove it to export anew" in again.err


def test_what_a_study_cannot_have(jnd: Run, tmp_path: Path) -> None:
    written(tmp_path / "study", made("triplet", pictures=2))
    said = jnd("study", "fit", tmp_path / "study", "--recalibrate")
    assert (said.code, "--recalibrate is for studies of thresholds" in said.err) == (2, True)
    said = jnd("study", "fit", tmp_path / "study", "--export", "kadid")
    assert (said.code, "choose konjnd, mcl-jci, aic3" in said.err) == (2, True)


def test_a_protocol_keeps_what_was_recalibrated(tmp_path: Path) -> None:
    plan, chance = made("2afc", pictures=3, trials=8), np.random.default_rng(0)
    found = fit(plan, _sittings(plan, chance), draws=100)
    kept = Recalibration("side-by-side", {"jpeg": 0.8, "avif": 1.25}, (), d50=1.4, spread=0.3, error=0.2)
    (tmp_path / "p.toml").write_text(protocol(found, kept))
    own = own_protocol(tmp_path / "p.toml")
    assert (own.d50, own.spread, own.error.share, own.look) == (1.4, 0.3, 0.2, SIDE_BY_SIDE)
    assert own.of("jpeg").d50 == pytest.approx(1.12)
    assert own.of("webp").d50 == 1.4
    (tmp_path / "q.toml").write_text(protocol(found, Recalibration("reading", {})))
    assert own_protocol(tmp_path / "q.toml").factors == ()


@pytest.mark.parametrize("wrong", ['look = "sideways"', "factors = { jpeg = -1.0 }", "factors = 3"])
def test_what_is_no_recalibration(tmp_path: Path, wrong: str) -> None:
    plan = made("2afc", pictures=3, trials=8)
    text = protocol(fit(plan, _sittings(plan, np.random.default_rng(0)), draws=100))
    (tmp_path / "p.toml").write_text(text.replace("d50 =", f"{wrong}\nd50 =", 1))
    with pytest.raises(InputError):
        own_protocol(tmp_path / "p.toml")


def _sittings(plan: Plan, chance: np.random.Generator) -> list[Any]:
    who = viewers(truth(plan, chance), 4, chance)
    return [(number, sit(plan, number, viewer)) for number, viewer in enumerate(who)]
