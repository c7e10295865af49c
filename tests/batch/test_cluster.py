"""Jobs on a Ray cluster of several node processes: whoever is lost, each job has its rows once."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from jndkit.batch import processes, run
from jndkit.batch.bounds import Bounds
from jndkit.batch.cluster import RayEngine
from jndkit.errors import UsageError
from tests.batch.chores import Chore

ray = pytest.importorskip("ray")
pytestmark = [
    # Ray's own: files and sockets that it leaves open, and what it announces.
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(os.name == "nt", reason="clusters of one machine are POSIX"),
]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    size = {"object_store_memory": 80_000_000, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={**size, "num_cpus": 0})
    cluster.add_node(**size, num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()


def test_every_row_comes_once_and_a_crash_is_one_job_s(nodes: Any) -> None:
    jobs = [Chore("a", ("pid", "wait", "pid")), Chore("b", ("pid", "leave", "pid")), Chore("c"), Chore("d", ("err",))]
    rows = list(run(jobs, engine=RayEngine()))
    assert sorted(path for path, _, _ in rows) == ["a"] * 3 + ["b"] * 3 + ["c", "d"]
    said = {path: [what for name, _, what in rows if name == path] for path in "abcd"}
    assert said["a"][0] == said["a"][2]
    assert "ended with code 3" in said["b"][1] == said["b"][2]
    assert "no such deed" in said["d"][0]
    assert said["c"][0].isdigit()


def test_what_takes_too_long_is_ended(nodes: Any) -> None:
    engine = RayEngine(bounds=Bounds(seconds=8))
    rows = {path: what for path, _, what in run([Chore("a"), Chore("b", ("sleep",))], engine=engine)}
    assert rows["a"].isdigit()
    assert rows["b"] == "failed: b: the work on it took more than 8 seconds"


def test_a_worker_that_is_killed_is_no_fault_of_its_job(nodes: Any) -> None:
    rows = run(
        [Chore("first"), *(Chore(str(number), ("wait", "wait", "pid")) for number in range(6))], engine=RayEngine()
    )
    found = [next(rows)]
    for pid in processes.below(os.getpid()):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            if file.read().startswith((b"ray::jnd", b"ray::IDLE")):
                os.kill(pid, signal.SIGKILL)
    found += rows
    assert len(found) == 1 + 18
    assert not [what for _, _, what in found if "failed" in what]


def test_a_node_that_is_killed_is_no_fault_of_its_jobs(nodes: Any) -> None:
    extra = nodes.add_node(num_cpus=1, object_store_memory=80_000_000)
    rows = run([Chore(str(number), ("wait", "pid")) for number in range(8)], engine=RayEngine())
    found = [next(rows)]
    nodes.remove_node(extra, allow_graceful=False)
    found += rows
    assert len(found) == 16
    assert not [what for _, _, what in found if "failed" in what]


def test_a_picture_larger_than_any_node_has_the_largest_for_itself(nodes: Any) -> None:
    class Panorama(Chore):
        @property
        def pixels(self) -> int:
            return 10**15

    from jndkit.batch.engine import size_of

    assert size_of(Panorama("a")) == 10**15
    engine = RayEngine(max_pixels=10**15)
    options: list[dict[str, Any]] = []

    class Remote:
        def options(self, **given: Any) -> Remote:
            options.append(given)
            return self

        def remote(self, *_: object) -> None:
            return None

    engine._give(Remote(), Panorama("x/a.png"), 5_000_000_000)
    engine._give(Remote(), Chore("x/none.png"), 5_000_000_000)
    assert [given["memory"] for given in options] == [5_000_000_000, 500_000_000]
    assert options[0]["name"] == "jnd a.png"


def test_closing_ends_the_tasks(nodes: Any) -> None:
    rows = run([Chore(str(number), ("pid", "wait")) for number in range(50)], engine=RayEngine())
    next(rows)
    rows.close()
    assert ray.is_initialized()  # it was not ours to end


def test_nothing_starts_for_no_work() -> None:
    assert not list(run([], engine=RayEngine("ray://nowhere:1")))


def test_an_address_without_a_cluster_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise ConnectionError("nobody answers\nand so on")

    monkeypatch.setattr(ray, "init", refused)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(UsageError, match=r"--address nowhere:1: there is no Ray cluster: nobody answers$"):
        list(run([Chore("a")], engine=RayEngine("nowhere:1")))
