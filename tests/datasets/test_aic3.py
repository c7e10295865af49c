"""Triplets of JPEG AIC-3: what a table says, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from jndkit.datasets.aic3 import inventory, triplets
from jndkit.errors import InputError

HEADER = "worker,method,img_num,codec_left,codec_right,dlevel_left,dlevel_pivot,dlevel_right,is_bias,is_trap,response"


def table(folder: Path, *rows: str, name: str = "JPEG-AIC_BTC_final_response_data_2024.01.10.csv") -> Path:
    (folder / name).write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return folder


def test_a_table(tmp_path: Path) -> None:
    table(tmp_path, "7,BTC,2,1,2,3,0,4,0,0,left", "7,PTC,2,1,1,10,0,0,0,1,Not sure", "8,btc,6,5,5,1,0,1,1,0,right")
    first, second, third = triplets(tmp_path)
    assert (first.source, first.codecs, first.levels, first.pivot) == (2, (1, 2), (3, 4), 0)
    assert (first.boosted, first.plain, first.response) == (True, True, "left")
    assert (second.boosted, second.plain, second.response) == (False, False, "not sure")
    assert (third.plain, third.worker) == (False, "8")
    assert inventory(tmp_path).held == [
        "boosted triplets: 2 answers",
        "plain triplets: 1 answers",
        "2 viewers, 2 sources, 1 answers of who is not sure",
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("7,ABC,2,1,2,3,0,4,0,0,left", "neither BTC nor PTC"),
        ("7,BTC,2,1,2,3,0,4,0,0,up", "none of left, right, not sure"),
        ("7,BTC,2,1,2,x,0,4,0,0,left", "no whole number"),
        ("7,BTC,2,1,2,3,0,4,0,0", "10 cells"),
    ],
)
def test_what_is_no_answer(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        triplets(table(tmp_path, row))


def test_tables_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it holds no"):
        triplets(tmp_path)
    assert inventory(tmp_path).missing
    with pytest.raises(InputError, match="no such folder"):
        triplets(tmp_path / "none")
    table(tmp_path, name="a_response_data.csv")
    table(tmp_path, name="b_response_data.csv")
    with pytest.raises(InputError, match="more than once"):
        triplets(tmp_path)
