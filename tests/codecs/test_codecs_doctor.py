from __future__ import annotations

import pytest

from jndkit.codecs import CODECS, available, doctor


def test_every_codec_has_a_row() -> None:
    parts = {part.name: part for part in doctor.doctor()}
    for name, install in available().items():
        assert parts[name].present == (not install)
        assert parts[name].note.startswith(CODECS[name].summary)
    assert parts["numpy"].version[:1].isdigit()
    assert all(part.version if part.present else part.install for part in parts.values())


def test_what_is_missing_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "imagecodecs" else find(name))
    parts = {part.name: part for part in doctor.doctor()}
    assert not parts["jxl"].present
    assert parts["jxl"].install == parts["imagecodecs"].install == "pip install 'jndkit[codecs]'"


def test_an_encoder_that_does_not_work_is_not_present(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> dict[str, str]:
        raise OSError("a library is missing")

    monkeypatch.setattr(doctor, "libraries", broken)
    parts = {part.name: part for part in doctor.doctor()}
    assert not parts["jpeg"].present
    assert "a library is missing" in parts["jpeg"].note
    assert parts["jpeg"].install
