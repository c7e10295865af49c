"""Parquet tables: pictures by their bytes or addresses."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from jndkit.batch.places import source_at
from jndkit.batch.places.files import Files
from jndkit.batch.places.folder import Folder
from jndkit.batch.places.store import Store
from jndkit.batch.places.tables import pairs
from jndkit.errors import InputError, UsageError
from tests.batch.places.stores import BUCKET, Faults

pytest.importorskip("pyarrow")


def table(path: Path, columns: dict[str, Any], group: int = 2) -> str:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), path, row_group_size=group)
    return str(path)


def contents(path: str, column: str | None = None) -> dict[str, bytes]:
    place = source_at(path, column=column)
    return {entry.name: place.read(entry.name, entry.at) for entry in place.entries()}


def test_bytes(tmp_path: Path) -> None:
    path = table(tmp_path / "t.parquet", {"id": [1, 2, 3, 4, 5], "jpg": [b"a", b"b", b"c", b"d", b"e"]})
    wanted = {f"t/{row:09}": bytes([97 + row]) for row in range(5)}
    assert contents(path) == contents(path, "jpg") == wanted


def test_structs_as_datasets_have_them(tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(b"two")
    images = [{"bytes": b"one", "path": "a.png"}, {"bytes": None, "path": str(tmp_path / "b.png")}]
    path = table(tmp_path / "t.parquet", {"image": images, "label": [0, 1]})
    assert list(contents(path).values()) == [b"one", b"two"]


def test_addresses(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    import fsspec

    fsspec.filesystem("memory").pipe_file("/tabled/a.png", b"one")
    path = table(tmp_path / "t.parquet", {"url": ["memory://tabled/a.png"]})
    assert list(contents(path).values()) == [b"one"]


def test_no_address_of_the_own_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.png"
        place = source_at(table(tmp_path / "t.parquet", {"url": [address]}))
        (entry,) = place.entries()
        with pytest.raises(InputError, match="own network"):
            place.read(entry.name, entry.at)


def test_rows_without_a_picture_and_tables_without_a_column(tmp_path: Path) -> None:
    path = table(tmp_path / "t.parquet", {"image": [b"a", None]})
    place = source_at(path)
    first, second = place.entries()
    assert place.read(first.name, first.at) == b"a"
    with pytest.raises(InputError, match=r"t\.parquet/t/000000001: its row has no picture"):
        place.read(second.name, second.at)
    (refused,) = source_at(path, column="nothing").entries()
    assert refused.error == f"{path}: it has no column 'nothing': image"
    (refused,) = source_at(table(tmp_path / "u.parquet", {"x": [1]})).entries()
    assert refused.error is not None
    assert "--column names one of x" in refused.error
    with pytest.raises(UsageError, match="--column is of tables"):
        source_at(str(tmp_path), column="image")


def test_what_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and nothing else")
    (refused,) = source_at(str(tmp_path / "t.parquet")).entries()
    assert refused.error is not None
    assert refused.error.startswith(f"{tmp_path}/t.parquet: it cannot be read as a Parquet table: ")


def test_tables_of_a_store(s3: Faults, tmp_path: Path) -> None:
    path = table(tmp_path / "t.parquet", {"image": [b"a", b"b", b"c"]})
    Store(f"s3://{BUCKET}/tables").write("t.parquet", Path(path).read_bytes())
    assert list(contents(f"s3://{BUCKET}/tables/*.parquet").values()) == [b"a", b"b", b"c"]


def test_pairs_of_names(tmp_path: Path) -> None:
    columns = {"reference": ["a.png", "b.png"], "test": ["a.jpg", "b.jpg"], "other": [1, 2]}
    files = Files(Folder(str(tmp_path)), Path(table(tmp_path / "t.parquet", columns)).name)
    assert list(pairs(files, ("reference", "test"))) == [("a.png", "a.jpg"), ("b.png", "b.jpg")]
    with pytest.raises(InputError, match="it has no column 'nothing': reference, test, other"):
        list(pairs(files, ("reference", "nothing")))
    with pytest.raises(InputError, match="a row of it has no two names"):
        list(pairs(files, ("reference", "other")))
