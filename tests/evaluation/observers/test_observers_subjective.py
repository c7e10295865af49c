"""The tables of people: what is read of them, and what is said of those that are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jndkit.errors import InputError
from jndkit.evaluation.observers import subjective as people
from jndkit.evaluation.observers.judging import present


def test_what_the_tables_hold(answered: Path) -> None:
    told = people.shares(answered)
    assert told.pictures == ["a.png", "b.png", "c.png", "d.png"]
    assert len(told.cells) == 8
    assert all(cell.sum() == 4 for cell in told.cells)
    ranked = people.ranking(answered)
    assert ranked.encoder.tolist() == list("tttjjjm")
    assert people.judged(answered).metrics["CVVDP"].shape == (72,)
    satisfied = people.satisfied(answered)
    assert satisfied.shape == (6, 83)
    assert (np.diff(satisfied, axis=1) >= 0.0).all()
    assert present(answered) == ["midd", "aic", "encoders", "mcl-jci"]


def test_a_folder_without_any(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds none of people/midd/answers\.csv"):
        present(tmp_path)


@pytest.mark.parametrize(
    ("table", "old", "new", "said"),
    [
        (people.MIDD, "reference", "referense", "no column 'reference'"),
        (people.MIDD, ",30\r\n", ",many\r\n", "row 2 has no number as viewers: 'many'"),
        (people.MIDD, ",30\r\n", ",nan\r\n", "row 2 has no number as viewers"),
        (people.MIDD, ",30\r\n", ",1\r\n", "row 2 has 23 of 1 viewers"),
        (people.ENCODERS, "1100.0", "", "row 2 has no number as elo"),
        (people.AIC, "CVVDP", "cvvdp", "no column 'CVVDP'"),
        (people.MCL_JCI, "SRC03,50,", "SRC03,500,", "SRC03 lacks quality 50"),
    ],
)
def test_damaged_tables(answered: Path, table: Path, old: str, new: str, said: str) -> None:
    path = answered / table
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())
    reads = {
        people.MIDD: people.shares,
        people.ENCODERS: people.ranking,
        people.AIC: people.judged,
        people.MCL_JCI: people.satisfied,
    }
    with pytest.raises(InputError, match=said) as caught:
        reads[table](answered)
    assert str(path) in str(caught.value)
