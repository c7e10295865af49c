"""The page on other encoders: its tables are those that the scripts make of the committed rows."""

from __future__ import annotations

from pathlib import Path

import pytest

import codec_options
import jpeg_encoders
from equal_visibility import known

PAGE = (Path(__file__).parents[1] / "docs" / "encoders.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("which", ["valid", "kodak"])
def test_the_tables_of_jpeg_are_made_from_the_rows(which: str) -> None:
    rows = known(jpeg_encoders.ROWS) + jpeg_encoders.tuned(known(jpeg_encoders.TUNED))
    assert "\n".join(jpeg_encoders.table(rows, which)) in PAGE


def test_the_table_of_people_is_made_from_the_rows() -> None:
    assert "\n".join(jpeg_encoders.people_table(known(jpeg_encoders.PEOPLE))) in PAGE


def test_the_table_of_searches_is_made_from_the_rows() -> None:
    assert "\n".join(jpeg_encoders.searches_table(known(jpeg_encoders.SEARCHES))) in PAGE


@pytest.mark.parametrize("codec", ["webp", "avif"])
def test_the_tables_of_options_are_made_from_the_rows(codec: str) -> None:
    pictures = codec_options.by_picture(known(codec_options.ROWS), codec)
    assert "\n".join(codec_options.table(pictures, codec)) in PAGE
    if codec == "webp":
        assert "\n".join(codec_options.rescued(pictures)) in PAGE
