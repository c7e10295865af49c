from __future__ import annotations

from dataclasses import replace

import pytest

from jndkit import doctor
from jndkit.codecs import CODECS, available, jpeg


def test_every_codec_has_a_row() -> None:
    parts = {part.name: part for part in doctor.doctor()}
    for name, install in available().items():
        assert parts[name].present == (not install)
        assert parts[name].note.startswith(CODECS[name].summary)
    assert parts["numpy"].version[:1].isdigit()
    assert all(part.version if part.present else part.install for part in parts.values())


def test_what_is_needed_is_what_the_package_declares() -> None:
    """Bounds and extras stand in pyproject.toml alone."""
    base, extras = doctor._requirements()
    assert any(requirement.startswith("pillow>=") for requirement in base)
    installs = {requirement.split(">")[0]: install for requirement, install in extras}
    assert installs["openvino"] == "pip install 'jndkit[fast]'"
    assert installs["torch"] == "pip install -c constraints.txt 'jndkit[train]'"
    assert "pytest" not in installs


def test_what_is_missing_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    gone = ("imagecodecs", "PIL")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in gone else find(name))
    parts = {part.name: part for part in doctor.doctor()}
    assert not parts["jxl"].present
    assert parts["jxl"].install == parts["imagecodecs"].install == "pip install 'jndkit[codecs]'"
    assert parts["pillow"].install.startswith("pip install 'pillow>=")


def test_an_encoder_that_does_not_work_is_not_present(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> dict[str, str]:
        raise OSError("a library is missing")

    monkeypatch.setattr(jpeg, "CARD", replace(CODECS["jpeg"], versions=broken))
    parts = {part.name: part for part in doctor.doctor()}
    assert not parts["jpeg"].present
    assert "a library is missing" in parts["jpeg"].note
    assert (parts["jpeg"].trouble, parts["jpeg"].install) == ("broken", "pip install --upgrade pillow")
