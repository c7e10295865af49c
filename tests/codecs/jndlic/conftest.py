"""The codec with a model that needs no weights."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

made, mutations = (
    SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name(name)))) for name in ("made_model.py", "mutations.py")
)


@pytest.fixture(scope="session")
def made_model() -> Any:
    """The class of the model."""
    return made.Made


@pytest.fixture(scope="session")
def mutated() -> Any:
    """(bytes of a file, random numbers) to other bytes."""
    return mutations.mutated


@pytest.fixture
def with_made_model(monkeypatch: pytest.MonkeyPatch, made_model: Any) -> None:
    """Every name stands for that model."""
    from jndkit.codecs.jndlic import model

    monkeypatch.setattr(model, "find", lambda name: made_model())
