"""Rows of every evaluation: what is committed is read, and written again, to the last byte."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from jndkit.errors import UsageError
from jndkit.evaluation.codecs.rows import CodecRow
from jndkit.evaluation.hvssd.rows import HvssdRow
from jndkit.evaluation.noise.rows import NoiseRow
from jndkit.evaluation.observers.rows import ReadingRow, ScoreRow, by_kind, from_json
from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.evaluation.rows import PictureRow, Row, read

ROWS = Path(__file__).parents[2] / "benchmarks" / "rows"
COMMITTED: dict[str, type[Row]] = {
    "noise": NoiseRow,
    "noise_side_by_side": NoiseRow,
    "noise_valid": NoiseRow,
    "codecs": CodecRow,
    "picturewise": KnobRow,
    "picturewise_side_by_side": KnobRow,
    "picturewise_train": KnobRow,
    "picturewise_side_by_side_train": KnobRow,
}
KINDS: list[type[PictureRow]] = [NoiseRow, CodecRow, KnobRow, HvssdRow, ReadingRow]


@pytest.mark.parametrize("name", COMMITTED)
def test_committed_rows_are_written_as_they_are_read(name: str) -> None:
    lines = (ROWS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines
    for line in lines:
        assert COMMITTED[name].from_json(json.loads(line)).to_json() == line


def test_so_are_those_of_the_observers() -> None:
    file = ROWS / "observers.jsonl"
    readings, scores = by_kind(read(file, from_json))
    assert len(readings) > len(scores) > 50
    written = [row.to_json() for row in readings] + [row.to_json() for row in scores]
    assert written == file.read_text(encoding="utf-8").splitlines()


def test_a_row_that_is_none_is_named_by_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    first = (ROWS / "noise.jsonl").read_text(encoding="utf-8").splitlines()[0]
    file.write_text(f'{first}\n{{"input": "a.png"}}\n')
    with pytest.raises(UsageError, match=r"r\.jsonl: line 2: a row of another kind"):
        read(file, NoiseRow.from_json)
    assert read(tmp_path / "none.jsonl", NoiseRow.from_json) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_has_what_all_have(kind: type[PictureRow]) -> None:
    common = {"input", "width", "height", "input_sha256", "seconds", "versions", "error"}
    assert common <= set(inspect.signature(kind).parameters)


def test_subjects_are_the_words_of_the_command() -> None:
    assert [kind.subject for kind in KINDS] == ["noise", "codecs", "picturewise", "hvssd", "observers"]
    assert ScoreRow.subject == "observers"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("line", [{}, {"input": "a.png"}, {"input": "a.png", "reader": "psnr", "unheard_of": 1}])
def test_rows_of_another_kind_are_refused(kind: type[PictureRow], line: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"a row of another kind than jnd evaluate {kind.subject} writes"):
        kind.from_json(line)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("target", None),
        ("target", {"psnr": "loud", "jnd": 1.0}),
        ("equal_noise", [1.0]),
        ("error", "it broke"),
        ("seed", 1.5),
        ("versions", {"numpy": 2}),
        ("input", None),
    ],
)
def test_values_of_another_type_are_named(key: str, value: object) -> None:
    line = json.loads((ROWS / "noise.jsonl").read_text(encoding="utf-8").splitlines()[0])
    with pytest.raises(UsageError, match=f"never wrote: its {key} is"):
        NoiseRow.from_json({**line, key: value})


def test_lists_of_another_type_are_named() -> None:
    line = json.loads((ROWS / "picturewise.jsonl").read_text(encoding="utf-8").splitlines()[0])
    with pytest.raises(UsageError, match="its levels is"):
        KnobRow.from_json({**line, "levels": {"value": [1.0, None]}})


def test_whole_numbers_stand_for_numbers() -> None:
    line = json.loads((ROWS / "noise.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert NoiseRow.from_json({**line, "ppd": 40}).ppd == 40


def test_a_failed_row_says_of_what_and_why() -> None:
    row = HvssdRow("set/a.png", "out/a.png", 1.0, 0, "code", "reflect")
    assert row.fail(RuntimeError("out of order"), "set/a.png") is row
    assert row.error is not None
    assert row.error["type"] == "RuntimeError"
    assert row.error["message"].startswith("set/a.png: ")
    assert HvssdRow.from_json(json.loads(row.to_json())) == row
