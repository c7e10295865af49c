"""Rows in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from jndkit.batch import ledger as rows
from jndkit.errors import InputError, OutputError


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    assert rows.read(file) == []
    rows.append(file, '{"a": "\u00e9\u2028"}')
    rows.append(file, '{"a": 2}')
    assert rows.read(file) == [{"a": "\u00e9\u2028"}, {"a": 2}]
    rows.rewrite(file, ['{"a": 3}'])
    assert rows.read(file) == [{"a": 3}]


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"a": 1}\n{"a"')
    assert rows.read(file) == [{"a": 1}]


@pytest.mark.parametrize("line", ["no json\n", "[1]\n", "3\n"])
def test_other_lines_are_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"a": 1}\n' + line)
    with pytest.raises(InputError, match=r"rows\.jsonl: line 2 is no row"):
        rows.read(file)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        rows.read(tmp_path)
    with pytest.raises(OutputError):
        rows.append(tmp_path / "none" / "rows.jsonl", "{}")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\n")
    with pytest.raises(InputError):
        rows.read(tmp_path / "binary")
