"""What a worker made in a folder of its own, before it goes to its place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name, with `/` between folders, and contents of every file, in the order of names."""
    for here, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(here, name)
            yield path.relative_to(folder).as_posix(), path.read_bytes()
