"""The local engine: whatever happens to a worker is the failure of one job's rows, and of no other."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
import time
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jndkit
from jndkit.batch import Job, LocalEngine, engine, jobs_wanted, pool, run
from jndkit.batch.bounds import memory_for
from jndkit.batch.engine import Row, rows_of
from jndkit.batch.worker import THREADS
from jndkit.errors import UsageError
from jndkit.picture import save_png
from jndkit.threads import processors
from tests.batch.chores import Chore

posix = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def workers() -> list[multiprocessing.process.BaseProcess]:
    return [process for process in multiprocessing.active_children() if process.name == "jnd"]


def test_every_row_comes_once_and_those_of_a_job_in_their_order() -> None:
    jobs = [Chore(str(number), ("wait", "pid", "opencv")) for number in range(5)]
    for processes in (1, 2):
        rows = list(run(jobs, processes))
        assert len(rows) == 15
        for job in jobs:
            assert [deed for path, deed, _ in rows if path == job.path] == list(job.deeds)
    assert not workers()


def test_one_process_and_one_job_stay_here() -> None:
    here = str(os.getpid())
    assert {pid for _, _, pid in run([Chore("a"), Chore("b")], 1)} == {here}
    assert {pid for _, _, pid in run([Chore("a")], 2)} == {here}
    assert here not in {pid for _, _, pid in run([Chore("a"), Chore("b")], 2)}


def test_one_processor_is_no_wish_for_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody asked, a picture that takes all memory is not the end of the run."""
    monkeypatch.setattr(pool, "processors", lambda: 1)
    pids = {pid for _, _, pid in run([Chore("a"), Chore("b")])}
    assert len(pids) == 1
    assert str(os.getpid()) not in pids


@posix
@pytest.mark.parametrize(
    ("deed", "said"), [("kill", "was killed by signal 9"), ("leave", "ended with code 3"), ("err", "no such deed")]
)
def test_what_a_job_did_not_send_has_failed(deed: str, said: str) -> None:
    jobs = [Chore("good", ("wait", "pid")), Chore("bad", ("pid", deed, "pid"))]
    jobs += [Chore(str(number)) for number in range(4)]
    rows = list(run(jobs, 2))
    assert len(rows) == 9
    bad = [(deed, what) for path, deed, what in rows if path == "bad"]
    assert [name for name, _ in bad] == ["pid", deed, "pid"]
    assert [said in what for _, what in bad] == [False, True, True]
    assert not [what for path, _, what in rows if path != "bad" and "failed" in what]


@posix
def test_every_job_may_die() -> None:
    rows = list(run([Chore(str(number), ("kill",)) for number in range(4)], 2))
    assert sorted(path for path, _, _ in rows) == ["0", "1", "2", "3"]
    assert all("killed by signal 9" in what for _, _, what in rows)


def test_an_error_here_is_a_failed_row_too() -> None:
    rows = list(run([Chore("bad", ("pid", "err", "pid")), Chore("good")], 1))
    assert [("no such deed" in what) for _, _, what in rows] == [False, True, True, False]


@posix
def test_a_worker_killed_between_two_jobs_fails_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The large picture waits for the slow one, and the worker that waits with it is killed meanwhile."""
    sizes = {"slow": 60, "quick": 10, "large": 60}
    monkeypatch.setattr(engine, "pixels_of", sizes.__getitem__)
    monkeypatch.setattr(pool, "PIXELS_AT_ONCE", 100)
    jobs = [Chore("slow", ("pid", *("wait",) * 10)), Chore("quick"), Chore("large")]
    rows = run(jobs, 2)
    found = []
    for row in rows:
        found.append(row)
        if row[0] == "slow" and any(path == "quick" for path, _, _ in found) and len(found) < 8:
            busy = next(int(pid) for path, deed, pid in found if (path, deed) == ("slow", "pid"))
            for process in workers():
                if process.pid != busy:
                    os.kill(process.pid or 0, signal.SIGKILL)
                    process.join()
    assert len(found) == 13
    assert not [what for _, _, what in found if "failed" in what]
    assert len({pid for _, deed, pid in found if deed == "pid"}) in (2, 3)


@linux
def test_a_program_left_behind_does_not_hold_up_the_run() -> None:
    """It has the worker's end of the connection open, so that its death is seen by the process alone."""
    started = time.monotonic()
    rows = list(run([Chore("a", ("child",)), Chore("b")], 2))
    assert time.monotonic() - started < 15
    assert sorted(("killed by signal 9" in what) for _, _, what in rows) == [False, True]


