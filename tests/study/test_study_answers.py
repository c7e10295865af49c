from __future__ import annotations

import subprocess
import sys
import textwrap
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from jndkit.errors import InputError, UsageError
from jndkit.study.answers import FILE, Answers, read_answers
from jndkit.study.trials import Answer, Frames, Trial, answer_from, to_json, trial_from
from tests.study.made_plan import plan, written

TRIAL = Trial(0, "real", "2afc", "p00-jpeg-420", (0, 3))


def test_trials_and_answers_come_back_from_json() -> None:
    trial = Trial(3, "attention", "flicker", "p", (0, 0, 5), right=(2, None), start=1, rest=True)
    assert trial_from(to_json(trial)) == trial
    answer = Answer(3, None, 1.25, 2, Frames(60, 16.7, 33.4, 1))
    assert answer_from(to_json(answer)) == answer


def test_what_is_right() -> None:
    trial = replace(TRIAL, kind="training", right=(1,))
    assert trial.is_right(1) is True
    assert trial.is_right(0) is False
    assert TRIAL.is_right(0) is None


def test_a_session_from_consent_to_the_end(tmp_path: Path) -> None:
    made = written(tmp_path, plan())
    with closing(Answers(tmp_path, made)) as answers:
        session = answers.begin()
        assert (session.number, session.display, session.finished) == (0, None, None)
        assert len(session.code) == 16
        answers.checked(session, {"ppd": 38.2})
        assert answers.give(session, TRIAL) == TRIAL
        answers.checked(session, {"ppd": 99.0})
        assert answers.session(session.code).display == {"ppd": 38.2}, "the check before the first trial stands"
        assert answers.answer(session, Answer(0, 1, 2.5))
        assert not answers.answer(session, Answer(0, 0, 9.9)), "the first answer stands"
        answers.finish(session)
        assert answers.begin().number == 1
    [(first, done), (second, nothing)] = read_answers(tmp_path, made)
    assert first.finished
    assert [(row.trial, row.answer) for row in done] == [(TRIAL, Answer(0, 1, 2.5))]
    assert (second.number, nothing) == (1, [])


def test_a_trial_given_twice_is_the_first(tmp_path: Path) -> None:
    made = written(tmp_path, plan())
    with closing(Answers(tmp_path, made)) as answers:
        session = answers.begin()
        answers.give(session, TRIAL)
        assert answers.give(session, replace(TRIAL, levels=(3, 0))) == TRIAL


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(1, 0, 1.0), "was not given"),
        (Answer(0, 2, 1.0), "no place 2"),
        (Answer(0, -1, 1.0), "no place -1"),
        (Answer(0, None, 1.0), "forced choice"),
        (Answer(0, 0, float("nan")), "seconds"),
        (Answer(0, 0, -1.0), "seconds"),
    ],
)
def test_an_impossible_answer_is_refused(tmp_path: Path, answer: Answer, reason: str) -> None:
    made = written(tmp_path, plan())
    with closing(Answers(tmp_path, made)) as answers:
        session = answers.begin()
        answers.give(session, TRIAL)
        with pytest.raises(UsageError, match=reason):
            answers.answer(session, answer)
        assert answers.trials(session)[0].answer is None


def test_an_unknown_code(tmp_path: Path) -> None:
    with (
        closing(Answers(tmp_path, written(tmp_path, plan()))) as answers,
        pytest.raises(UsageError, match="no session"),
    ):
        answers.session("' OR 1=1 --")


def test_withdrawn_answers_are_gone(tmp_path: Path) -> None:
    made = written(tmp_path, plan())
    with closing(Answers(tmp_path, made)) as answers:
        session = answers.begin()
        answers.give(session, TRIAL)
        answers.answer(session, Answer(0, 1, 2.5))
        answers.forget(session)
        assert answers.sessions() == []
        assert answers.begin().number == 1
    assert len(read_answers(tmp_path, made)) == 1


def test_answers_belong_to_one_plan(tmp_path: Path) -> None:
    made = written(tmp_path, plan())
    Answers(tmp_path, made).close()
    with pytest.raises(InputError, match="another plan"):
        Answers(tmp_path, replace(made, digest="0" * 64))


def test_no_answers_yet_and_no_file_of_answers(tmp_path: Path) -> None:
    made = written(tmp_path, plan())
    with pytest.raises(InputError, match="no answers yet"):
        read_answers(tmp_path, made)
    (tmp_path / FILE).write_bytes(b"a text that is no database, long enough to be looked at" * 40)
    with pytest.raises(InputError, match="no file of answers"):
        read_answers(tmp_path, made)


def test_a_killed_process_loses_no_answer_it_had_acknowledged(tmp_path: Path) -> None:
    made = written(tmp_path, plan())
    script = f"""
        import os, sys
        from jndkit.study.answers import Answers
        from jndkit.study.plan import read_plan
        from jndkit.study.trials import Answer, Trial
        plan = read_plan({str(tmp_path)!r})
        answers = Answers({str(tmp_path)!r}, plan)
        session = answers.begin()
        for number in range(10):
            answers.give(session, Trial(number, "real", "2afc", plan.stimuli[0].name, (0, 3)))
            if number < 9:
                answers.answer(session, Answer(number, 1, 2.0))
        os.abort() if sys.platform == "win32" else os.kill(os.getpid(), 9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False, stderr=subprocess.DEVNULL)
    [(_, done)] = read_answers(tmp_path, made)
    assert [row.trial.id for row in done] == list(range(9))
