"""Jobs: they wait, are worked on, and are kept until they were fetched or nobody came for them."""

from __future__ import annotations

import asyncio
import secrets
import signal
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jndkit.batch import died, processes
from jndkit.batch.engine import Step
from jndkit.batch.standing import Standing
from jndkit.server.limits import Limits
from jndkit.server.problems import (
    CancelledError,
    EndingError,
    Failure,
    MemoryLimitError,
    QueueError,
    TimeLimitError,
    failure,
)
from jndkit.server.work import Answer, Work
from jndkit.threads import processors

KEPT_SECONDS = 600.0
KEPT_JOBS = 256
_SHORT = 2.0  # seconds of work that is let finish although nobody waits for it any more
_LONGEST_PATIENCE = 60  # seconds that one who finds the queue full is sent away for
_TURN = 1.0  # seconds between two looks of whoever follows a job


@dataclass(eq=False)
class Ticket:
    """A job. state: waiting, working, done, failed or cancelled.  result: an `Answer` or `Failure` at its end.

    folder: what it reads and writes, dropped with it; None where that is somebody else's.
    then: called with the result, before anybody hears of it.  render: makes the response of it.
    followers: requests that wait for it.  probes: what was told on the way so far.
    """

    work: Work
    kind: str
    folder: Path | None = None
    then: Callable[[Answer | Failure], None] = lambda _: None
    render: Callable[..., Any] | None = None
    followers: int = 0
    id: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    state: str = "waiting"
    result: Answer | Failure | None = None
    began: float | None = None
    ended: float | None = None
    probes: list[Any] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    given_up: threading.Event = field(default_factory=threading.Event)

    def change(self) -> None:
        """Wake all who follow it."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    @property
    def seconds(self) -> float:
        """Of the work so far."""
        if self.began is None:
            return 0.0
        return (time.monotonic() if self.ended is None else self.ended) - self.began


class Desk:
    """Takes jobs and hands them to processes, so many at once. To be used in one event loop.

    drop: called with the folder of a job that is forgotten.  watch: called with each job at its end.
    """

    def __init__(
        self, limits: Limits, drop: Callable[[Path | None], None], watch: Callable[[Ticket], None] = lambda _: None
    ) -> None:
        self._limits, self._drop, self._watch = limits, drop, watch
        self._waiting: deque[Ticket] = deque()
        self._working: set[Ticket] = set()
        self._known: dict[str, Ticket] = {}
        self._wanted = asyncio.Condition()
        self._threads = ThreadPoolExecutor(limits.lanes, thread_name_prefix="jnd-lane")
        self._lanes: list[asyncio.Task[None]] = []
        self._usual = 1.0  # seconds of work on a job of late
        self.ending = self._stopping = False

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def working(self) -> int:
        return len(self._working)

    def start(self) -> None:
        self._lanes = [asyncio.create_task(self._lane()) for _ in range(self._limits.lanes)]

    async def submit(self, ticket: Ticket) -> None:
        """Take a job. Raises QueueError where too many wait, EndingError where no more are taken."""
        self.check_room()
        self._forget_old()
        self._known[ticket.id] = ticket
        self._waiting.append(ticket)
        async with self._wanted:
            self._wanted.notify()

    def check_room(self) -> None:
        """Raises what `submit` does, for asking before a picture is received in vain."""
        if self.ending:
            raise EndingError("the server is ending and takes no more work")
        free = self._limits.lanes - self.working
        if self.waiting >= self._limits.queue + free:
            raise QueueError(f"{self.waiting} jobs wait already, and no more may; try again later", self._patience)

    @property
    def _patience(self) -> int:
        """Seconds in which about half of those that wait will have been worked on; who comes sooner comes in vain."""
        return max(1, min(_LONGEST_PATIENCE, round(self._usual * self.waiting / self._limits.lanes / 2)))

    def find(self, name: str) -> Ticket | None:
        return self._known.get(name)

    def position(self, ticket: Ticket) -> int | None:
        """1 for the next; None where it does not wait."""
        return self._waiting.index(ticket) + 1 if ticket in self._waiting else None

    def cancel(self, ticket: Ticket) -> None:
        """End a job wherever it is. One that is over stays as it is."""
        ticket.given_up.set()  # one that works is ended by its lane, which looks
        if ticket in self._waiting:
            self._waiting.remove(ticket)
            self._finish(ticket, failure(CancelledError("the job was cancelled")))

    def forget(self, ticket: Ticket) -> None:
        """End it, and drop what came of it."""
        self._known.pop(ticket.id, None)
        self.cancel(ticket)
        if ticket.over.is_set():
            self._drop(ticket.folder)

    async def follow(self, ticket: Ticket) -> AsyncIterator[None]:
        """A turn now, whenever something may have changed, and after its end a last one."""
        while not ticket.over.is_set():
            changed = ticket.changed  # before it is told how things stand, or what changes meanwhile would be missed
            yield
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), _TURN)
        yield

    async def drain(self) -> None:
        """Take no more, refuse those that wait, and finish those that are worked on."""
        self.ending = True
        while self._waiting:
            self._finish(self._waiting.popleft(), failure(EndingError("the server is ending; the job was not begun")))
        while self._working:
            await asyncio.gather(*(ticket.over.wait() for ticket in self._working))

    async def close(self) -> None:
        """End all work at once."""
        self.ending = self._stopping = True
        for ticket in list(self._known.values()):
            self.cancel(ticket)
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        self._threads.shutdown()

    async def _lane(self) -> None:
        """What one process does, one job after the other."""
        standing: Standing[Any] = Standing(max(1, processors() // self._limits.lanes), lost)
        loop = asyncio.get_running_loop()
        try:
            while True:
                async with self._wanted:
                    await self._wanted.wait_for(lambda: self._waiting)
                ticket = self._waiting.popleft()
                self._working.add(ticket)
                ticket.state, ticket.began = "working", time.monotonic()
                ticket.change()
                running = loop.run_in_executor(self._threads, self._done, standing, ticket, loop)
                try:
                    self._finish(ticket, await asyncio.shield(running))
                except asyncio.CancelledError:
                    ticket.given_up.set()
                    self._finish(ticket, await running)
                    raise
        finally:
            standing.stop()

    def _done(
        self, standing: Standing[Step | Answer | Failure], ticket: Ticket, loop: asyncio.AbstractEventLoop
    ) -> Answer | Failure:
        """The work, in a thread of the lane's. loop: that of everything else here."""
        rows: list[Answer | Failure] = []
        try:
            for row in standing.rows(ticket.work, lambda pid: self._reason_to_end(ticket, pid)):
                if isinstance(row, Step):
                    loop.call_soon_threadsafe(self._told, ticket, row.value)
                else:
                    rows.append(row)
        except OSError as error:  # of the process that was to be started, or was ended while it was
            said = f"no process can be started for it: {error.strerror or error}"
            rows = list(ticket.work.failed(MemoryLimitError(ticket.work.path, said)))
        except Exception as error:
            rows = list(ticket.work.failed(error))
        most = self._limits.memory
        if most is not None and standing.resident > most / 2:
            standing.stop()  # what it did not give back would be counted against the next job
        return rows[-1] if rows else Failure("CodecError", f"{ticket.work.name}: the work gave no answer")

    def _told(self, ticket: Ticket, value: Any) -> None:
        ticket.probes.append(value)
        ticket.change()

    def _reason_to_end(self, ticket: Ticket, pid: int) -> Exception | None:
        limits, path = self._limits, ticket.work.path
        # Work on a picture that is looked at is most often done sooner than another process would be ready.
        if ticket.given_up.is_set() and (ticket.folder is not None or self._stopping or ticket.seconds > _SHORT):
            return CancelledError("the job was cancelled")
        if ticket.seconds > limits.seconds:
            return TimeLimitError(path, f"the work took longer than the limit of {limits.seconds:g} seconds")
        if limits.memory is not None and processes.resident(pid) > limits.memory:
            return MemoryLimitError(path, f"the work took more memory than the limit of {limits.memory / 1e6:.0f} MB")
        return None

    def _finish(self, ticket: Ticket, result: Answer | Failure) -> None:
        self._working.discard(ticket)
        ticket.result, ticket.ended = result, time.monotonic()
        if ticket.began is not None:
            self._usual += (ticket.seconds - self._usual) / 8
        kind = result.type if isinstance(result, Failure) else None
        ticket.state = {None: "done", "CancelledError": "cancelled"}.get(kind, "failed")
        ticket.then(result)
        ticket.over.set()
        ticket.change()
        self._watch(ticket)
        if ticket.id not in self._known:
            self._drop(ticket.folder)

    def _forget_old(self) -> None:
        over = [ticket for ticket in self._known.values() if ticket.ended is not None]
        oldest = time.monotonic() - KEPT_SECONDS
        many = len(over) - KEPT_JOBS
        for place, ticket in enumerate(over):
            if place < many or (ticket.ended or 0.0) < oldest:
                self.forget(ticket)


def lost(path: str, code: int | None) -> Exception:
    """The error of a job whose process was ended by somebody else, most likely by a system without memory."""
    # Without a code it is gone all the same: another thread, which looks after its own, was told of this one's end.
    if code is None or (hasattr(signal, "SIGKILL") and code == -signal.SIGKILL):
        return MemoryLimitError(path, "the process working on it was killed, most likely for lack of memory")
    return died(path, code)
