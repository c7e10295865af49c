"""Shards of rows: whole or not at all, under the hash of what they hold, and never more of them than need be."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jndkit.batch import shards
from jndkit.batch.places import Folder
from jndkit.batch.shards import Shards
from jndkit.errors import InputError, OutputError


def filled(home: Path, count: int, *, parquet: bool = False) -> Shards:
    rows = Shards(Folder(str(home)), ".jnd/rows/a", parquet=parquet)
    for number in range(count):
        rows.add({"input": f"{number}.png", "error": None if number % 2 else {"type": "X", "message": "why"}})
        rows.flush()
    return rows


@pytest.mark.parametrize("parquet", [False, True])
def test_rows_come_back_and_small_shards_are_put_together(tmp_path: Path, parquet: bool) -> None:
    if parquet:
        pytest.importorskip("pyarrow")
    rows = filled(tmp_path, 40, parquet=parquet)
    assert sorted(row["input"] for row in rows.each()) == sorted(f"{number}.png" for number in range(40))
    levels = sorted(path.name[0] for path in (tmp_path / ".jnd/rows/a").iterdir())
    assert levels == ["0"] * 8 + ["1"] * 2


def test_parquet_has_columns_that_tables_are_made_of(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    filled(tmp_path, 1, parquet=True)
    (path,) = (tmp_path / ".jnd/rows/a").iterdir()
    (row,) = parquet.read_table(path).to_pylist()
    assert (row["input"], row["error"], row["status"]) == ("0.png", "why", None)
    assert json.loads(row["row"])["error"]["type"] == "X"


def test_a_shard_is_called_by_its_hash_so_the_same_rows_are_one(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    filled(tmp_path, 1)
    assert len(os.listdir(tmp_path / ".jnd/rows/a")) == 1


def test_rows_are_held_back_until_there_are_enough(tmp_path: Path) -> None:
    rows = Shards(Folder(str(tmp_path)), "a", rows=3)
    for number in range(5):
        rows.add({"input": str(number)})
    assert [row["input"] for row in rows.each()] == ["0", "1", "2"]
    rows.flush()
    assert len(list(rows.each())) == 5


def test_what_cannot_be_written_is_held_back_still(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a file where the folder should be")
    rows = Shards(Folder(str(tmp_path)), "a")
    rows.add({"input": "0"})
    with pytest.raises(OutputError):
        rows.flush()
    (tmp_path / "a").unlink()
    rows.flush()
    assert [row["input"] for row in rows.each()] == ["0"]


def test_a_run_killed_between_two_shards_has_rows_twice_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: Folder, name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Folder, "remove", killed)
    with pytest.raises(KeyboardInterrupt):
        filled(tmp_path, 16)
    again = Shards(Folder(str(tmp_path)), ".jnd/rows/a")
    names = [row["input"] for row in again.each()]
    assert len(names) == 32
    assert len(set(names)) == 16


def test_large_shards_are_left_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "_LARGEST", 10)
    rows = filled(tmp_path, 20)
    assert len(list(rows.each())) == len(os.listdir(tmp_path / ".jnd/rows/a")) == 20


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    rows = filled(tmp_path, 1)
    (path,) = (tmp_path / ".jnd/rows/a").iterdir()
    path.write_bytes(b"{")
    with pytest.raises(InputError, match=rf"{path.name}: it is no shard of rows"):
        list(rows.each())
    (tmp_path / ".jnd/rows/a/notes.jsonl").write_bytes(b"not ours")
    path.unlink()
    assert not list(rows.each())
