"""The tables of people: what is read of them, and what is said of those that are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jndkit.errors import InputError
from jndkit.evaluation.observers import subjective
from jndkit.evaluation.observers.scoring import present


def test_what_the_tables_hold(answered: Path) -> None:
    answers = subjective.shares(answered)
    assert answers.pictures == ["a.png", "b.png", "c.png", "d.png"]
    assert len(answers.cells) == 8
    assert all(cell.sum() == 4 for cell in answers.cells)
    ranked = subjective.ranking(answered)
    assert ranked.encoder.tolist() == list("tttjjjm")
    assert subjective.aic_sample(answered).metrics["CVVDP"].shape == (72,)
    satisfied = subjective.satisfied(answered)
    assert satisfied.shape == (6, 83)
    assert (np.diff(satisfied, axis=1) >= 0.0).all()
    assert present(answered) == ["midd", "aic", "encoders", "mcl-jci"]


def test_a_folder_without_any(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds none of people/midd/answers\.csv"):
        present(tmp_path)


@pytest.mark.parametrize(
    ("table", "old", "new", "said"),
    [
        (subjective.MIDD, "reference", "referense", "no column 'reference'"),
        (subjective.MIDD, ",30\r\n", ",many\r\n", "row 2 has no number as viewers: 'many'"),
        (subjective.MIDD, ",30\r\n", ",nan\r\n", "row 2 has no number as viewers"),
        (subjective.MIDD, ",30\r\n", ",1\r\n", "row 2 has 23 of 1 viewers"),
        (subjective.ENCODERS, "1100.0", "", "row 2 has no number as elo"),
        (subjective.AIC, "CVVDP", "cvvdp", "no column 'CVVDP'"),
        (subjective.MCL_JCI, "SRC03,50,", "SRC03,500,", "SRC03 lacks quality 50"),
    ],
)
def test_damaged_tables(answered: Path, table: Path, old: str, new: str, said: str) -> None:
    path = answered / table
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())
    reads = {
        subjective.MIDD: subjective.shares,
        subjective.ENCODERS: subjective.ranking,
        subjective.AIC: subjective.aic_sample,
        subjective.MCL_JCI: subjective.satisfied,
    }
    with pytest.raises(InputError, match=said) as caught:
        reads[table](answered)
    assert str(path) in str(caught.value)
