from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from jndkit.errors import InputError, OutputError
from jndkit.study.plan import FILE, METHODS, Arrangement, Method, Plan, read_plan, text, write_plan
from tests.study.made_plan import plan, written


@pytest.mark.parametrize("method", METHODS)
def test_a_plan_comes_back(tmp_path: Path, method: Method) -> None:
    made = plan(method)
    read = written(tmp_path, made)
    assert read == made
    assert read.folder == tmp_path
    assert len(read.digest) == 64


@pytest.mark.parametrize(("method", "arrangement"), [("2afc", "above"), ("flicker", "single"), ("triplet", "pair")])
def test_how_pictures_stand_is_the_methods_own_unless_the_plan_says(method: Method, arrangement: Arrangement) -> None:
    assert plan(method).arrangement == arrangement


def test_a_plan_says_how_pictures_stand(tmp_path: Path) -> None:
    made = plan("2afc")
    turning = replace(made, display=replace(made.display, arrangement="single"))
    assert written(tmp_path, turning).arrangement == "single"
    (tmp_path / FILE).write_text(text(turning).replace('"single"', '"pair"'))
    with pytest.raises(InputError, match="'pair' is none of the method 2afc"):
        read_plan(tmp_path)


def test_a_plan_is_not_written_over(tmp_path: Path) -> None:
    written(tmp_path, plan())
    with pytest.raises(OutputError, match="exists"):
        write_plan(plan(), tmp_path)


def test_a_stimulus_is_found_by_its_name() -> None:
    made = plan()
    assert made.stimulus("p02-jpeg-420").picture == "p02.png"
    with pytest.raises(InputError, match="no stimulus"):
        made.stimulus("p99")


def test_what_is_shown_of_a_level() -> None:
    stimulus = plan("triplet").stimuli[0]
    assert stimulus.shown(0) == stimulus.original
    assert stimulus.shown(2).file.endswith("02.png")
    assert stimulus.shown(0, boosted=True) == stimulus.boosted
    assert stimulus.shown(3, boosted=True).file.endswith("03-boosted.png")
    with pytest.raises(InputError, match="no boosted version"):
        plan("2afc").stimuli[0].shown(1, boosted=True)


def test_a_changed_picture_is_noticed(tmp_path: Path) -> None:
    made = written(tmp_path, plan())
    shown = tmp_path / made.stimuli[1].levels[3].shown.file
    shown.write_bytes(b"another")
    with pytest.raises(InputError, match="hash is another"):
        read_plan(tmp_path)
    assert read_plan(tmp_path, verify=False) == made
    shown.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        read_plan(tmp_path)


def _broken(made: Plan) -> dict[str, tuple[str, str]]:
    whole = text(made)
    readings = replace(made.stimuli[0].levels[1], jnd=0.01)
    fallen = replace(made.stimuli[0], levels=(made.stimuli[0].levels[0], readings, *made.stimuli[0].levels[2:]))
    twice = replace(made, stimuli=(made.stimuli[0], made.stimuli[0]))
    return {
        "toml": ("name = ", "cannot be read"),
        "format": (whole.replace("format = 1", "format = 99"), "of format 99"),
        "typo": (whole.replace("method =", "methud ="), "methud, which no plan has"),
        "method": (whole.replace('"2afc"', '"3afc"'), "none of 2afc"),
        "lacking": (whole.replace("seed = 7\n", ""), "it lacks seed"),
        "type": (whole.replace("seed = 7", 'seed = "7"'), "where int is expected"),
        "truth": (whole.replace("seed = 7", "seed = true"), "where int is expected"),
        "nested": (whole.replace("attention = 0.7", 'attention = "most"'), "screening.attention is 'most'"),
        "outside": (whole.replace("pictures/p01-jpeg-420/03.png", "../secret"), "no file inside"),
        "fallen": (text(replace(made, stimuli=(fallen,))), "do not rise"),
        "twice": (text(twice), "two have one name"),
    }


@pytest.mark.parametrize("case", sorted(_broken(plan())))
def test_a_broken_plan_is_refused_in_one_sentence(tmp_path: Path, case: str) -> None:
    content, reason = _broken(plan())[case]
    (tmp_path / FILE).write_text(content)
    with pytest.raises(InputError, match=reason) as refused:
        read_plan(tmp_path)
    assert str(tmp_path / FILE) in str(refused.value)


def test_no_plan(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="jnd study make"):
        read_plan(tmp_path)


def test_the_file_is_plain_toml() -> None:
    values = tomllib.loads(text(plan()))
    assert values["stimuli"][0]["levels"][0]["shown"]["file"] == "pictures/p00-jpeg-420/01.png"
    assert values["screening"]["attention"] == 0.7
