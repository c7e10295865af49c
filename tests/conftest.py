"""Fixtures every room's tests share."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest


def _shared() -> Path | None:
    named = os.environ.get("JNDKIT_SHARED")
    return Path(named).resolve() if named and (Path(named) / "data").is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with `data/` (pictures) and `references/` (published maps) that JNDKIT_SHARED names."""
    folder = _shared()
    if folder is None:
        pytest.skip("JNDKIT_SHARED does not name the picture folder")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    without_pictures = pytest.mark.skip(reason="JNDKIT_SHARED does not name the picture folder")
    without_torch = pytest.mark.skip(reason="needs torch")
    has_torch = importlib.util.find_spec("torch") is not None
    for item in items:
        if item.get_closest_marker("shared") and _shared() is None:
            item.add_marker(without_pictures)
        if item.get_closest_marker("train") and not has_torch:
            item.add_marker(without_torch)
