"""Pictures in groups: whatever is lost is done again by itself, and what is lost alone has failed."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from jndkit.batch import LocalEngine
from jndkit.batch.bounds import Bounds
from jndkit.batch.engine import Job, Row, Step, missing, rows_of
from jndkit.batch.failures import Died
from jndkit.batch.flow import OUTSIDE, Sizes, flow, groups

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
posix = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")


@dataclass(frozen=True)
class Sheet:
    address: str
    pixels: int = 1


@dataclass(frozen=True)
class Errands:
    """Does what the picture is called; `folder` remembers how often."""

    folder: str = ""

    def results(self, items: Sequence[Sheet]) -> Iterator[tuple[str, str] | Step]:
        for item in items:
            kind, _, times = item.address.partition(":")
            tried = Path(self.folder, item.address)
            count = len(tried.read_bytes()) if tried.exists() else 0
            with tried.open("ab") as file:
                file.write(b".")
            if kind == "crash" and count < int(times):
                os.abort()
            if kind == "killed" and count < int(times):
                os.kill(os.getpid(), signal.SIGKILL)
            if kind == "sleep":
                time.sleep(60)
            if kind == "eat":
                eaten = b"x" * 900_000_000
                time.sleep(60)
                del eaten
            yield item.address, "done"

    def lost(self, item: Sheet, error: Exception) -> tuple[str, str]:
        return item.address, f"{type(error).__name__}: {error}"


def test_groups_grow_and_large_pictures_stay_alone() -> None:
    sizes = [len(group) for group in groups((Sheet(str(n)) for n in range(600)), Sizes())]
    assert sum(sizes) == 600
    assert sizes[:17] == [1] * 16 + [2]
    assert max(sizes) < 32
    wide = [Sheet("a", 3), Sheet("b", 3), Sheet("c", 9), Sheet("d", 1), Sheet("e", 1)]
    found = groups(wide, Sizes(least=8, pixels=6))
    assert [[item.address for item in group] for group in found] == [["a", "b"], ["c"], ["d", "e"]]


@posix
def test_what_crashes_again_has_failed_and_stops_no_other(tmp_path: Path) -> None:
    names = [*(f"good{n}" for n in range(6)), "crash:1", "crash:9", "killed:4"]
    done = dict(flow(map(Sheet, names), Errands(str(tmp_path)), LocalEngine(2, apart=True), Sizes(least=9)))
    assert set(done) == set(names)
    assert {name for name, what in done.items() if what != "done"} == {"crash:9"}
    assert "ended" in done["crash:9"] or "signal 6" in done["crash:9"]
    tries = {name: len(Path(tmp_path, name).read_bytes()) for name in names}
    assert tries["crash:9"] == 2
    assert tries["killed:4"] == 5


@pytest.mark.slow
@posix
def test_what_takes_too_long_has_failed(tmp_path: Path) -> None:
    engine = LocalEngine(2, apart=True, bounds=Bounds(seconds=8))
    done = dict(flow([Sheet("sleep"), Sheet("good")], Errands(str(tmp_path)), engine))
    assert done == {"good": "done", "sleep": "LimitError: sleep: the work on it took more than 8 seconds"}


@linux
def test_what_takes_too_much_memory_has_failed(tmp_path: Path) -> None:
    engine = LocalEngine(1, apart=True, bounds=Bounds(memory=600_000_000))
    done = dict(flow([Sheet("eat"), Sheet("good")], Errands(str(tmp_path)), engine))
    assert done == {"good": "done", "eat": "LimitError: eat: the work on it took more than 600 MB of memory"}


class Unlucky:
    """An engine whose workers are ended from outside, each time before the last picture of a group."""

    def __init__(self) -> None:
        self.runs = Counter[str]()

    def run(self, jobs: Iterable[Job[Row]]) -> Generator[Row, None, None]:
        for job in jobs:
            self.runs[job.path] += 1
            rows = list(rows_of(job))
            yield from rows[:-1]
            yield from missing(job, Died(f"{job.path}: gone", outside=True), len(rows) - 1)


def test_who_is_ended_from_outside_is_tried_more_often(tmp_path: Path) -> None:
    engine = Unlucky()
    done = dict(flow(map(Sheet, "abc"), Errands(str(tmp_path)), engine, Sizes(least=9)))
    assert done == {"a": "done", "b": "done", "c": "Died: c: gone"}
    assert engine.runs == {"a": 1, "c": OUTSIDE}


def test_pictures_are_taken_as_there_is_room(tmp_path: Path) -> None:
    taken = 0

    def endless() -> Iterator[Sheet]:
        nonlocal taken
        while True:
            taken += 1
            yield Sheet(str(taken))

    results = flow(endless(), Errands(str(tmp_path)), LocalEngine(1))
    assert [next(results)[0] for _ in range(20)] == [str(number) for number in range(1, 21)]
    assert taken < 30
    results.close()


@dataclass(frozen=True)
class Together(Errands):
    """Gives nothing before all are done, as what packs them does."""

    def results(self, items: Sequence[Sheet]) -> Iterator[tuple[str, str] | Step]:
        with Path(self.folder, "groups").open("a") as file:
            file.write(f"{' '.join(item.address for item in items)}\n")
        held = list[tuple[str, str]]()
        for item in items:
            held += [result for result in super().results([item]) if not isinstance(result, Step)]
            yield Step(item)
        yield from held


@posix
def test_where_results_come_together_those_that_were_past_their_own_work_are_done_again_together(
    tmp_path: Path,
) -> None:
    names = [*(f"a{n}" for n in range(8)), "crash:9", *(f"b{n}" for n in range(3))]
    engine = LocalEngine(1, apart=True)
    done = dict(flow(map(Sheet, names), Together(str(tmp_path)), engine, Sizes(least=12, most=12, pixels=99)))
    assert set(done) == set(names)
    assert {name for name, what in done.items() if what != "done"} == {"crash:9"}
    groups = [line.split() for line in (tmp_path / "groups").read_text().splitlines()]
    assert groups[0] == names
    assert groups.count(names[:8]) == 1
    # Those that may be to blame are alone.
    assert sorted(groups) == sorted([names, names[:8], ["crash:9"], ["crash:9"], ["b0"], ["b1"], ["b2"]])
