"""MCL-JCI in its published layout."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from jndkit.cli import main
from jndkit.datasets import mcl_jci
from jndkit.datasets.mcl_jci import curves, inventory, names, ratings
from jndkit.datasets.ratings import sur
from jndkit.errors import InputError
from tests.datasets import made_ratings


def test_every_answer_is_kept_and_none_is_none(tmp_path: Path) -> None:
    found = ratings(made_ratings.mcl_jci(tmp_path))
    assert len(found) == 150
    assert [each.source for each in found[:50]] == names()
    assert [each.order for each in found[::50]] == [1, 2, 3]
    first, third = found[6], found[106]
    assert (first.source, first.codec, first.knob, first.points) == ("SRC07", "jpeg", "quality", (57.0, 30.0, 20.0))
    assert third.points == (37.0, 20.0, None)
    assert third.answers == (37.0, 20.0)
    assert sur(first.points, 31.0) == pytest.approx(2 / 3)
    assert sur(third.points, 21.0) == 0.5


def test_tables_that_lie_on_their_side(tmp_path: Path) -> None:
    made_ratings.mcl_jci(tmp_path)
    table = tmp_path / "answers" / "JND_first.csv"
    upright = ratings(tmp_path)
    rows = [line.split(",") for line in table.read_text().splitlines()]
    made_ratings.write_csv(table, zip(*rows, strict=True))
    assert ratings(tmp_path) == upright


def test_empty_cells_and_nan_are_missing(tmp_path: Path) -> None:
    rows = [[40, "NaN", "", "0.0000"] for _ in range(50)]
    made_ratings.write_csv(tmp_path / "JND_first.csv", rows)
    assert ratings(tmp_path)[0].points == (40.0, None, None, None)


def test_only_what_is_there(tmp_path: Path) -> None:
    (made_ratings.mcl_jci(tmp_path) / "answers" / "JND_third.csv").unlink()
    assert len(ratings(tmp_path)) == 100
    (tmp_path / "answers" / "JND_first.csv").unlink()
    with pytest.raises(InputError, match=r"JND_first\.csv"):
        ratings(tmp_path)
    (tmp_path / "answers" / "JND_first.mat").touch()
    with pytest.raises(InputError, match="in MATLAB or Octave"):
        ratings(tmp_path)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[30, 20]] * 49, "49 lines"),
        ([[30, 20]] * 49 + [[30]], "line 50 has 1 cells"),
        ([[30, 20]] * 49 + [[30, 101]], "row 50 has the answer '101'"),
        ([[30, 20]] * 49 + [[30, -1]], "row 50"),
        ([[30, 20]] * 49 + [[30, 20.5]], "row 50"),
        ([["a", "b"], *([[30, 20]] * 49)], "row 1 has the answer 'a'"),
    ],
)
def test_malformed_tables(tmp_path: Path, rows: list[list[object]], said: str) -> None:
    made_ratings.write_csv(tmp_path / "JND_first.csv", rows)
    with pytest.raises(InputError, match=said):
        ratings(tmp_path)


def test_curves_of_patches_are_the_pictures(tmp_path: Path) -> None:
    made_ratings.curves(tmp_path)
    found = curves(tmp_path)
    assert list(found) == ["SRC01", "SRC02"]
    assert found["SRC01"].shape == (100, 3)
    assert found["SRC02"][36] == pytest.approx([0.37, 0.74, 1.0])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("SRC01_037_1,0.37,", "SRC01_037_1,1.37,", "outside"),
        ("SRC01_037_1,0.37,", "SRC01_037_1,nan,", "outside"),
        ("SRC01_037_1,0.37,", "SRC01_037_1,x,", "no number"),
        ("SRC01_037_", "SRC01_036_", "lacks quality 37"),
        ("SRC01_037_1,", "SRC01,", "row 74"),
        ("SRC01_037_1,", "SRC01_137_1,", "row 74"),
    ],
)
def test_malformed_curves(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = made_ratings.curves(tmp_path)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=said):
        curves(tmp_path)


def test_check_says_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_ratings.mcl_jci(tmp_path)
    (tmp_path / "ImageJND_SRC01.bmp").touch()
    (tmp_path / "ImageJND_SRC01_001.jpg").touch()
    assert main(["datasets", "check", "mcl-jci", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "first JND: 50 pictures, 3 subjects, 150 answers, 0 subjects without one" in said.out
    assert "third JND: 50 pictures, 3 subjects, 100 answers, 50 subjects without one" in said.out
    assert "sources: 1\n" in said.out
    assert "lacks jnd_10_fold.csv" in said.err
    assert "lacks 49 of 50 sources" in said.err
    assert "lacks 4999 of 5000 JPEG files" in said.err
    assert main(["datasets", "check", "mcl-jci", str(tmp_path / "none")]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_a_whole_set_lacks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_ratings.mcl_jci(tmp_path)
    made_ratings.curves(tmp_path)
    for number in range(1, 51):
        (tmp_path / f"ImageJND_SRC{number:02d}.bmp").touch()
        (tmp_path / f"ImageJND_SRC{number:02d}_037.jpg").touch()
    assert inventory(tmp_path).missing == ["4950 of 5000 JPEG files, which are called ImageJND_SRC01_001.jpg and so on"]
    monkeypatch.setattr(mcl_jci, "CODED", 50)
    assert inventory(tmp_path).missing == []


@pytest.mark.shared
def test_the_published_curves(shared: Path) -> None:
    """The 75 % point of each picture's first curve, as the summary of the published tables has it."""
    labels = shared / "data" / "labels"
    found = curves(labels)
    assert list(found) == names()
    with (labels / "derived_MCL-JCI_summary.csv").open(encoding="utf-8", newline="") as file:
        wanted = {row["image"].removeprefix("ImageJND_"): int(row["sur75_qf"]) for row in csv.DictReader(file)}
    assert {name: int(np.argmax(curve[:, 0] >= 0.75)) + 1 for name, curve in found.items()} == wanted
