"""The page on JPEG tuned to the picture: its tables are those that the script makes of the committed rows."""

from __future__ import annotations

from pathlib import Path

import pytest

import jpeg_tuned
from equal_visibility import known

PAGE = (Path(__file__).parents[1] / "docs" / "jpeg.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("which", ["valid", "kodak"])
def test_the_tables_are_made_from_the_rows(which: str) -> None:
    assert jpeg_tuned.tabled(known(jpeg_tuned.ROWS), which) in PAGE
