"""What an evaluation asks of every picture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

from jndkit.evaluation.rows import PictureRow

RowT = TypeVar("RowT", bound=PictureRow)
PartT = TypeVar("PartT")


class EvaluationSettings(ABC, Generic[RowT, PartT]):
    """A subclass is a frozen, picklable dataclass, which is sent to the process that works on a picture.

    It raises UsageError for what does not exist or makes no sense, MissingError for what is not installed.
    max_pixels: of a picture, at most.
    """

    max_pixels: int

    @property
    @abstractmethod
    def parts(self) -> Sequence[PartT]:
        """What a picture has rows of, in their order."""

    @abstractmethod
    def row(self, name: str, part: PartT) -> RowT:
        """The row of a picture and a part before anything is known of it. name: what rows call the picture."""

    @abstractmethod
    def order(self, row: RowT) -> tuple[Any, ...]:
        """By which rows are sorted in the file and in the result."""

    def in_use(self, rows: Iterable[RowT]) -> list[RowT]:
        """The rows that need not be made again: neither failed, nor of other versions than those in use.

        Rows of makers that are not asked for stay, whatever their versions.
        """
        current = {row.maker: row.made_with for row in (self.row("", part) for part in self.parts)}
        return [row for row in rows if row.error is None and current.get(row.maker, row.made_with) == row.made_with]
