"""Tables and the plot: what they say of rows, and which rows they refuse."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from jndkit.batch import ledger as store
from jndkit.errors import MissingError, OutputError, UsageError
from jndkit.evaluation.noise.plots import write_plot
from jndkit.evaluation.noise.published import ADVANTAGES, REACHED
from jndkit.evaluation.noise.rows import NoiseRow
from jndkit.evaluation.noise.summary import summaries
from jndkit.evaluation.noise.tables import markdown
from jndkit.pixelwise import MODELS

ROOT = Path(__file__).parents[3]
Make = Callable[..., NoiseRow]


@pytest.fixture
def measured(row: Make) -> list[NoiseRow]:
    """Three models on three pictures; one of them failed once."""
    rows = []
    for place, name in enumerate(("a.png", "b.png", "c.png")):
        rows.append(row(name, "flat", 6.0 + place, 38.0 + place))
        rows.append(row(name, "wu2017", 5.0 + place, 36.5 + place))
        rows.append(row(name, "liu2010", 5.5 + place, 37.0 + place) if place else row(name, "liu2010"))
    return rows


def test_summaries(measured: list[NoiseRow]) -> None:
    ranked = summaries(measured)
    assert [summary.model for summary in ranked] == ["wu2017", "liu2010", "flat"]
    best = ranked[0]
    assert best.visible.value == pytest.approx(37.5)
    assert best.visible.half == pytest.approx(4.3027 / 3**0.5, abs=1e-3)
    assert best.visible_gain == pytest.approx((-1.5, 0.0, 3))
    assert best.noise_gain == pytest.approx((-1.0, 0.0, 3))
    liu = next(summary for summary in ranked if summary.model == "liu2010")
    assert (liu.noise.n, liu.failed) == (2, 1)
    assert liu.visible_gain == pytest.approx((-1.0, 0.0, 2))


def test_markdown(measured: list[NoiseRow]) -> None:
    text = markdown(measured)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert "| wu2017 | 3 | 6.00 [3.52, 8.48] | -1.00 [-1.00, -1.00] | 37.50 [35.02, 39.98] | -1.50" in text
    assert "| liu2010 | 2 (1 failed) |" in text
    assert "| *flat* (baseline) | 3 |" in text
    assert "| wu2017 over Liu et al. 2010 (Wu et al. 2017: 49 viewers, 12 pictures) | 26.65 dB | +0.75 | +0.50" in text
    assert "| Liu et al. 2010 (Liu et al. 2010: 21 viewers, 10 pictures) | 31.45 | 32.50 |" in text
    assert "| not here |" in text
    assert {line.count("|") for line in lines} == {9, 5}
    assert "published" in text
    assert "cvvdp" in text


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("observer", "cvvdp 9.9"),
        ("ppd", 75.4),
        ("seed", 1),
        ("border", "zero"),
        ("target", {"psnr": 30.0, "jnd": 1.0}),
        ("target", {"psnr": 26.65, "jnd": 0.5}),
        ("variant", "paper"),
    ],
)
def test_rows_that_differ_are_not_averaged(measured: list[NoiseRow], what: str, value: object) -> None:
    setattr(measured[4], what, value)
    with pytest.raises(UsageError, match="cannot stand in one table"):
        markdown(measured)


def test_rows_that_are_there_twice_are_not_averaged(measured: list[NoiseRow]) -> None:
    with pytest.raises(UsageError, match=r"a\.png with flat is there 2 times"):
        summaries([*measured, measured[0]])


def test_no_result_no_table(row: Make, tmp_path: Path) -> None:
    for rows in ([], [row("a.png", "flat")]):
        with pytest.raises(UsageError, match="no row with a result"):
            markdown(rows)
    pytest.importorskip("matplotlib")
    with pytest.raises(UsageError, match="no row with a result"):
        write_plot([row("a.png", "flat")], tmp_path / "plot.png")


def test_published_figures_are_of_models_we_have() -> None:
    assert {study.other for study in ADVANTAGES} - {None} <= set(MODELS)
    assert {study.model for study in (*ADVANTAGES, *REACHED)} - {None} <= set(MODELS)


def test_the_plot_is_made_of_rows(measured: list[NoiseRow], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    write_plot(measured, tmp_path / "a.png")
    write_plot(measured, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    write_plot([noise_row for noise_row in measured if noise_row.model != "flat"], tmp_path / "c.png")
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "c.png").read_bytes()
    with pytest.raises(OutputError, match="--force"):
        write_plot(measured, tmp_path / "a.png")
    measured[0].seed = 7
    with pytest.raises(UsageError, match="differ in seed"):
        write_plot(measured, tmp_path / "d.png")


def test_the_plot_says_what_it_needs(measured: list[NoiseRow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"\.png"):
        write_plot(measured, tmp_path / "plot.svg")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"pip install 'jndkit\[plot\]'"):
        write_plot(measured, tmp_path / "plot.png")


def test_the_documented_table_is_that_of_the_committed_rows() -> None:
    rows = [NoiseRow.from_json(noise_row) for noise_row in store.read(ROOT / "benchmarks" / "rows" / "noise.jsonl")]
    assert len({noise_row.input for noise_row in rows}) == 24
    assert not [noise_row for noise_row in rows if noise_row.error]
    page = (ROOT / "docs" / "noise.md").read_text()
    assert markdown(rows) in page
    looked = [
        NoiseRow.from_json(noise_row)
        for noise_row in store.read(ROOT / "benchmarks" / "rows" / "noise_side_by_side.jsonl")
    ]
    assert {noise_row.protocol for noise_row in looked} == {"side-by-side"}
    assert markdown(looked) in page
    assert all((ROOT / "docs" / name).exists() for name in re.findall(r"\]\(([\w.-]+\.png)\)", page))
