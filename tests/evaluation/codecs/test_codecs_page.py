"""docs/codecs.md and docs/learned-codec.md say what the committed rows say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import codec_pair
from jndkit.evaluation.codecs.rows import CodecRow
from jndkit.evaluation.codecs.summary import sizes
from jndkit.evaluation.codecs.tables import markdown

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "codecs.md").read_text()


@pytest.fixture(scope="module")
def rows() -> list[CodecRow]:
    file = ROOT / "benchmarks" / "rows" / "codecs.jsonl"
    return [CodecRow.from_json(json.loads(line)) for line in file.read_text().splitlines()]


def test_the_tables_are_those_of_the_rows(rows: list[CodecRow]) -> None:
    assert not [row for row in rows if row.error]
    assert len({row.input for row in rows if row.codec == "jndlic"}) == 73
    assert markdown(rows) in PAGE


def test_the_table_of_two_is_that_of_the_rows(rows: list[CodecRow]) -> None:
    assert codec_pair.table(rows, "jndlic", "avif") in PAGE


def test_the_pictures_are_there() -> None:
    names = re.findall(r"\]\(([\w./-]+\.png)\)", PAGE)
    assert len(names) >= 2
    assert all((ROOT / "docs" / name).stat().st_size > 10_000 for name in names)


def test_the_page_of_the_codec_counts_as_the_rows_do(rows: list[CodecRow]) -> None:
    kodak = [row for row in rows if row.input.startswith("kodak/")]
    (ours,) = (line for line in sizes(kodak, "50") if line.codec == "jndlic")
    page = " ".join((ROOT / "docs" / "learned-codec.md").read_text().split())
    fewer = {name: f"{count} of the {both}" for name, (count, both) in ours.fewer.items()}
    assert f"than JPEG on {fewer['jpeg']} Kodak pictures, than WebP on {fewer['webp'].split()[0]}" in page
    assert f"than AVIF on {fewer['avif'].split()[0]}" in page
