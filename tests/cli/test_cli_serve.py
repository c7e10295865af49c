"""jnd serve, as far as it gets without a server."""

from __future__ import annotations

import sys

import pytest

from jndkit.cli import main


def test_without_the_extra_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "fastapi", None)
    assert main(["serve", "--no-open"]) == 3
    assert "pip install 'jndkit[serve]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "--token"),
        (["--host", "0.0.0.0", "--token", "short"], "16 characters"),
        (["--allow-origin", "*"], "--allow-origin"),
        (["--jobs", "0"], "--jobs"),
        (["--queue", "-1"], "--queue"),
        (["--max-bytes", "0"], "--max-bytes"),
        (["--max-pixels", "0"], "max_pixels"),
        (["--max-seconds", "nan"], "--max-seconds"),
        (["--max-memory", "5"], "--max-memory"),
        (["--port", "70000"], "--port"),
        (["--host", "no such host"], "--token"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_listens(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("fastapi", reason="needs jndkit[serve]")
    assert main(["serve", "--no-open", *options]) == 2
    assert words in capsys.readouterr().err
