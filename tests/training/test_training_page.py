"""docs/training.md says what the committed rows of the ablation of HVS-SD and of the published codec say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jndkit.evaluation.codecs.rows import CodecRow
from jndkit.evaluation.codecs.tables import markdown

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")


def lines(name: str) -> list[dict[str, Any]]:
    path = ROOT / "benchmarks" / "rows" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_ablation_of_hvssd_is_that_of_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    import hvssd_ablation

    rows = lines("hvssd_ablation")
    assert {(row["arm"], row["seed"]) for row in rows} == {(arm, seed) for arm in hvssd_ablation.ARMS for seed in range(3)}
    hvssd_ablation.table(rows)
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 2 + len(hvssd_ablation.ARMS) + 2
    assert printed in PAGE


def test_the_published_codec_is_measured_as_the_rows_say() -> None:
    rows = [CodecRow.from_json(row) for row in lines("jndlic_paper")]
    assert {row.codec for row in rows} == {"jndlic:paper", "jndlic", "jpeg"}
    assert not [row for row in rows if row.error]
    tables = [line for line in markdown(rows).splitlines() if line.startswith("|")]
    assert len(tables) > 12
    assert all(line in PAGE for line in tables)
