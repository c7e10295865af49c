"""VideoSet in its published layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from jndkit.cli import main
from jndkit.datasets.ratings import sur
from jndkit.datasets.videoset import SEQUENCES, inventory, ratings
from jndkit.errors import InputError
from tests.datasets import made_ratings


def test_every_answer_is_kept(tmp_path: Path) -> None:
    found = ratings(made_ratings.videoset(tmp_path))
    assert [(each.source, each.order, each.anchor) for each in found] == [
        ("videoSRC001_1280x720", 1, 0.0),
        ("videoSRC002_1280x720", 1, 0.0),
        ("videoSRC001_1280x720", 2, 25.0),
        ("videoSRC002_1280x720", 2, 25.0),
    ]
    assert (found[0].codec, found[0].knob, found[0].points) == ("h264", "qp", (26.0, 30.0, 31.0))
    assert sur(found[0].points, 26.0, higher_is_better=False) == pytest.approx(2 / 3)


def test_check_says_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_ratings.videoset(tmp_path, SEQUENCES)
    assert main(["datasets", "check", "videoset", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "1280x720_1st.csv: 220 sequences, 3 to 3 subjects, 660 answers" in said.out
    assert said.err.count(" lacks ") == 10
    assert "lacks 1280x720_3rd.csv" in said.err
    assert "218 of 220 sequences of 1280x720_2nd.csv" in inventory(made_ratings.videoset(tmp_path)).missing


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",3,2,2.6", ",3,1,2.6", "row 3 is of sequence 1"),
        (",3,2,2.6", ",3,221,2.6", "row 3 has the answer '221'"),
        (",3,2,2.6", ",4,2,2.6", "row 3 has 3 answers and says 4"),
        ("[26, 30, 31]", "[26, 30, 52]", "row 2 has the answer '52'"),
        ("samples,", "sample,", "no column 'samples'"),
    ],
)
def test_malformed_tables(tmp_path: Path, old: str, new: str, said: str) -> None:
    table = made_ratings.videoset(tmp_path) / "1280x720_1st.csv"
    table.write_text(table.read_text().replace(old, new))
    with pytest.raises(InputError, match=said):
        ratings(tmp_path)


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no table of VideoSet"):
        inventory(tmp_path)
