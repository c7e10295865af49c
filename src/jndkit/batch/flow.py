"""Many pictures through an engine: small ones in groups, those that are lost again, and none that stops the others.

Whoever works may be lost: a picture can crash its process, or somebody ends it. What was lost is done again by itself,
so that only what is lost alone is blamed: twice by a crash or by breaking its bounds, and a picture has failed; more
often by an end from outside, of which the picture may know nothing. Pictures that were past their own work, and waited
for the others of a shard, are done again together first.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from jndkit.batch.engine import Engine, Step
from jndkit.batch.failures import Died

TRIES = 2
"""Times that a picture is lost by its own doing, after which it has failed."""
OUTSIDE = 8
"""The same, where its process was ended by others."""
_EQUAL = 16  # groups of a size before they grow by a picture


@dataclass(frozen=True)
class Sizes:
    """How many pictures are put together: the first groups are small, to spread over all workers.

    pixels: of a group, where it is more than one picture: seconds of work for an encode.
    """

    least: int = 1
    most: int = 32
    pixels: int = 4_000_000


class Item(Protocol):
    """A picture of the flow. Picklable, hashable, and no two of a flow alike. pixels: about how large it is."""

    @property
    def address(self) -> str: ...

    @property
    def pixels(self) -> int: ...


ItemT = TypeVar("ItemT", bound=Item)
Result = TypeVar("Result")
ItemIn = TypeVar("ItemIn", bound=Item, contravariant=True)
ResultOut = TypeVar("ResultOut", covariant=True)


class Work(Protocol[ItemIn, ResultOut]):
    """What is done with pictures, in a worker. Picklable."""

    def results(self, items: Sequence[ItemIn]) -> Iterator[ResultOut | Step]:
        """One for each, in order, as soon as it is known; also where the picture is at fault.

        Where results can be known only together, a `Step` with each picture as its own work is done.
        """
        ...

    def lost(self, item: ItemIn, error: Exception) -> ResultOut:
        """The result of a picture that was given up."""
        ...


@dataclass(frozen=True)
class Lost(Generic[ItemT]):
    """A picture without a result, and why. alone: whether no other was at work with it."""

    item: ItemT
    error: Exception
    alone: bool


@dataclass(frozen=True)
class Group(Generic[ItemT, Result]):
    """A `Job` of some pictures; its rows are their results, or say that they are lost."""

    items: tuple[ItemT, ...]
    work: Work[ItemT, Result]

    @property
    def path(self) -> str:
        return self.items[0].address

    @property
    def pixels(self) -> int:
        return max(item.pixels for item in self.items)

    def rows(self) -> Iterator[Result | Step | Lost[ItemT]]:
        stepped = False
        for result in self.work.results(self.items):
            stepped |= isinstance(result, Step)
            yield result
        if stepped:
            yield Step(self.items)  # none of which has to be known any longer

    def failed(self, error: Exception) -> Iterator[Result | Step | Lost[ItemT]]:
        for item in self.items:
            yield Lost(item, error, len(self.items) == 1)


def flow(
    items: Iterable[ItemT], work: Work[ItemT, Result], engine: Engine, sizes: Sizes | None = None
) -> Generator[Result, None, None]:
    """A result for every picture, in the order of completion; pictures are taken as there is room for them.

    Closing the generator ends the work.
    """
    sizes = sizes or Sizes()
    fresh = groups(items, sizes)
    again, together = deque[ItemT](), deque[ItemT]()
    blamed, ended = Counter[ItemT](), Counter[ItemT]()
    passed = set[ItemT]()  # of the groups at work
    twice = set[ItemT]()  # those that are done again together

    def supply() -> Iterator[Group[ItemT, Result]]:
        while True:
            if again:
                yield Group((again.popleft(),), work)
            elif together:
                held = [together.popleft() for _ in range(len(together))]
                for part in groups(held, Sizes(sizes.most, sizes.most, sizes.pixels)):
                    yield Group(part, work)
            else:
                group = next(fresh, None)
                if group is None:
                    return
                yield Group(group, work)

    while True:
        with closing(engine.run(supply())) as rows:
            for row in rows:
                if isinstance(row, Step):
                    (passed.difference_update if isinstance(row.value, tuple) else passed.add)(row.value)
                    continue
                if not isinstance(row, Lost):
                    yield row
                    continue
                if not row.alone and row.item in passed and row.item not in twice:
                    twice.add(row.item)
                    together.append(row.item)
                    continue
                outside = isinstance(row.error, Died) and row.error.outside
                blamed[row.item] += row.alone and not outside
                ended[row.item] += row.alone
                if blamed[row.item] >= TRIES or ended[row.item] >= OUTSIDE:
                    yield work.lost(row.item, row.error)
                else:
                    again.append(row.item)
        if not again and not together:
            return


def groups(items: Iterable[ItemT], sizes: Sizes) -> Iterator[tuple[ItemT, ...]]:
    """Pictures in order, as many together as the sizes say."""
    held: list[ItemT] = []
    pixels = given = 0
    for item in items:
        most = min(sizes.most, sizes.least + given // _EQUAL)
        if held and (len(held) >= most or pixels + item.pixels > sizes.pixels):
            yield tuple(held)
            given += 1
            held, pixels = [], 0
        held.append(item)
        pixels += item.pixels
    if held:
        yield tuple(held)
