"""What docs/inputs.md says of lossy inputs is what the rows say."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8")


def rows(name: str) -> list[dict[str, Any]]:
    path = ROOT / "benchmarks" / "rows" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_tables_are_those_of_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("resource", reason="benchmarks/encode.py measures memory with it, which Windows lacks")
    import encode
    import history

    for table, name in (
        (history.table, "history"),
        (encode.resaved_table, "resaved"),
        (encode.resaved_table, "resaved_panel"),
    ):
        table(rows(name))
        assert capsys.readouterr().out.strip() in PAGE


def test_what_is_said_of_coding_anew_alone_and_of_the_pictures_that_the_panel_was_asked_of() -> None:
    """Of coding anew the smallest file that is not seen, over the input's bytes."""
    panel = {(row["input"], row["resaved"]) for row in rows("resaved_panel")}
    anew: dict[int, list[float]] = {75: [], 85: [], 95: []}
    asked: dict[int, list[float]] = {75: [], 85: [], 95: []}
    for row in rows("resaved"):
        ways = [probe for probe in row["probes"] if probe["codec"] != "jpeg:requantised"]
        smallest = min(probe["bytes"] for probe in ways if probe["jnd"] <= row["target"]["jnd"])
        anew[row["resaved"]].append(smallest / row["input_bytes"])
        if (row["input"], row["resaved"]) in panel:
            asked[row["resaved"]].append(row["bytes"] / row["input_bytes"])
    told = " ".join(PAGE.split())
    alone, same = ([f"{mean(shares):.2f}" for shares in of.values()] for of in (anew, asked))
    assert "Coded anew alone the means are {}, {} and {}".format(*alone) in told
    assert "on the same pictures the rows above have {}, {} and {}".format(*same) in told


def test_no_file_is_seen() -> None:
    assert all(row["jnd"] <= row["target"]["jnd"] for name in ("resaved", "resaved_panel") for row in rows(name))
    assert all(row["panel"] for row in rows("resaved_panel"))
    assert max(row["ssimulacra2_jnd"] for row in rows("resaved")) <= 1.35
    assert not any(row[kind]["gain"] >= 0.03 for row in rows("history") for kind in ("pixels", "70", "80", "90", "95"))
