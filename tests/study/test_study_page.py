"""The tables of the page are those of the committed rows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import study as benchmark
from jndkit.batch import ledger

PAGE = Path(__file__).parents[2] / "docs" / "study.md"


@pytest.mark.parametrize("name", ["recovery", "screening", "efficiency", "viewers"])
def test_tables_come_from_the_rows(name: str) -> None:
    shown = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert shown
    assert shown[1] == "\n".join(benchmark.table(ledger.read(benchmark.ROWS), name))
