"""Fixtures of the picturewise tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def made_pictures() -> ModuleType:
    """The module beside this file that draws pictures; tests are no package, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location("made_pictures", Path(__file__).with_name("made_pictures.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
