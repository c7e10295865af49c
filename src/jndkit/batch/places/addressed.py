"""What an address on the command line means: a folder, a store, shards, a table, a list."""

from __future__ import annotations

import os
import re

from jndkit.batch.places.contract import Place
from jndkit.batch.places.files import Files
from jndkit.batch.places.folder import Folder
from jndkit.batch.places.listed import STDIN, base_of, from_stdin, listed
from jndkit.batch.places.packed import Packed
from jndkit.batch.places.pairs import Pairs
from jndkit.batch.places.store import SCHEMES, Store
from jndkit.batch.places.tables import Table
from jndkit.batch.places.tars import Tars
from jndkit.errors import UsageError

_LISTS = (".txt", ".lst", ".list")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://")


def is_corpus(address: str) -> bool:
    """Whether an address means more than a file or folder of this machine."""
    return address == STDIN or bool(_SCHEME.match(address)) or address.endswith((".tar", ".parquet", *_LISTS))


def source_at(address: str, *, recursive: bool = True, column: str | None = None, without: str | None = None) -> Place:
    """Where pictures come from.

    address: a folder; s3://, gs://, az:// with or without a folder; *.tar, shard-{000..123}.tar, *.parquet and lists
        (.txt) in any of these, tar files and lists at https:// too; or - for a list on stdin.
    column: of a table.  without: a folder to stay out of.
    Raises UsageError for a scheme that is unknown or a column of what is no table; InputError for a list that cannot be
    read; MissingError.
    """
    if column is not None and not address.endswith(".parquet"):
        raise UsageError(f"--column is of tables, and {address} is none: its name would end in .parquet")
    if address == STDIN:
        return from_stdin()
    home, name = _home(address)
    if name.endswith(".tar"):
        return Tars(Files(home, name))
    if name.endswith(".parquet"):
        return Table(Files(home, name), column)
    if name.endswith(_LISTS):
        return listed(name, home)
    if isinstance(home, Folder):
        return Folder(address, recursive, without)
    if isinstance(home, Store):
        return Store(address, recursive)
    raise UsageError(f"{address}: of the web, a list of addresses (.txt) or shards (.tar) can be read")


def pairs_at(address: str) -> Pairs:
    """The pairs that a table names: .csv or .parquet, in any of these places. Raises UsageError for a scheme."""
    return Pairs(Files(*_home(address)))


def destination_at(address: str, pack: str | None = None) -> Place:
    """Where results go. pack: "tar" or "parquet" for shards in place of files.

    Raises UsageError for a scheme that is unknown or that nothing can be written to.
    """
    if address == STDIN or address.startswith(("http://", "https://")):
        raise UsageError(f"{address}: results go to a folder or a store: {', '.join(f'{each}://' for each in SCHEMES)}")
    _known(address)
    home: Place = Store(address.rstrip("/")) if "://" in address else Folder(address)
    if pack is None:
        return home
    if pack not in ("tar", "parquet"):
        raise UsageError(f"--pack {pack}: choose tar or parquet")
    return Packed(home, pack)


def _home(address: str) -> tuple[Place, str]:
    """The folder, bucket or web that an address lies in, and its name there; the folder itself has none."""
    scheme = _known(address)
    if scheme is None:
        if os.path.isdir(address):
            return Folder(address), ""
        folder, name = os.path.split(address)
        # A pattern of folders, such as a/*/b.tar, is below the last folder without one.
        while any(sign in folder for sign in "*?{"):
            folder, last = os.path.split(folder)
            name = f"{last}/{name}"
        return Folder(folder or "."), name
    base = base_of(address, own=True)
    if not isinstance(base, Store):
        return base, address.partition("://")[2]
    bucket, _, name = address.partition("://")[2].partition("/")
    folder, _, last = name.rpartition("/")
    while any(sign in folder for sign in "*?{"):
        folder, _, middle = folder.rpartition("/")
        last = f"{middle}/{last}"
    return Store(f"{scheme}://{bucket}/{folder}".rstrip("/")), last


def _known(address: str) -> str | None:
    """The scheme of an address; None for a path. Raises UsageError for an unknown one."""
    found = _SCHEME.match(address)
    if found is None:
        return None
    scheme = found[1]
    if scheme not in (*SCHEMES, "http", "https"):
        raise UsageError(f"{address}: no place is called {scheme}://: choose s3, gs, az, https or a folder")
    if not address[found.end() :].strip("/"):
        raise UsageError(f"{address}: it names no bucket")
    return scheme
