"""What places that are only read from have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

from jndkit.errors import OutputError


class Unwritten(ABC):
    """A place without files of its own, of which every question about results is a mistake."""

    @property
    def packed(self) -> bool:
        return False

    @abstractmethod
    def address(self, name: str) -> str: ...

    def local(self, name: str) -> Path | None:
        return None

    def names(self, folder: str) -> Iterator[str]:
        raise self._refusal(folder)

    def exists(self, name: str) -> bool:
        raise self._refusal(name)

    def write(self, name: str, data: bytes) -> None:
        raise self._refusal(name)

    def put(self, name: str, path: Path) -> None:
        raise self._refusal(name)

    def write_all(self, files: Sequence[tuple[str, bytes]]) -> list[str]:
        raise self._refusal(files[0][0] if files else "")

    def remove(self, name: str) -> None:
        raise self._refusal(name)

    def _refusal(self, name: str) -> OutputError:
        return OutputError(self.address(name), "nothing can be written there, only read")
