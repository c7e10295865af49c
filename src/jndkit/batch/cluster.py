"""The same jobs on a Ray cluster: a plain task each, which the cluster places, and again where a node is lost.

In each of Ray's workers a process of ours stays for the jobs, with its libraries and networks loaded. A picture that
ends it, by a crash or by breaking its bounds, is a failure of that picture, told for certain; the loss of the worker or
the node around it is nobody's fault, and the task is done again elsewhere.
"""

from __future__ import annotations

import importlib.util
import os
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import PurePath
from typing import Any

from jndkit.batch.bounds import Bounds, memory_for
from jndkit.batch.engine import Job, Row, missing, size_of
from jndkit.batch.failures import Died
from jndkit.batch.standing import Standing
from jndkit.errors import JndError, MissingError, UsageError
from jndkit.limits import MAX_PIXELS
from jndkit.threads import processors

LOCAL = "local"
"""The address of a Ray that is started here, whatever else runs on this machine."""
AHEAD = 2
"""Tasks that are given to the cluster for each of its processors: the one at work and the one that waits."""
STORE = 200_000_000  # bytes of the object store of a cluster started here: rows are small
_AGAIN = 20  # times that a task is done again whose worker or node was lost
# A node on this very machine that does not answer is busy, not lost.
_PATIENT = {"health_check_timeout_ms": 60_000, "health_check_failure_threshold": 20}
_WAITS = (0.5, 2.0, 8.0)  # seconds before the cluster is joined again
_LOOK = 1.0  # seconds of waiting for a task, after which the cluster is counted again
_STEP = 250_000_000  # bytes: tasks of one size share the cluster's workers and its bookkeeping


class RayEngine:
    """An `Engine` of tasks on a Ray cluster, each with one processor and as much memory as its pictures take.

    address: "auto" for the cluster that this machine belongs to, or a Ray address. Without one, and where "auto" finds
        none, Ray is started on this machine, until `close`; with "local" in any case.
    processes: of a Ray that is started here; the processors by default.
    Raises MissingError where Ray is not installed, UsageError where there is no cluster at the address.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        processes: int | None = None,
        max_pixels: int = MAX_PIXELS,
        bounds: Bounds | None = None,
    ) -> None:
        if importlib.util.find_spec("ray") is None:
            raise MissingError("ray", "pip install 'jndkit[corpus]'")
        self._processes = processes
        self._max_pixels = max_pixels
        self._bounds = bounds or Bounds()
        self._address = address
        self._ours = False

    def close(self) -> None:
        """Leave the cluster, and end it where it was started here."""
        if self._ours:
            import ray

            ray.shutdown()
            self._ours = False

    def run(self, jobs: Iterable[Job[Row]]) -> Generator[Row, None, None]:
        """See `Engine`. No more tasks are at the cluster than keep it busy.

        Where the node is lost that this process is at, it joins the cluster again; raises JndError where it cannot.
        """
        pending = iter(jobs)
        first = next(pending, None)
        if first is None:  # a cluster takes seconds to start
            return
        import ray

        pending = chain((first,), pending)
        tasks: dict[Any, Job[Row]] = {}
        self._join(ray)
        try:
            while (yield from self._rows(ray, pending, tasks)):
                pending = chain(list(tasks.values()), pending)
                tasks.clear()
                self._join_again(ray)
        finally:
            for reference in tasks:
                ray.cancel(reference, force=True)

    def _rows(self, ray: Any, jobs: Iterator[Job[Row]], tasks: dict[Any, Job[Row]]) -> Generator[Row, None, bool]:
        """The rows of jobs. Whether the cluster was lost, with what is left then in `tasks`."""
        remote = ray.remote(do)
        size = _Size(ray)
        more = True
        while more or tasks:
            while more and len(tasks) < size.tasks:
                job = next(jobs, None)
                more = job is not None
                if job is not None:
                    tasks[self._give(remote, job, size.memory)] = job
            ready, _ = ray.wait(list(tasks), timeout=_LOOK) if tasks else ([], [])
            for reference in ready:
                job = tasks[reference]
                try:
                    rows = ray.get(reference)
                except ray.exceptions.LocalRayletDiedError:
                    return True
                except ray.exceptions.RayError as error:
                    said = str(error).strip().splitlines() or [type(error).__name__]
                    rows = missing(job, Died(f"{job.path}: it was given up by Ray: {said[-1]}", outside=True), 0)
                del tasks[reference]
                yield from rows
        return False

    def _join(self, ray: Any) -> None:
        self._ours |= _connect(ray, self._address, self._processes)

    def _join_again(self, ray: Any) -> None:
        if self._ours:
            ray.shutdown()
            for wait in _WAITS:
                time.sleep(wait)
                with suppress(UsageError, ray.exceptions.RayError):
                    self._join(ray)
                    return
        raise JndError("the Ray cluster was lost; the same command goes on where it was")

    def _give(self, remote: Any, job: Job[Row], most: int) -> Any:
        wanted = memory_for(min(size_of(job), self._max_pixels))
        memory = -(-wanted // _STEP) * _STEP
        # More than any node has would wait for ever: it then has the largest node for itself.
        options = {"num_cpus": 1, "memory": min(memory, most) if most else memory, "max_retries": _AGAIN}
        return remote.options(name=f"jnd {PurePath(job.path).name}", **options).remote(job, self._bounds, os.getcwd())


class _Size:
    """How much the cluster holds, counted again from time to time, since nodes come and go."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._counted = 0.0
        self._tasks = 0
        self._memory = 0

    @property
    def tasks(self) -> int:
        """As many as keep it busy."""
        self._count()
        return self._tasks

    @property
    def memory(self) -> int:
        """Bytes of the largest node, 0 where there is none."""
        self._count()
        return self._memory

    def _count(self) -> None:
        now = time.monotonic()
        if self._tasks and now - self._counted < _LOOK:
            return
        self._counted = now
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        self._tasks = max(1, AHEAD * int(sum(node.get("CPU", 0) for node in nodes)))
        self._memory = int(max((node.get("memory", 0) for node in nodes), default=0))


