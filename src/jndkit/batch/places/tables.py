"""Pictures in Parquet tables: their bytes in a column, or their addresses."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jndkit.batch.places.contract import Entry, Place
from jndkit.batch.places.files import Files, opened, stem
from jndkit.batch.places.listed import base_of
from jndkit.batch.places.unwritten import Unwritten
from jndkit.batch.places.web import Web
from jndkit.errors import InputError, MissingError, UsageError
from jndkit.limits import MAX_BYTES

_USUAL = ("image", "bytes", "jpg", "png", "picture", "url", "image_url", "uri", "path", "file_name")
"""Columns that are taken where none is named, the first that is there."""


@dataclass(frozen=True)
class Table(Unwritten):
    """The pictures of a column, each named by its table and its row, counted from 0: train-00003/000000041.

    column: of bytes; of structs with a field `bytes`, as Hugging Face's datasets have them; or of addresses, or paths
        below the folder that the command runs in. Where None, the first that is there of image, bytes, jpg, png,
        picture, url, image_url, uri, path and file_name.
    Rows are read a group at a time, and of a group one column.
    """

    files: Files
    column: str | None = None

    def address(self, name: str) -> str:
        return f"{self.files.shown}/{name}" if name else self.files.shown

    def entries(self) -> Iterator[Entry]:
        """Row by row. Of bytes only the column's sizes are read; a row without a picture is an entry with an error."""
        for name in self.files.each():
            try:
                yield from self._rows(name)
            except InputError as error:
                yield Entry(stem(name), error=str(error))

    def read(self, name: str, at: str | None = None) -> bytes:
        if at is None:
            raise InputError(self.address(name), "it is not said where in the table it lies")
        group, row, file = at.split(":", 2)
        home: Any = self.files.home
        value = _column(home, file, self.column, int(group))[int(row)].as_py()
        if isinstance(value, dict):
            value = value["bytes"] if value.get("bytes") is not None else value.get("path")
        if isinstance(value, str):
            return fetched(value)
        if value is None:
            raise InputError(self.address(name), "its row has no picture")
        if len(value) > MAX_BYTES:
            raise InputError(self.address(name), f"it has more than the limit of {MAX_BYTES / 1e6:.0f} MB")
        return bytes(value)

    def _rows(self, file: str) -> Iterator[Entry]:
        with _table(self.files.home, file) as table:
            _chosen(table, self.column, self.files.home.address(file))
            groups = [table.metadata.row_group(group).num_rows for group in range(table.metadata.num_row_groups)]
        row = 0
        for group, count in enumerate(groups):
            for within in range(count):
                yield Entry(f"{stem(file)}/{row:09}", at=f"{group}:{within}:{file}")
                row += 1


def pairs(files: Files, columns: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """(reference, test) of every row: addresses or paths, for `jnd compare`.

    Raises InputError for a table without these columns, or with another thing than text in them.
    """
    for name in files.each():
        where = files.home.address(name)
        with _table(files.home, name) as table:
            for column in columns:
                _chosen(table, column, where)
            for batch in table.iter_batches(columns=list(columns)):
                for reference, test in zip(*(batch.column(column).to_pylist() for column in columns), strict=True):
                    if not (isinstance(reference, str) and isinstance(test, str)):
                        raise InputError(where, "a row of it has no two names")
                    yield reference, test


def table_of(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A Parquet table of files: columns `name`, `bytes`. The same of the same, whoever writes it."""
    arrow, parquet = _pyarrow()
    table = arrow.table(
        {
            "name": arrow.array([name for name, _ in files], arrow.string()),
            "bytes": arrow.array([data for _, data in files], arrow.binary()),
        }
    )
    written = io.BytesIO()
    # Pictures are compressed already.
    parquet.write_table(table, written, compression="none", use_dictionary=False)
    return written.getvalue()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingError("pyarrow, which reads and writes Parquet,", "pip install 'jndkit[corpus]'") from None
    return pyarrow, parquet


@contextmanager
def _table(home: Place, name: str) -> Iterator[Any]:
    """A table, as pyarrow has it. Raises InputError where it is none, or where what it says of itself is not true."""
    arrow, parquet = _pyarrow()
    if isinstance(home, Web):
        raise UsageError(f"{home.address(name)}: a table is read in parts, which the web does not give: download it")
    try:
        with opened(home, name) as file:
            yield parquet.ParquetFile(file)
    except (arrow.ArrowException, OSError) as error:
        raise InputError(home.address(name), f"it cannot be read as a Parquet table: {error}") from None


def _chosen(table: Any, column: str | None, where: str) -> str:
    names = table.schema_arrow.names
    if column is not None:
        if column not in names:
            raise InputError(where, f"it has no column {column!r}: {', '.join(names)}")
        return column
    found = next((name for name in _USUAL if name in names), None)
    if found is None:
        raise InputError(where, f"which column has the pictures? --column names one of {', '.join(names)}")
    return found


@lru_cache(maxsize=1)  # neighbours are read by one worker, and a group may have gigabytes
def _column(home: Any, name: str, column: str | None, group: int) -> Any:
    """The column of a row group, as an Arrow array of chunks."""
    with _table(home, name) as table:
        chosen = _chosen(table, column, home.address(name))
        return table.read_row_group(group, columns=[chosen]).column(0)


def fetched(address: str) -> bytes:
    """The picture that a row names, which is on no machine of the own network: tables come from elsewhere."""
    base = base_of(address, own=False)
    start = base.address("x")[:-1]
    return base.read(address[len(start) :] if address.startswith(start) else address)
