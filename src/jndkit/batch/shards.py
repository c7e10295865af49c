"""Rows in a folder of any place, in shards: each is written whole or not at all, under the hash of what it holds.

Shards are JSON lines, or Parquet where that is asked for; a folder may hold both. Small ones are put together as they
become many, the new one first and the old ones removed after it, so that a run that is killed between the two leaves a
row twice and loses none: readers take one row of a name.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jndkit.batch.places import Place
from jndkit.errors import InputError, MissingError

Record = dict[str, Any]

ROWS = 1000
"""Rows that are held back at most before a shard is written."""
SECONDS = 5.0
"""How long a row is held back while others come."""
_MERGED = 16  # shards of one size that are put together
_LARGEST = 64_000_000  # bytes of a shard that others are put to
_COLUMNS = (
    "input",
    "output",
    "status",
    "codec",
    "bytes",
    "input_bytes",
    "width",
    "height",
    "jnd",
    "viewers",
    "seconds",
)


class Shards:
    """The rows of one folder. folder: of the place, made with the first row.  parquet: how new shards are written.

    Raises MissingError where pyarrow, which Parquet needs, is not installed.
    """

    def __init__(self, place: Place, folder: str, *, parquet: bool = False, rows: int = ROWS) -> None:
        self._place, self._folder, self._most = place, folder, rows
        self._suffix = ".parquet" if parquet else ".jsonl"
        self._held: list[Record] = []
        self._since = time.monotonic()
        self._levels: dict[int, dict[str, int]] = {}  # names of shards of about one size, with their bytes
        if parquet:
            _needed()

    def add(self, record: Record) -> None:
        """Hold a row back until there are enough of them, or it is time. Raises OutputError."""
        if not self._held:
            self._since = time.monotonic()
        self._held.append(record)
        if len(self._held) >= self._most or time.monotonic() - self._since > SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is held back. Raises OutputError; the rows are then held back still."""
        if self._held:
            self._write(self._held, 0)
            self._held = []
            self._merge(0)

    def each(self) -> Iterator[Record]:
        """The rows that are written, shard by shard in the order of names; some may come twice.

        Raises InputError for a shard that cannot be read, or that is none.
        """
        for name in self._place.names(self._folder):
            read = _READERS.get(name[name.rfind(".") :])
            if read is not None and self._level(name) is not None:
                try:
                    yield from read(self._place.read(name))
                except ValueError as error:
                    raise InputError(self._place.address(name), f"it is no shard of rows: {error}") from None

    def _write(self, records: Iterable[Record], level: int) -> None:
        data = _WRITERS[self._suffix](records)
        name = f"{self._folder}/{level}-{hashlib.sha256(data).hexdigest()[:32]}{self._suffix}"
        self._place.write(name, data)
        self._levels.setdefault(level, {})[name] = len(data)

    def _merge(self, level: int) -> None:
        """Put the shards of a level together once they are many, and those of the next then."""
        shards = self._levels.get(level, {})
        if len(shards) < _MERGED:
            return
        self._levels[level] = {}
        if sum(shards.values()) > _LARGEST:
            return
        read = _READERS[self._suffix]
        self._write((record for name in shards for record in read(self._place.read(name))), level + 1)
        for name in shards:
            self._place.remove(name)
        self._merge(level + 1)

    def _level(self, name: str) -> int | None:
        """Of a shard; None for another file."""
        number, dash, _ = name.rpartition("/")[2].partition("-")
        return int(number) if dash and number.isdigit() else None


def _jsonl(records: Iterable[Record]) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def _lines(data: bytes) -> Iterator[Record]:
    for line in io.BytesIO(data):  # which copies neither all of them nor the whole
        yield json.loads(line)


def _parquet(records: Iterable[Record]) -> bytes:
    """What is asked for most in columns of its own, and all of it as JSON in the last."""
    _needed()
    import pyarrow
    from pyarrow import parquet

    held = list(records)
    columns = {key: [record.get(key) for record in held] for key in _COLUMNS}
    columns["error"] = [(record.get("error") or {}).get("message") for record in held]
    columns["row"] = [json.dumps(record) for record in held]
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), out, compression="zstd")
    return out.getvalue()


def _parquet_rows(data: bytes) -> Iterator[Record]:
    _needed()
    from pyarrow import parquet

    for batch in parquet.ParquetFile(io.BytesIO(data)).iter_batches(columns=["row"]):
        for text in batch.column(0).to_pylist():
            yield json.loads(text)


def _needed() -> None:
    if importlib.util.find_spec("pyarrow") is None:
        raise MissingError("pyarrow", "pip install 'jndkit[corpus]'")


_WRITERS: dict[str, Callable[[Iterable[Record]], bytes]] = {".jsonl": _jsonl, ".parquet": _parquet}
_READERS: dict[str, Callable[[bytes], Iterator[Record]]] = {".jsonl": _lines, ".parquet": _parquet_rows}
