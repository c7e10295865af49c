"""Fixtures of the data sets' tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def made_ratings() -> ModuleType:
    """The module beside this file that writes small sets; tests are no package, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location("made_ratings", Path(__file__).with_name("made_ratings.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
