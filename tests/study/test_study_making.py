from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from jndkit.errors import InputError, OutputError, UsageError
from jndkit.opening import load
from jndkit.picture import save_png
from jndkit.study.making import make, schedule
from jndkit.study.making.stimuli import AMPLIFIED, cropped
from jndkit.study.methods import METHODS
from jndkit.study.plan import METHODS as NAMES, Method, Plan, read_plan

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph, and a chart that is none."""
    home = tmp_path_factory.mktemp("pictures")
    picture = cropped(load(EXAMPLES / "lake.png"), (240, 200))
    save_png(picture, home / "a lake.png")
    chart = np.full((200, 240, 3), 255, np.uint8)
    chart[40:160, 60:180] = (200, 30, 30)
    save_png(chart, home / "chart.png")
    shutil.copy(EXAMPLES / "README.md", home)
    return home


def made(folder: Path, out: Path, method: Method) -> tuple[Plan, list[str]]:
    making = make(folder, out, method=method, pictures=2, minutes=15.0)
    list(making.make(jobs=1))
    return read_plan(out), making.refused


@pytest.fixture(scope="module")
def triplets(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, list[str]]:
    return made(folder, tmp_path_factory.mktemp("study"), "triplet")


def test_levels_lie_where_the_method_wants_them(triplets: tuple[Plan, list[str]]) -> None:
    [stimulus] = triplets[0].stimuli
    told = [level.jnd for level in stimulus.levels]
    assert len(told) == len(METHODS["triplet"].jnd)
    np.testing.assert_allclose(told, METHODS["triplet"].jnd, rtol=0.2)
    assert (stimulus.name, stimulus.picture) == ("a-lake-jpeg-420", "a lake.png")
    assert stimulus.knob == "quality"


def test_the_window_that_is_asked_for_has_room_for_boosted_pictures(triplets: tuple[Plan, list[str]]) -> None:
    display = triplets[0].display
    assert (display.width, display.height) == (2 * 480 + 24, 400 + 28 + 136)


def test_what_is_no_photograph_is_left_out_and_named(triplets: tuple[Plan, list[str]]) -> None:
    [sentence] = triplets[1]
    assert "chart.png" in sentence
    assert "no photograph" in sentence


def test_what_is_shown_is_what_the_file_decodes_to(triplets: tuple[Plan, list[str]]) -> None:
    plan, _ = triplets
    [stimulus] = plan.stimuli
    for level in stimulus.levels:
        coded = load(plan.folder / level.coded)
        np.testing.assert_array_equal(load(plan.folder / level.shown.file).rgb, coded.rgb)
        assert (plan.folder / level.coded).stat().st_size == level.bytes
    original = load(plan.folder / stimulus.original.file)
    np.testing.assert_array_equal(original.rgb, load(EXAMPLES.parent / plan.folder / stimulus.original.file).rgb)


def test_boosted_versions_are_larger_and_further_from_the_original(triplets: tuple[Plan, list[str]]) -> None:
    plan, _ = triplets
    [stimulus] = plan.stimuli
    shown, boosted = (
        [load(plan.folder / stimulus.shown(level, boosted=kind).file).rgb.astype(np.float64) for level in (0, 5)]
        for kind in (False, True)
    )
    assert boosted[0].shape == (2 * shown[0].shape[0], 2 * shown[0].shape[1], 3)
    plain, amplified = (np.abs(pair[1] - pair[0]).mean() for pair in (shown, boosted))
    assert 0.7 * AMPLIFIED < amplified / plain < 1.3 * AMPLIFIED


def test_a_study_is_not_made_twice_in_one_place(triplets: tuple[Plan, list[str]], folder: Path) -> None:
    with pytest.raises(OutputError, match="a study already"):
        make(folder, triplets[0].folder)


@pytest.mark.parametrize("method", NAMES)
def test_a_sitting_fits_its_minutes(method: Method) -> None:
    for minutes in (10.0, 30.0, 60.0):
        for stimuli in (1, 20, 500):
            planned = schedule(method, minutes, stimuli)
            real = planned.trials * planned.stimuli
            trials = real + real // (planned.attention - 1) + planned.training
            taken = trials * METHODS[method].seconds / 60.0
            assert taken < planned.minutes <= minutes  # what viewers are told
            assert planned.minutes < taken + 5.0
            assert planned.stimuli <= stimuli
    with pytest.raises(UsageError, match="takes"):
        schedule(method, 3.5, 1)


def test_requests_that_make_no_sense(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown method"):
        make(folder, tmp_path, method="3afc")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="one picture"):
        make(folder, tmp_path, pictures=0)


def test_nothing_usable_leaves_no_plan(tmp_path: Path) -> None:
    home = tmp_path / "pictures"
    home.mkdir()
    save_png(np.full((200, 200, 3), 128, np.uint8), home / "flat.png")
    making = make(home, tmp_path / "study")
    with pytest.raises(InputError, match="none of the pictures"):
        list(making.make(jobs=1))
    assert not (tmp_path / "study" / "plan.toml").exists()
