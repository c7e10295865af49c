"""Pairs of pictures that a table names, CSV or Parquet."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jndkit.batch.places.contract import Entry
from jndkit.batch.places.files import Files, opened
from jndkit.batch.places.tables import fetched, pairs
from jndkit.batch.places.unwritten import Unwritten
from jndkit.errors import InputError

COLUMNS = ("reference", "test")


@dataclass(frozen=True)
class Pairs(Unwritten):
    """files: tables with the columns reference and test, others beside them: paths below their folder, or addresses.

    A pair is named by its pictures, so that one that stands there twice is done once, and rows may be put in.
    """

    files: Files

    def address(self, name: str) -> str:
        return name or self.files.shown

    def entries(self) -> Iterator[Entry]:
        """Row by row. Raises InputError for a table that is none, or that has no rows."""
        found = False
        for reference, test in self._rows():
            found = True
            told = [_dated(reference), _dated(test)]
            sizes = [size for size, _ in told if size is not None]
            version = hashlib.sha256(json.dumps([date for _, date in told]).encode()).hexdigest()[:16]
            at = json.dumps([reference, test])
            yield Entry(f"{test} against {reference}", sum(sizes) if len(sizes) == 2 else None, version, at)
        if not found:
            raise InputError(self.files.shown, "it has no rows")

    def read(self, name: str, at: str | None = None) -> bytes:
        raise InputError(name, "a pair is two pictures")

    def _rows(self) -> Iterator[tuple[str, str]]:
        if self.files.pattern.endswith(".parquet"):
            named = pairs(self.files, COLUMNS)
        else:
            named = (pair for name in self.files.each() for pair in self._lines(name))
        for pair in named:
            reference, test = map(self._address, pair)
            yield reference, test

    def _address(self, name: str) -> str:
        home = self.files.home
        if "://" in name or (home.local("") is not None and os.path.isabs(name)):
            return name
        return home.address(name)

    def _lines(self, name: str) -> Iterator[tuple[str, str]]:
        where = self.files.home.address(name)
        try:
            with opened(self.files.home, name) as file:
                reader = csv.DictReader(io.TextIOWrapper(file, "utf-8", newline=""))
                for row in reader:
                    if not set(COLUMNS) <= row.keys():
                        raise InputError(where, "it is no table of pairs: the columns reference and test are expected")
                    if not row["reference"] or not row["test"]:
                        raise InputError(where, f"line {reader.line_num} names no pair")
                    yield row["reference"], row["test"]
        except (OSError, ValueError, csv.Error) as error:
            raise InputError(where, f"it cannot be read: {getattr(error, 'strerror', None) or error}") from None


def pictures_of(entry: Entry) -> tuple[str, str]:
    """Addresses of the reference and the test of a pair."""
    reference, test = json.loads(entry.at or "[]")
    return reference, test


def contents(address: str) -> bytes | Path:
    """A picture that a pair names: its file, where that is of this machine. Raises InputError."""
    return fetched(address) if "://" in address else Path(address)


def _dated(address: str) -> tuple[int | None, str]:
    """Bytes of a file of this machine, where it is one, and what tells it from a later one."""
    if "://" not in address:
        try:
            status = os.stat(address)
        except OSError:
            return None, address
        return status.st_size, f"{address} {status.st_mtime_ns}"
    return None, address
