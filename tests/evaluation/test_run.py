"""A run: which rows stay, what is made again, and what the file holds at every moment."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from jndkit.batch import ledger
from jndkit.errors import UsageError
from jndkit.evaluation.noise.jobs import jobs_left
from jndkit.evaluation.noise.rows import NoiseRow
from jndkit.evaluation.noise.settings import Settings
from jndkit.evaluation.noise.summary import check
from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.evaluation.picturewise.settings import Settings as KnobSettings
from jndkit.evaluation.run import Plan, plan

TWO = Settings(models=("flat", "chou1995"))


@pytest.fixture
def pictures(folder: Path) -> list[tuple[Path, str]]:
    return [(path, path.name) for path in sorted(folder.iterdir())]


def planned(
    pictures: list[tuple[Path, str]], known: list[NoiseRow], others: tuple[NoiseRow, ...] = ()
) -> Plan[NoiseRow]:
    return plan(TWO, known, partial(jobs_left, pictures, TWO), check, others)


def kept(file: Path) -> list[tuple[str, str]]:
    return [(line["input"], line["model"]) for line in ledger.read(file)]


def test_every_row_is_in_the_file_when_it_is_told(pictures: list[tuple[Path, str]], tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    todo = planned(pictures, [])
    assert todo.count == 6
    for count, row in enumerate(todo.run(1, file), 1):
        assert len(kept(file)) == count
        assert kept(file)[-1] == (row.input, row.model)
    assert todo.rows == [NoiseRow.from_json(line) for line in ledger.read(file)]


def test_a_run_that_ends_early_is_gone_on_with(pictures: list[tuple[Path, str]], tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    other = TWO.row("of another protocol.png", "flat")
    rows = planned(pictures, [], (other,)).run(1, file)
    first = [next(rows) for _ in range(3)]
    rows.close()
    assert kept(file) == [(other.input, "flat"), *((row.input, row.model) for row in first)]
    again = planned(pictures, first, (other,))
    assert again.count == 3
    assert len(list(again.run(1, file))) == 3
    assert again.rows[:3] == first
    assert kept(file)[0] == (other.input, "flat")
    assert kept(file)[1:] == [(name, model) for _, name in pictures for model in TWO.models]


def test_what_failed_or_is_of_another_file_is_made_again(pictures: list[tuple[Path, str]]) -> None:
    first = planned(pictures, [])
    list(first.run(1))
    first.rows[0].fail(MemoryError("no memory"), "0.png")
    first.rows[3].input_sha256 = "of another file"
    again = planned(pictures, first.rows)
    assert [(job.name, job.left) for job in again.jobs] == [("0.png", ("flat",)), ("1.png", ("chou1995",))]
    assert len(again.rows) == 4


def test_rows_of_another_kind_are_refused_before_any_work(pictures: list[tuple[Path, str]]) -> None:
    louder = replace(TWO, psnr=20.0)
    with pytest.raises(UsageError, match="differ in noise target"):
        planned(pictures, [louder.row("0.png", "flat")])


def test_only_makers_that_are_asked_for_go_stale() -> None:
    asked = KnobSettings(codecs=("jpeg",), methods=("cvvdp", "knob"))

    def row(method: str, source: str | None) -> KnobRow:
        knob_row = KnobSettings(codecs=("webp",), methods=(method,)).row("a.png", ("webp:m4", "desktop", method))
        knob_row.source = source or knob_row.source
        return knob_row

    current, stale, failed = row("cvvdp", None), row("knob", "knob.of.v0"), row("cvvdp", None)
    not_asked = row("search", "cvvdp 0.1 from nothing")
    failed.fail(MemoryError("no memory"), "a.png")
    assert asked.in_use([current, stale, not_asked, failed]) == [current, not_asked]
