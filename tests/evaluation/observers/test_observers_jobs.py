"""Rows of readings and of scores, and what is left to do."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import pytest

from jndkit.batch import run
from jndkit.errors import MissingError, UsageError
from jndkit.evaluation.observers import stimuli
from jndkit.evaluation.observers.jobs import jobs_left
from jndkit.evaluation.observers.readings import Readings
from jndkit.evaluation.observers.rows import ReadingRow, ScoreRow, by_kind, from_json
from jndkit.evaluation.observers.settings import Settings

TWO = ("psnr", "ssim")


def rows_of(
    answered: Path, tables: tuple[str, ...] = ("midd", "mcl-jci"), readers: tuple[str, ...] = TWO
) -> list[ReadingRow]:
    return list(run(jobs_left(Settings(answered, tables, readers), []), 1))


def test_every_version_is_read(answered: Path) -> None:
    rows = rows_of(answered)
    assert len(rows) == 2 * (4 + 1)  # every fourth of two photographs is one
    assert not [row.error for row in rows if row.error]
    first = rows[0]
    assert (first.table, first.input, first.reader, first.viewing) == ("midd", "a.png", "psnr", "37.4ppd")
    assert first.stimuli[:2] == ["a-jpeg-20.png", "a-jpeg-40.png"]
    assert first.readings["psnr"] == pytest.approx(sorted(first.readings["psnr"][:4]) + first.readings["psnr"][4:])
    assert (first.width, first.height) == (96, 96)
    assert first.texture is not None
    assert rows[-1].input == "train/0.png"
    assert rows[-1].stimuli == [str(quality) for quality in stimuli.QUALITIES]


def test_rows_come_back(answered: Path) -> None:
    rows = rows_of(answered, ("midd",))
    score = ScoreRow("midd", "psnr", {"rmse": 0.123456}, {"a-jpeg-20.png": 0.5}, people="0" * 64)
    lines = [*(row.to_json() for row in rows), score.to_json()]
    readings, scores = by_kind(from_json(json.loads(line)) for line in lines)
    assert readings == rows
    assert scores == [replace(score, scores={"rmse": 0.1235})]


@pytest.mark.parametrize("row", [{"input": "a", "model": "flat"}, {"reader": "psnr"}, {"reader": "x", "more": 1}, {}])
def test_rows_of_another_kind(row: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="a row of another kind"):
        from_json(row)


def test_what_is_there_is_not_done_again(answered: Path) -> None:
    rows, settings = rows_of(answered), Settings(answered, ("midd", "mcl-jci"), TWO)
    assert jobs_left(settings, rows) == []
    older = [replace(row, source="psnr of another") if row.reader == "psnr" else row for row in rows]
    assert {job.left for job in jobs_left(settings, older)} == {(("midd", "psnr"),), (("mcl-jci", "psnr"),)}
    (answered / "people" / "midd" / "a.png").write_bytes((answered / "people" / "midd" / "b.png").read_bytes())
    (again,) = jobs_left(settings, rows)
    assert (again.name, again.left) == ("a.png", (("midd", "psnr"), ("midd", "ssim")))


def test_a_picture_that_is_gone_fails_alone(answered: Path) -> None:
    (answered / "people" / "midd" / "a-jpeg-20.png").unlink()
    rows = rows_of(answered, ("midd",))
    failed = [row for row in rows if row.error]
    assert [(row.input, row.reader) for row in failed] == [("a.png", "psnr"), ("a.png", "ssim")]
    assert failed[0].error is not None
    assert "a-jpeg-20.png" in failed[0].error["message"]
    assert Readings(rows, "midd").pictures == ["b.png", "c.png", "d.png"]


def test_measures_that_miss_a_version_are_left_out(answered: Path) -> None:
    rows = rows_of(answered, ("midd",))
    del rows[0].readings["psnr"][-1], rows[0].stimuli[-1]
    pairs = [(row.input, name) for row in rows if row.reader == "ssim" for name in row.stimuli]
    measures = Readings(rows, "midd").ln([a for a, _ in pairs], [b for _, b in pairs])
    assert [measure.name for measure, _ in measures] == ["ssim"]


@pytest.mark.parametrize(("tables", "readers"), [(("kadid",), ("psnr",)), (("midd",), ("nobody",))])
def test_unknown_names(tables: tuple[str, ...], readers: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="choose"):
        Settings(Path(), tables, readers)


def test_encoders_are_coded_with(answered: Path) -> None:
    pytest.importorskip("ajpegli")
    pytest.importorskip("pyvips")
    (row, _) = rows_of(answered, ("encoders",), ("psnr",))
    assert row.error is None, row.error
    psnr = dict(zip(row.stimuli, row.readings["psnr"], strict=True))
    for encoder in "tj":
        worse, better = f"{encoder}55420", f"{encoder}90444"
        assert 20.0 < psnr[worse] < psnr[better] < 60.0
    assert psnr["m75420"] > psnr["t55420"]
    assert {"libjpeg-turbo", "ajpegli", "pyvips-binary"} <= set(row.versions)


def test_encoders_that_are_not_installed(answered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"jpegli is not installed; install it with: pip install 'jndkit\[parity\]'"):
        jobs_left(Settings(answered, ("encoders",), ("psnr",)), [])
