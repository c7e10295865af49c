"""One study under way: sessions, what each is shown next, and what they answered. Everything happens in one thread."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from jndkit.errors import UsageError
from jndkit.server.problems import NotFoundError
from jndkit.study.answers import Answers, Session
from jndkit.study.plan import Plan
from jndkit.study.sequence import Sequence, resumed
from jndkit.study.sittings import told
from jndkit.study.sittings.display import found_in, refused
from jndkit.study.sittings.plates import plates
from jndkit.study.trials import Answer, Frames, Trial

_CODE = re.compile(r"[a-z0-9]{8,64}")
_T = TypeVar("_T")
_WARM = 256  # sessions whose sequence is kept; others are made again from their answers


@dataclass(frozen=True)
class Counts:
    """sittings: that were begun.  finished, answers: of them."""

    sittings: int = 0
    finished: int = 0
    answers: int = 0


class Desk:
    """Not safe to share between threads, as `Answers` is not."""

    def __init__(self, plan: Plan) -> None:
        """Raises what `Answers` does."""
        self.plan = plan
        self.plates = plates(plan.seed)
        self._answers = Answers(plan.folder, plan)
        self._warm: OrderedDict[str, Sequence] = OrderedDict()
        sessions = self._answers.sessions()
        kept = sum(done.answer is not None for session in sessions for done in self._answers.trials(session))
        self.counts = Counts(len(sessions), sum(session.finished is not None for session in sessions), kept)

    def close(self) -> None:
        self._answers.close()

    def begin(self) -> dict[str, Any]:
        """A new sitting, of somebody who agreed."""
        session = self._answers.begin()
        self._count(sittings=1)
        return self._state(session)

    def state(self, code: str) -> dict[str, Any]:
        """Where a sitting stands. Raises NotFoundError for an unknown code."""
        return self._state(self._session(code))

    def check(self, code: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Judge and keep what the check of the display found. Raises UsageError for what is no such thing."""
        session = self._session(code)
        found = found_in(given, self.plates)
        why = refused(found, self.plan, self.plates)
        if not why:
            self._answers.checked(session, asdict(found))
        return {"refused": why, "sitting": self._state(self._session(code))}

    def answer(self, code: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Keep an answer, and tell what follows it. The same answer may come again: the first stands.

        Raises UsageError for an answer that the trial cannot have, and for a trial that was not shown.
        """
        session = self._session(code)
        answer = answer_in(given)
        sequence = self._sequence(session)
        trial = self._given(session, sequence) if answer.trial >= sequence.done else self._earlier(session, answer)
        if trial is None:
            raise UsageError("all questions of this sitting are answered")
        if self._answers.answer(session, answer):
            sequence.record(answer)
            self._count(answers=1)
        else:  # it came before, perhaps to a server that was killed or that runs beside this one
            self._warm.pop(code)
            sequence = self._sequence(session)
        following = self._given(session, sequence)
        return {
            "feedback": told.of_answer(self.plan, trial, answer.response),
            "trial": None if following is None else told.of_trial(self.plan, following, sequence.total),
        }

    def withdraw(self, code: str) -> None:
        """Take a sitting out, with all its answers."""
        session = self._session(code)
        kept = sum(done.answer is not None for done in self._answers.trials(session))
        self._answers.forget(session)
        self._warm.pop(code, None)
        self._count(sittings=-1, finished=-(session.finished is not None), answers=-kept)

    def _session(self, code: str) -> Session:
        try:
            if _CODE.fullmatch(code):  # what was withdrawn has a code that nobody was given
                return self._answers.session(code)
        except UsageError:
            pass
        raise NotFoundError("there is no sitting of this code")

    def _state(self, session: Session) -> dict[str, Any]:
        sequence = self._sequence(session)
        trial = None if session.display is None else self._given(session, sequence)
        return {
            "code": session.code,
            "checked": session.display is not None,
            "finished": session.display is not None and trial is None,
            "answered": max(0, sequence.done - self.plan.schedule.training),
            "total": sequence.total - self.plan.schedule.training,
            "trial": None if trial is None else told.of_trial(self.plan, trial, sequence.total),
        }

    def _given(self, session: Session, sequence: Sequence) -> Trial | None:
        """The trial to show now, kept before anybody sees it; None where all are answered, which ends the sitting."""
        if session.display is None:
            raise UsageError("the display was not checked")
        trial = sequence.next()
        if trial is not None:
            return self._answers.give(session, trial)
        if session.finished is None:
            self._answers.finish(session)
            self._count(finished=1)
        return None

    def _earlier(self, session: Session, answer: Answer) -> Trial:
        return next(done.trial for done in self._answers.trials(session) if done.trial.id == answer.trial)

    def _sequence(self, session: Session) -> Sequence:
        kept = self._warm.pop(session.code, None)
        if kept is None:
            answers = [done.answer for done in self._answers.trials(session) if done.answer is not None]
            kept = resumed(self.plan, session.number, answers)
        self._warm[session.code] = kept
        while len(self._warm) > _WARM:
            self._warm.popitem(last=False)
        return kept

    def _count(self, sittings: int = 0, finished: int = 0, answers: int = 0) -> None:
        now = self.counts
        self.counts = Counts(now.sittings + sittings, now.finished + finished, now.answers + answers)


class Work:
    """A desk in a thread of its own: answers are on the disk, one after the other, before anything is said of them."""

    def __init__(self, plan: Plan, counted: Callable[[Counts], None] = lambda _: None) -> None:
        """counted: called with how the study stands, at the start and after each request. Raises what `Desk` does."""
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="desk")
        try:
            self._desk = self._executor.submit(Desk, plan).result()
        except BaseException:
            self._executor.shutdown()
            raise
        self._counted = counted
        counted(self.counts)

    @property
    def counts(self) -> Counts:
        return self._desk.counts

    async def __call__(self, ask: Callable[[Desk], _T]) -> _T:
        answer = await asyncio.get_running_loop().run_in_executor(self._executor, ask, self._desk)
        self._counted(self.counts)
        return answer

    def close(self) -> None:
        self._executor.submit(self._desk.close).result()
        self._executor.shutdown()


def answer_in(given: Mapping[str, Any]) -> Answer:
    """What the page sends. Raises UsageError for anything else."""
    frames = given.get("frames", {})
    if not isinstance(frames, dict):
        raise UsageError("frames: an object is expected")
    response = given.get("response")
    kept = Frames(
        count=_number(frames, "count", whole=True),
        mean=_number(frames, "mean"),
        worst=_number(frames, "worst"),
        late=_number(frames, "late", whole=True),
    )
    return Answer(
        trial=_number(given, "trial", whole=True),
        response=None if response is None else _number(given, "response", whole=True),
        seconds=_number(given, "seconds"),
        revisions=_number(given, "revisions", whole=True),
        frames=kept,
    )


def _number(given: Mapping[str, Any], name: str, *, whole: bool = False) -> Any:
    value = given.get(name, 0 if name in ("count", "mean", "worst", "late", "revisions") else None)
    kinds = int if whole else (int, float)
    if not isinstance(value, kinds) or isinstance(value, bool) or not 0 <= value < 1e9:
        raise UsageError(f"{name} is {value!r}: a {'whole ' if whole else ''}number is expected")
    return value