def _connect(ray: Any, address: str | None, processes: int | None) -> bool:
    """Whether Ray was started or entered here, and is to be left again."""
    if ray.is_initialized():
        return False
    quiet = {"log_to_driver": False, "configure_logging": False}
    try:
        if address != LOCAL:
            ray.init(address=address or "auto", **quiet)
            return True
    except (ConnectionError, RuntimeError, ValueError) as error:
        if address not in (None, "auto"):
            raise UsageError(f"--address {address}: there is no Ray cluster: {str(error).splitlines()[0]}") from None
    cpus = processes or processors()
    own = {"num_cpus": cpus, "object_store_memory": STORE, "include_dashboard": False, "_system_config": _PATIENT}
    ray.init(address=LOCAL, **own, **quiet)
    return True


_standing: Standing[Any] | None = None
_one = threading.Lock()


def do(job: Job[Row], bounds: Bounds, home: str = os.curdir) -> list[Row]:
    """The rows of a job: what a task does, in Ray's worker, by the process of ours that stays in it.

    home: the folder that relative paths are below, that of the command, where this machine has it.
    """
    global _standing
    with suppress(OSError):
        os.chdir(home)
    watch = _Watch(job.path, bounds)
    with _one:
        if _standing is None:
            _standing = Standing(1)
        return [watch.passed(row) for row in _standing.rows(job, watch.look)]


class _Watch:
    """Holds the work on each picture of a job to its bounds."""

    def __init__(self, path: str, bounds: Bounds) -> None:
        self._path, self._bounds = path, bounds
        self._since = time.monotonic()

    def passed(self, row: Row) -> Row:
        """A picture is done: the time of the next begins."""
        self._since = time.monotonic()
        return row

    def look(self, pid: int) -> Exception | None:
        return self._bounds.broken(self._path, pid, time.monotonic() - self._since)
