"""The sentence for a name that does not exist."""

from __future__ import annotations

import pickle

import pytest

from jndkit.errors import DamagedError, UsageError, check_choice, unknown_choice


def test_a_choice_passes() -> None:
    check_choice("model", "wu2017", iter(("yang2005", "wu2017")))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wu2071", "unknown model 'wu2071': choose yang2005, wu2017; did you mean wu2017?"),
        ("WU2017", "unknown model 'WU2017': choose yang2005, wu2017; did you mean wu2017?"),
        ("resjnd", "unknown model 'resjnd': choose yang2005, wu2017"),
        ("", "unknown model '': choose yang2005, wu2017"),
        (None, "unknown model None: choose yang2005, wu2017"),
    ],
)
def test_what_there_is_to_choose_and_what_was_probably_meant(name: object, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_choice("model", name, ("yang2005", "wu2017"))
    assert str(caught.value) == said


def test_what_else_may_be_given_and_a_meaning_that_the_caller_knows() -> None:
    error = unknown_choice("codec", "jpg", ("png", "jpeg"), beside="auto", meant="jpeg")
    assert str(error) == "unknown codec 'jpg': choose png, jpeg or auto; did you mean jpeg?"


def test_errors_about_files_come_whole_through_a_pipe() -> None:
    error = pickle.loads(pickle.dumps(DamagedError("a.png", "it is cut off")))
    assert (str(error), error.path, error.exit_code) == ("a.png: it is cut off", "a.png", 1)
