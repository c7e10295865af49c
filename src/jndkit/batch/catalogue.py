"""What a source holds and what is known of it, in a database on disk: memory does not grow with the pictures.

The database is a temporary file that SQLite makes and removes by itself; what must survive is in the shards.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from jndkit.batch.places import Entry

T = TypeVar("T")

_CACHE = 64_000  # kilobytes that SQLite keeps in memory
_AT_ONCE = 5_000  # rows that are put in together

_TABLES = """
CREATE TABLE entries (name BLOB PRIMARY KEY, size INTEGER, version TEXT, at TEXT, error TEXT, target BLOB,
    seen INTEGER);
CREATE TABLE known (name BLOB PRIMARY KEY, key TEXT, size INTEGER, version TEXT, output BLOB, sha256 TEXT,
    final INTEGER, status TEXT, bytes INTEGER, input_bytes INTEGER, error TEXT, since REAL,
    beside TEXT, made REAL, file BLOB);
CREATE TABLE there (name BLOB PRIMARY KEY);
CREATE TABLE beside (name BLOB, since REAL, file BLOB);
CREATE INDEX besides ON beside (name, since);
CREATE TABLE kept (place INTEGER PRIMARY KEY, text TEXT);
"""
_TELL_APART = """
UPDATE entries SET target = name WHERE target != name
    AND target IN (SELECT target FROM entries WHERE target IS NOT NULL GROUP BY target HAVING COUNT(*) > 1)
"""
_SEE = """
UPDATE entries SET seen = 1 WHERE name = ? AND seen = 0
    AND EXISTS (SELECT 1 FROM known WHERE known.name = entries.name AND known.since = ?)
"""
# Of two rows of one picture the later counts.
_KNOW = """
INSERT INTO known VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET
    key = excluded.key, size = excluded.size, version = excluded.version, output = excluded.output,
    sha256 = excluded.sha256, final = excluded.final, made = excluded.made, status = excluded.status,
    bytes = excluded.bytes, input_bytes = excluded.input_bytes, error = excluded.error, since = excluded.since,
    beside = excluded.beside, file = excluded.file
    WHERE excluded.made >= known.made
"""
_PLAN = """
SELECT e.name, e.size, e.version, e.at, e.error, e.target, k.key, k.size, k.version, k.output, k.sha256, k.final,
    k.status, k.bytes, k.input_bytes, k.error, k.since,
    (k.output IS NULL OR EXISTS (SELECT 1 FROM there WHERE there.name = k.file)) AND NOT EXISTS (
        SELECT 1 FROM beside AS b WHERE b.name = k.name AND b.since = k.since
        AND NOT EXISTS (SELECT 1 FROM there WHERE there.name = b.file)),
    k.beside
