"""Jobs that are no pictures, for workers that must be able to import them."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def chores(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module beside this file. Workers find it as this process does: they are given its search path."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module("chores")
