"""Results in shards: many pictures a file, as training reads them, in tar or Parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jndkit.batch.places.contract import Entry, Place
from jndkit.batch.places.tables import table_of
from jndkit.batch.places.tars import shard_of
from jndkit.errors import InputError, OutputError

_DIGITS = 16  # of a shard's hash


@dataclass(frozen=True)
class Packed:
    """home: the folder or store that the shards lie in.  kind: "tar" or "parquet".

    A shard is called by the hash of what is in it, so that doing work again writes the same file again. Names in it are
    those of the pictures with / as it is; its own come before them: 3f1c0a52.tar/a/b.avif.
    """

    home: Place
    kind: str

    @property
    def packed(self) -> bool:
        return True

    def address(self, name: str) -> str:
        return self.home.address(name)

    def entries(self) -> Iterator[Entry]:
        raise InputError(self.home.address(""), "name its shards, as in *.tar")

    def names(self, folder: str) -> Iterator[str]:
        return self.home.names(folder)

    def local(self, name: str) -> Path | None:
        return None if self._shard(name) else self.home.local(name)

    def read(self, name: str, at: str | None = None) -> bytes:
        """What lies beside the shards, such as the ledger."""
        if self._shard(name):
            raise InputError(self.address(name), "it lies in a shard")
        return self.home.read(name)

    def exists(self, name: str) -> bool:
        """Of a picture, whether its shard is there, which was written whole or not at all."""
        return self.home.exists(self._shard(name) or name)

    def write(self, name: str, data: bytes) -> None:
        """What lies beside the shards."""
        self.home.write(name, data)

    def put(self, name: str, path: Path) -> None:
        self.home.put(name, path)

    def write_all(self, files: Sequence[tuple[str, bytes]]) -> list[str]:
        """One shard of all of them."""
        if not files:
            return []
        data = shard_of(files) if self.kind == "tar" else table_of(files)
        shard = f"{hashlib.sha256(data).hexdigest()[:_DIGITS]}.{self.kind}"
        self.home.write(shard, data)
        return [f"{shard}/{name}" for name, _ in files]

    def remove(self, name: str) -> None:
        if self._shard(name):
            raise OutputError(self.address(name), "one picture of a shard cannot be removed")
        self.home.remove(name)

    def _shard(self, name: str) -> str | None:
        """The shard that a picture's name begins with."""
        first, sign, _ = name.partition("/")
        return first if sign and first.endswith(f".{self.kind}") else None
