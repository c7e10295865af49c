"""jnd encode --width: made smaller before it is coded, and judged at that size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Said

Draw = Callable[..., Path]
Jnd = Callable[..., Said]


def test_the_file_has_the_width_and_the_row_says_from_what(draw: Draw, jnd: Jnd, tmp_path: Path) -> None:
    draw("a.png", width=192, height=160)
    said = jnd("encode", "a.png", "--width", "96", "--json")
    (row,) = said.rows
    assert said.code == 0
    assert (row["width"], row["height"], row["resampled"]) == (96, 80, [192, 160])
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.size == (96, 80)
    assert "resampled from 192 x 160 to 96 x 80 pixels" in row["notes"]
    (again,) = jnd("encode", "a.png", "--width", "96", "--json").rows
    assert again["status"] == "skipped"
    (other,) = jnd("encode", "a.png", "--width", "48", "--json").rows
    assert "written by jndkit" in other["error"]["message"]


def test_a_narrower_picture_is_coded_as_it_is(draw: Draw, jnd: Jnd) -> None:
    draw("a.png")
    (row,) = jnd("encode", "a.png", "--width", "960", "--json").rows
    assert (row["width"], row["resampled"]) == (96, None)


def test_a_saving_is_no_reason_to_keep_the_large_one(draw: Draw, jnd: Jnd) -> None:
    draw("a.jpg", width=192, height=160, quality=20)
    (row,) = jnd("encode", "a.jpg", "--width", "180", "-o", "b.jpg", "--viewers", "95", "--json").rows
    assert row["status"] == "written"


def test_predict_says_the_same(draw: Draw, jnd: Jnd) -> None:
    draw("a.png", width=192, height=160)
    (row,) = jnd("predict", "a.png", "--width", "96", "--json").rows
    assert (row["width"], row["resampled"]) == (96, [192, 160])


@pytest.mark.parametrize("width", ["0", "-1", "wide"])
def test_widths_that_are_none(draw: Draw, jnd: Jnd, width: str) -> None:
    draw("a.png")
    assert jnd("encode", "a.png", "--width", width).code == 2
