"""Rows in a file: what is appended is read, and what was cut off anywhere is no row and spoils no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jndkit.batch import ledger
from jndkit.errors import InputError, OutputError

ROWS: list[dict[str, object]] = [{"a": 1, "name": "\u00fc\u2028\U0001f4f7.png"}, {"a": 2, "in": {"b": [3]}}, {"a": 3}]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.jsonl"


def lines(rows: list[dict[str, object]]) -> list[str]:
    return [json.dumps(row, ensure_ascii=False) for row in rows]


def test_what_is_appended_is_read(file: Path) -> None:
    assert ledger.read(file) == []
    ledger.append(file, *lines(ROWS[:2]))
    ledger.append(file)
    ledger.append(file, *lines(ROWS[2:]))
    assert ledger.read(file) == ROWS
    ledger.rewrite(file, ['{"a": 3}'])
    assert ledger.read(file) == [{"a": 3}]


def test_a_file_that_was_cut_off_anywhere_has_its_whole_rows_and_goes_on(file: Path) -> None:
    """Inside a character too, which is why the file is read as bytes."""
    ledger.append(file, *lines(ROWS))
    data = file.read_bytes()
    starts = [0]
    for line in lines(ROWS):
        starts.append(starts[-1] + len(line.encode()) + 1)
    for at in range(len(data) + 1):
        file.write_bytes(data[:at])
        # A row that lacks nothing but the end of its line is whole: no part of an object is one.
        whole = [row for row, end in zip(ROWS, starts[1:], strict=True) if end - 1 <= at]
        assert ledger.read(file) == whole
        ledger.append(file, '{"more": true}')
        assert ledger.read(file) == [*whole, {"more": True}]


def test_what_editors_and_power_cuts_leave(file: Path) -> None:
    file.write_bytes(b'{"a": 1}\r\n\n{"a": 2}')
    assert ledger.read(file) == [{"a": 1}, {"a": 2}]
    file.write_bytes(b'{"a": 1}\n\0\0\0\0')
    assert ledger.read(file) == [{"a": 1}]


@pytest.mark.parametrize("line", ["no json\n", "[1]\n", "3\n", "no json", "3"])
def test_other_lines_are_refused(file: Path, line: str) -> None:
    file.write_text('{"a": 1}\n' + line)
    with pytest.raises(InputError, match=r"rows\.jsonl: line 2 is no row"):
        ledger.read(file)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it cannot be read"):
        ledger.read(tmp_path)
    with pytest.raises(OutputError):
        ledger.append(tmp_path / "none" / "rows.jsonl", "{}")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\n")
    with pytest.raises(InputError):
        ledger.read(tmp_path / "binary")