def test_fewer_processes_than_asked_for_do_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where memory or the count of processes is limited."""
    process = multiprocessing.get_context("spawn").Process
    start = process.start

    def refused(self: Any) -> None:
        if workers():
            raise BlockingIOError("no more processes")
        start(self)

    monkeypatch.setattr(process, "start", refused)
    rows = list(run([Chore(str(number)) for number in range(4)], 3))
    assert sorted(path for path, _, _ in rows) == ["0", "1", "2", "3"]
    assert len({pid for _, _, pid in rows}) == 1


def test_there_is_no_other_pool() -> None:
    package = Path(jndkit.__file__).parent
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search("multiprocessing|ProcessPoolExecutor", path.read_text(encoding="utf-8"))
    }
    assert users == {"batch/pool.py", "batch/worker.py", "interrupts.py"}


def test_closing_ends_the_workers() -> None:
    rows = run([Chore(str(number), ("pid", "wait") * 50) for number in range(4)], 2)
    next(rows)
    assert workers()
    rows.close()
    assert not workers()


@linux
def test_workers_have_their_threads_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries read the environment once, when they are loaded; later it is too late, and they take all processors."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    before = dict(os.environ)
    jobs = [Chore(name, ("born", "blas", "opencv")) for name in "ab"]
    monkeypatch.setattr(pool, "processors", lambda: 6)
    rows = list(run(jobs, 2))
    for _, deed, what in rows:
        if deed == "born":
            assert {f"{name}=3" for name in THREADS} <= set(what.splitlines())
        elif deed == "blas" and what:
            assert int(what) == min(3, os.cpu_count() or 1)
        elif deed == "opencv":
            assert what == "3"
    assert len(rows) == 6
    assert dict(os.environ) == before


def test_large_pictures_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for index in range(3):
        save_png(np.zeros((80, 96), np.uint8), tmp_path / f"{index}.png")
    jobs = [Chore(str(tmp_path / f"{index}.png"), ("pid", "wait")) for index in range(3)]
    monkeypatch.setattr(pool, "PIXELS_AT_ONCE", 2 * 96 * 80 - 1)
    rows = run(jobs, 3)
    next(rows)
    assert len(workers()) == 1
    assert len({pid for _, deed, pid in rows if deed == "pid"}) == 1
    monkeypatch.setattr(pool, "PIXELS_AT_ONCE", 2 * 96 * 80)
    assert len({pid for _, deed, pid in run(jobs[:2], 3) if deed == "pid"}) == 2


def test_pictures_wait_for_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of 60 megapixels and a small one, where the machine holds one of the large and one of the small."""
    sizes = {"one": 60_000_000, "other": 60_000_000, "small": 300_000}
    monkeypatch.setattr(engine, "pixels_of", sizes.__getitem__)
    monkeypatch.setattr(pool, "usable_memory", lambda: memory_for(60_000_000) + memory_for(300_000))
    jobs = [Chore(name, ("pid", "wait")) for name in ("one", "small", "other")]
    rows = list(run(jobs, 3))
    order = [path for path, deed, _ in rows if deed == "wait"]
    assert order.index("one") < order.index("other")
    assert len({pid for _, deed, pid in rows if deed == "pid"}) == 2
    # More than the machine holds is done all the same, with nothing beside it.
    monkeypatch.setattr(pool, "usable_memory", lambda: 1)
    assert len({pid for _, deed, pid in run(jobs, 3) if deed == "pid"}) == 1


def test_rows_are_kept_before_they_are_given() -> None:
    kept: list[tuple[str, str, str]] = []
    for processes in (1, 2):
        kept.clear()
        rows = run([Chore(name) for name in "abc"], processes, keep=kept.append)
        for number, row in enumerate(rows, 1):
            assert len(kept) == number
            assert kept[-1] == row


def test_what_cannot_be_kept_ends_the_run() -> None:
    def full(row: object) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        list(run([Chore(name, ("pid", "wait")) for name in "abc"], 2, keep=full))
    assert not workers()


def test_another_engine_takes_the_place_of_the_pool() -> None:
    class Backwards:
        def run(self, jobs: Iterable[Job[Row]]) -> Generator[Row, None, None]:
            for job in reversed(list(jobs)):
                yield from rows_of(job)

    kept: list[object] = []
    rows = list(run([Chore(name) for name in "abc"], engine=Backwards(), keep=kept.append))
    assert [path for path, _, _ in rows] == ["c", "b", "a"]
    assert kept == rows


def test_how_many_processes() -> None:
    assert jobs_wanted(3) == LocalEngine(3).processes == 3
    assert jobs_wanted(None) == processors() >= 1
    for wrong in (0, -3):
        with pytest.raises(UsageError, match=f"--jobs must be at least 1, not {wrong}"):
            run([], wrong)
