"""Where pictures come from and where results go, one kind of place a file, all of them used alike.

`source_at` and `destination_at` say what an address means. Pictures come from a `Folder`, a `Store`, a list (`Listed`)
of files or of the `Web`, tar files (`Tars`) and Parquet (`Table`), and `Pairs` from tables; results go to a folder or a
store, as files or `Packed`. `patience` tries again what may pass.
"""

from jndkit.batch.places.addressed import destination_at, is_corpus, pairs_at, source_at
from jndkit.batch.places.contract import LEDGER, Entry, Place, hidden, safe_name
from jndkit.batch.places.folder import Folder

__all__ = [
    "LEDGER",
    "Entry",
    "Folder",
    "Place",
    "destination_at",
    "hidden",
    "is_corpus",
    "pairs_at",
    "safe_name",
    "source_at",
]
