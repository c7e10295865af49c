"""What is done already: by earlier runs, of the pictures as they are now."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar

from jndkit.picture import digest

Part = TypeVar("Part")


class Known(Generic[Part]):
    """The parts of the work on each picture that earlier runs did, by the picture's name in their rows.

    A part is known of the contents that the picture's file had: of one that was replaced since, all is still to be
    done. Files are read only where something of them is known.
    """

    def __init__(self) -> None:
        self._parts: dict[str, set[tuple[str | None, Part]]] = {}
        self._digests: dict[Path, str | None] = {}

    def add(self, name: str, contents: str | None, part: Part) -> None:
        """A row says so. contents: SHA-256 of the picture's file, hexadecimal; None where the row does not tell."""
        self._parts.setdefault(name, set()).add((contents, part))

    def left(self, path: Path, name: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        """Those of the parts that are still to be done of a picture, all of them where its file cannot be read."""
        known = self._parts.get(name)
        if not known:
            return parts
        contents = self._contents(path)
        if contents is None:
            return parts
        return tuple(part for part in parts if not known & {(contents, part), (None, part)})

    def replaced(self, path: Path, name: str) -> bool:
        """Whether all that is known of a picture is of other contents than its file has now."""
        before = {contents for contents, _ in self._parts.get(name, ())}
        return bool(before) and self._contents(path) is not None and not before & {None, self._contents(path)}

    def _contents(self, path: Path) -> str | None:
        if path not in self._digests:
            self._digests[path] = digest(path)
        return self._digests[path]
