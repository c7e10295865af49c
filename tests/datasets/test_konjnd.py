"""KonJND-1k in its published layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from jndkit.cli import main
from jndkit.datasets.konjnd import PICTURES, inventory, names, quality, ratings
from jndkit.datasets.ratings import sur
from jndkit.errors import InputError
from tests.datasets import made_ratings


def test_every_rating_is_kept(tmp_path: Path) -> None:
    found = ratings(made_ratings.konjnd(tmp_path))
    assert [(each.source, each.codec, each.knob, each.order) for each in found] == [
        ("SRC0001", "jpeg", "level", 1),
        ("SRC0002", "jpeg", "level", 1),
        ("SRC0003", "bpg", "level", 1),
    ]
    assert found[0].points == (31.0, 40.0, 41.0, 31.0)
    assert sur(found[0].points, 31.0, higher_is_better=False) == 0.5
    assert [quality(level) for level in (1, 31, 100)] == [100, 70, 1]
    assert len(names()) == 1008


def test_check_says_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_ratings.konjnd(tmp_path)
    assert main(["datasets", "check", "konjnd", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "jpeg: 2 pictures, 8 answers, 4 to 4 each" in said.out
    assert "bpg: 1 pictures, 4 answers" in said.out
    assert "sources: 3" in said.out
    assert said.err == f"jnd: {tmp_path} lacks 1005 of 1008 rows of subjective_ratings.csv\n"
    (tmp_path / "jpeg" / "SRC0002_JPEG_032.jpg").unlink()
    (tmp_path / "source_image" / "SRC0001.png").unlink()
    held = inventory(tmp_path)
    assert "1 of 6 jpeg versions that somebody named, such as jpeg/SRC0002_JPEG_032.jpg" in held.missing
    assert "1 of 3 sources, such as source_image/SRC0001.png" in held.missing


def test_a_whole_set_lacks_nothing(tmp_path: Path) -> None:
    assert inventory(made_ratings.konjnd(tmp_path, PICTURES)).missing == []


@pytest.mark.parametrize(("old", "new"), [(",4,38.25,", ",5,38.25,"), (",4,36.5,", ",4,46.5,"), (",4,36.5,", ",4,x,")])
def test_statements_that_the_answers_contradict(tmp_path: Path, old: str, new: str) -> None:
    table = made_ratings.konjnd(tmp_path) / "subjective_ratings.csv"
    text = table.read_text().replace("35.75", "38.25", 1)
    table.write_text(text.replace(old, new))
    assert any("whose count or mean" in sentence for sentence in inventory(tmp_path).missing)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("JPEG", "WebP", "row 2 is of 'WebP'"),
        ("SRC0002.png", "SRC0001.png", "SRC0001 as jpeg more than once"),
        ('"[31, 40, 41, 31]"', '"[31, 400, 41, 31]"', "row 2 has the answer '400'"),
        ('"[31, 40, 41, 31]"', "[31]]", "row 2 has no list"),
        (",ratings\n", ",answers\n", "no column 'ratings'"),
    ],
)
def test_malformed_tables(tmp_path: Path, old: str, new: str, said: str) -> None:
    table = made_ratings.konjnd(tmp_path) / "subjective_ratings.csv"
    table.write_text(table.read_text().replace(old, new))
    with pytest.raises(InputError, match=said):
        ratings(tmp_path)


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no subjective_ratings\.csv"):
        ratings(tmp_path)
    assert main(["datasets", "check", "konjnd", str(tmp_path)]) == 1