FROM entries AS e LEFT JOIN known AS k ON k.name = e.name ORDER BY e.rowid
"""


class Known(NamedTuple):
    """What the ledger says of a picture.

    key: of its contents, settings and versions.  size, version: as the source told them then.  output: the file made
    of it, below the destination, and sha256, its hash.  final: whether doing it again would come to the same.
    status, bytes, input_bytes, error: of its row; error is the type.  since: when that was made.
    beside: name and SHA-256 of the other files that were made of it.
    """

    key: str
    size: int | None
    version: str | None
    output: str | None
    sha256: str | None
    final: bool
    status: str
    bytes: int | None
    input_bytes: int | None
    error: str | None
    since: float
    beside: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Planned:
    """A picture of the source.

    target: its output below the destination, without suffix; the picture's whole name where others have its stem.
    known: what the ledger says.  whole: whether all files that the ledger names are there.
    """

    entry: Entry
    target: str
    known: Known | None
    whole: bool


class Catalogue:
    """Filled in this order: `list`, `know`, `find`; then `planned` and `seen`.

    Names are kept as bytes: those of files need not be text.
    packed: whether outputs lie in shards, whose names come first in theirs.
    """

    def __init__(self, *, packed: bool = False) -> None:
        self._packed = packed
        self._data = sqlite3.connect("", isolation_level=None)
        for pragma in (f"cache_size = -{_CACHE}", "journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
            self._data.execute(f"PRAGMA {pragma}")
        self._data.executescript(_TABLES)
        # Never committed: nobody else reads it, and a commit for every row would be most of the work.
        self._data.execute("BEGIN")

    def close(self) -> None:
        self._data.close()

    def list(self, entries: Iterable[Entry]) -> int:
        """Take in what a source holds, and say where each goes; how many pictures there are.

        A name that comes again is an entry with an error, unless it is the very same file.
        """
        for part in _parts(entries):
            for entry in part:
                if not self._put(entry):
                    self._twice(entry)
        self._data.execute("CREATE INDEX targets ON entries (target)")
        # A whole name may be that of another picture's output, which then needs its whole name too.
        while self._data.execute(_TELL_APART).rowcount:
            pass
        return int(self._data.execute("SELECT COUNT(*) FROM entries").fetchone()[0])

    def know(self, known: Iterable[tuple[str, Known, float]]) -> None:
        """Take in what the ledger says: names, what is known, and when that was made."""
        for part in _parts(known):
            self._data.executemany(_KNOW, (self._row(*each) for each in part))
            besides = ((_bytes(name), k.since, self._file(file)) for name, k, _ in part for file, _ in k.beside)
            self._data.executemany("INSERT INTO beside VALUES (?, ?, ?)", besides)

    def find(self, names: Iterable[str]) -> None:
        """Take in which files the destination has."""
        for part in _parts(names):
            self._data.executemany("INSERT OR IGNORE INTO there VALUES (?)", ((_bytes(name),) for name in part))

    def is_there(self, name: str) -> bool:
        """Whether the destination had that file."""
        return self._data.execute("SELECT 1 FROM there WHERE name = ?", (_bytes(name),)).fetchone() is not None

    def planned(self) -> Iterator[Planned]:
        """Every picture, in the order in which the source gave them."""
        for name, size, version, at, error, target, *rest in self._data.cursor().execute(_PLAN):
            entry = Entry(_text(name), size, version, at, error)
            *known, whole, beside = rest
            told = None
            if known[0] is not None:
                files = tuple((file, sha256) for file, sha256 in json.loads(beside)) if beside else ()
                told = Known._make((*known[:3], _text(known[3]), known[4], bool(known[5]), *known[6:], files))
            yield Planned(entry, _text(target) or entry.name, told, bool(whole))

    def unsee(self) -> None:
        """Let every row come for the first time again."""
        self._data.execute("UPDATE entries SET seen = 0")

    def keep(self, texts: Iterable[tuple[str, str]]) -> None:
        """Take in a text for each of some pictures, by its name."""
        for part in _parts(texts):
            named = ((text, _bytes(name)) for name, text in part)
            self._data.executemany("INSERT INTO kept SELECT rowid, ? FROM entries WHERE name = ?", named)

    def kept(self) -> Iterator[str]:
        """These texts, in the order in which the source gave their pictures, and then no more."""
        for (text,) in self._data.cursor().execute("SELECT text FROM kept ORDER BY place"):
            yield text
        self._data.execute("DELETE FROM kept")

    def seen(self, name: str, since: float) -> bool:
        """Whether a row, made then, is the last of a picture of the source, and comes for the first time."""
        return self._data.execute(_SEE, (_bytes(name), since)).rowcount == 1

    def _put(self, entry: Entry) -> bool:
        target = None if entry.error else _stem(entry.name)
        row = (_bytes(entry.name), entry.size, entry.version, entry.at, entry.error, _bytes(target))
        return self._data.execute("INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?, ?, ?, 0)", row).rowcount == 1

    def _row(self, name: str, known: Known, made: float) -> tuple[Any, ...]:
        beside = json.dumps(known.beside) if known.beside else None
        *told, _ = known[4:]
        return (_bytes(name), *known[:3], _bytes(known.output), *told, beside, made, self._file(known.output))

    def _file(self, output: str | None) -> bytes | None:
        return _bytes(output.partition("/")[0] if self._packed and output is not None else output)

    def _twice(self, entry: Entry) -> None:
        first = self._data.execute("SELECT size, version FROM entries WHERE name = ?", (_bytes(entry.name),)).fetchone()
        if entry.version is not None and first == (entry.size, entry.version):
            return
        error = f"{entry.name}: the source has this name more than once; the first is done"
        number = 2
        while not self._put(Entry(f"{entry.name} ({number})", error=error)):
            number += 1


def _bytes(name: str | None) -> bytes | None:
    return None if name is None else name.encode(errors="surrogateescape")


def _text(name: bytes | None) -> Any:
    return None if name is None else name.decode(errors="surrogateescape")


def _stem(name: str) -> str:
    folder, slash, last = name.rpartition("/")
    stem, dot, _ = last.rpartition(".")
    return f"{folder}{slash}{stem if stem and dot else last}"


def _parts(rows: Iterable[T]) -> Iterator[list[T]]:
    rows = iter(rows)
    while part := list(islice(rows, _AT_ONCE)):
        yield part
