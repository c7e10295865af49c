"""A process that stays: one job after the other, each of which may be ended without an end of the next."""

from __future__ import annotations

import os
import sys
import time

import pytest

from jndkit.batch import processes
from jndkit.batch.standing import Standing
from tests.batch.chores import Chore

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="signals and /proc are looked at")


def nothing(_: int) -> Exception | None:
    return None


def deeds(standing: Standing[tuple[str, str, str]], *names: str) -> list[str]:
    return [what for _, _, what in standing.rows(Chore("a", names), nothing)]


def test_one_process_does_one_job_after_the_other() -> None:
    standing: Standing[tuple[str, str, str]] = Standing(1)
    try:
        first, second = deeds(standing, "pid"), deeds(standing, "pid", "pid")
        assert second == first * 2
        assert first != [str(os.getpid())]
    finally:
        standing.stop()
    assert not processes.below(int(first[0]))
    assert not os.path.exists(f"/proc/{first[0]}")


def test_what_ends_a_process_is_the_failure_of_its_rows_and_of_no_other_job() -> None:
    standing: Standing[tuple[str, str, str]] = Standing(1, lambda path, code: RuntimeError(f"{path} {code}"))
    try:
        assert deeds(standing, "kill", "pid") == ["failed: a -9"] * 2
        assert deeds(standing, "leave") == ["failed: a 3"]
        assert deeds(standing, "pid")[0].isdigit()
        (pid,) = deeds(standing, "pid")
        os.kill(int(pid), 9)  # between two jobs
        time.sleep(0.2)
        assert deeds(standing, "pid")[0].isdigit()
    finally:
        standing.stop()


def test_an_end_of_which_somebody_else_was_told_is_an_end_all_the_same() -> None:
    desk = pytest.importorskip("jndkit.server.desk", reason="needs jndkit[serve]")
    standing: Standing[tuple[str, str, str]] = Standing(1, desk.lost)

    def look(pid: int) -> Exception | None:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        return None

    try:
        (row,) = standing.rows(Chore("a", ("wait",)), look)
        assert row[2].startswith("failed: a: the process working on it was killed, most likely for lack of memory")
        assert deeds(standing, "pid")[0].isdigit()
    finally:
        standing.stop()


def test_who_looks_may_end_a_job_at_once() -> None:
    standing: Standing[tuple[str, str, str]] = Standing(1)
    try:
        (pid,) = deeds(standing, "pid")
        looked: list[int] = []

        def look(seen: int) -> Exception | None:
            looked.append(seen)
            return TimeoutError("enough") if len(looked) > 2 else None

        begun = time.monotonic()
        rows = list(standing.rows(Chore("b", ("wait",) * 100), look))
        assert time.monotonic() - begun < 10.0
        assert rows[-1][2] == "failed: enough"
        assert len(rows) == 100
        assert set(looked) == {int(pid)}
        assert not os.path.exists(f"/proc/{pid}")
        assert deeds(standing, "pid") != [pid]
    finally:
        standing.stop()


def test_memory_is_that_of_a_process_and_those_below_it() -> None:
    before = processes.resident(os.getpid())
    held = bytearray(os.urandom(1) * 60_000_000)
    assert processes.resident(os.getpid()) - before > 40_000_000
    assert len(held) == 60_000_000
    assert processes.resident(2**22 + 1) == 0
