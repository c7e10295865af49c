"""What a row says of a failure."""

from __future__ import annotations

import pytest

from jndkit.batch import died, explained
from jndkit.errors import FormatError, UsageError


def test_sentences_name_the_picture_once() -> None:
    assert explained(FormatError("in/a.png", "it is no picture"), "in/a.png") == {
        "type": "FormatError",
        "message": "in/a.png: it is no picture",
    }
    assert explained(UsageError("unknown model"), "in/a.png")["message"] == "in/a.png: unknown model"
    assert explained(MemoryError(), "a.png") == {
        "type": "LimitError",
        "message": "a.png: there is not enough memory for it",
    }


def test_an_error_of_no_kind_of_ours_is_a_bug(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JND_DEBUG", raising=False)
    said = explained(ZeroDivisionError("division by zero"), "a.png")
    assert said["type"] == "ZeroDivisionError"
    assert said["message"].startswith("a.png: ZeroDivisionError: division by zero; this is a bug; run with JND_DEBUG=1")
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("JND_DEBUG", "1")
    explained(ZeroDivisionError("division by zero"), "a.png")
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_how_a_process_died() -> None:
    assert "a.png: the process working on it was killed by signal 9" in str(died("a.png", -9))
    assert "ended with code 3" in str(died("a.png", 3))
    assert "working on it ended, perhaps for lack of memory" in str(died("a.png", None))
