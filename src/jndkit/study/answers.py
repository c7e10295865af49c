"""The answers of a study: one SQLite file, in which an answer stands before the next trial is given.

Sessions have a random code and no name. What was agreed to and what the display check found is kept beside them.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jndkit.errors import InputError, OutputError, UsageError
from jndkit.study.plan import Plan
from jndkit.study.trials import Answer, Trial, answer_from, check_answer, to_json, trial_from

FILE = "answers.sqlite"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads as another
_LENGTH = 16  # of a code: 79 bits
_WITHDRAWN = "withdrawn-"  # with the number, in place of a code
_PATIENCE = 30.0  # seconds to wait for another process that writes

_TABLES = """
CREATE TABLE IF NOT EXISTS study (plan TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS session (
  number INTEGER PRIMARY KEY, code TEXT UNIQUE NOT NULL, consented TEXT NOT NULL, display TEXT, finished TEXT);
CREATE TABLE IF NOT EXISTS trial (
  session INTEGER NOT NULL REFERENCES session, id INTEGER NOT NULL, trial TEXT NOT NULL, given TEXT NOT NULL,
  answer TEXT, answered TEXT, PRIMARY KEY (session, id)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Session:
    """One viewer's sitting. number: from 0, in the order of consent; it decides what is shown.  code: random.

    consented, finished: ISO 8601, UTC.  display: what the display check found; None before it was passed.
    """

    number: int
    code: str
    consented: str
    display: Mapping[str, Any] | None
    finished: str | None


@dataclass(frozen=True)
class Answered:
    """A trial, and its answer; None while it is on screen."""

    trial: Trial
    answer: Answer | None


class Answers:
    """The file of answers to a plan. Processes may share the file, and threads the object.

    What a method that writes has returned from is on the disk, whatever is killed afterwards.
    Raises InputError where the file is no such file or belongs to another plan, OutputError where it cannot be written.
    """

    def __init__(self, folder: str | Path, plan: Plan, *, read_only: bool = False) -> None:
        """folder: of the study.  read_only: for a fit beside a running study; the file must exist."""
        self.path = Path(folder) / FILE
        if read_only and not self.path.is_file():
            raise InputError(self.path, "there are no answers yet; `jnd study serve` asks people")
        self._lock = threading.RLock()
        with self._explained():
            self._base = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
            try:
                if not read_only:
                    self._prepare(plan)
                known = self._base.execute("SELECT plan FROM study").fetchone()
            except sqlite3.Error:
                self.close()
                raise
        if known is None or known[0] != plan.digest:
            self.close()
            raise InputError(self.path, "its answers are to another plan: plan.toml was changed after people answered")

    def _prepare(self, plan: Plan) -> None:
        for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._base.execute(f"PRAGMA {setting}")
        with self._writing():
            for statement in filter(str.strip, _TABLES.split(";")):
                self._base.execute(statement)
            self._base.execute("INSERT INTO study SELECT ? WHERE NOT EXISTS (SELECT 1 FROM study)", (plan.digest,))

    def close(self) -> None:
        self._base.close()

    def begin(self) -> Session:
        """A new session, of somebody who agreed to take part just now."""
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        with self._explained(), self._writing():
            self._base.execute(
                "INSERT INTO session (number, code, consented)"
                " VALUES ((SELECT coalesce(max(number) + 1, 0) FROM session), ?, ?)",
                (code, _now()),
            )
        return self.session(code)

    def session(self, code: str) -> Session:
        """By its code. Raises UsageError for an unknown one."""
        found = self._rows("SELECT number, code, consented, display, finished FROM session WHERE code = ?", (code,))
        if not found:
            raise UsageError("there is no session of this code")
        return _session(found[0])

    def sessions(self) -> list[Session]:
        """All that were not withdrawn, in the order of their numbers."""
        rows = self._rows("SELECT number, code, consented, display, finished FROM session ORDER BY number")
        return [_session(row) for row in rows if not row[1].startswith(_WITHDRAWN)]

    def checked(self, session: Session, display: Mapping[str, Any]) -> None:
        """Keep what the display check found. Once trials were given, the first check stands."""
        with self._explained(), self._writing():
            self._base.execute(
                "UPDATE session SET display = ? WHERE number = ?"
                " AND NOT EXISTS (SELECT 1 FROM trial WHERE trial.session = session.number)",
                (json.dumps(display), session.number),
            )

    def give(self, session: Session, trial: Trial) -> Trial:
        """Keep that a trial is shown. Where one of that id was given before, that one is returned."""
        with self._explained(), self._writing():
            self._base.execute(
                "INSERT OR IGNORE INTO trial (session, id, trial, given) VALUES (?, ?, ?, ?)",
                (session.number, trial.id, to_json(trial), _now()),
            )
            kept = self._base.execute(
                "SELECT trial FROM trial WHERE session = ? AND id = ?", (session.number, trial.id)
            ).fetchone()
        return trial_from(kept[0])

    def answer(self, session: Session, answer: Answer) -> bool:
        """Keep an answer; False where the trial was answered before, and the first answer stands.

        Raises UsageError for a trial that was not given and for a response it cannot have.
        """
        with self._explained(), self._writing():
            found = self._base.execute(
                "SELECT trial FROM trial WHERE session = ? AND id = ?", (session.number, answer.trial)
            ).fetchone()
            if found is None:
                raise UsageError(f"trial {answer.trial} was not given in this session")
            check_answer(trial_from(found[0]), answer)
            changed = self._base.execute(
                "UPDATE trial SET answer = ?, answered = ? WHERE session = ? AND id = ? AND answer IS NULL",
                (to_json(answer), _now(), session.number, answer.trial),
            )
            return changed.rowcount == 1

    def finish(self, session: Session) -> None:
        """Keep that the last trial was answered."""
        with self._explained(), self._writing():
            self._base.execute(
                "UPDATE session SET finished = ? WHERE number = ? AND finished IS NULL", (_now(), session.number)
            )

    def trials(self, session: Session) -> list[Answered]:
        """What was given in a session, in order; at most the last is without an answer."""
        rows = self._rows("SELECT trial, answer FROM trial WHERE session = ? ORDER BY id", (session.number,))
        return [Answered(trial_from(trial), None if answer is None else answer_from(answer)) for trial, answer in rows]

    def forget(self, session: Session) -> None:
        """Take a session out with all its answers, as who took part may ask; its number is not given again."""
        with self._explained(), self._writing():
            self._base.execute("DELETE FROM trial WHERE session = ?", (session.number,))
            self._base.execute(
                "UPDATE session SET display = NULL, finished = NULL, code = ? WHERE number = ?",
                (f"{_WITHDRAWN}{session.number}", session.number),
            )

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self._explained():
            return self._base.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, on the disk at its end."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.OperationalError as error:  # a full disk, a folder that is read only, a lock
            raise OutputError(self.path, f"answers cannot be kept: {error}") from None
        except sqlite3.DatabaseError as error:
            raise InputError(self.path, f"it is no file of answers: {error}") from None


def read_answers(folder: str | Path, plan: Plan) -> list[tuple[Session, list[Answered]]]:
    """Every session with what was answered in it, for a fit. Raises InputError as `Answers` does."""
    with closing(Answers(folder, plan, read_only=True)) as answers:
        return [
            (session, [done for done in answers.trials(session) if done.answer is not None])
            for session in answers.sessions()
        ]


def _session(row: Any) -> Session:
    number, code, consented, display, finished = row
    return Session(number, code, consented, None if display is None else json.loads(display), finished)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
