"""A server without a network, and pictures to send to it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit.picture import png_bytes

HOME = "http://127.0.0.1:8040"
_NEEDED = ("fastapi", "httpx2", "prometheus_client", "python_multipart", "uvicorn")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if all(importlib.util.find_spec(name) for name in _NEEDED):
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="needs jndkit[serve] and jndkit[dev]"))


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A PNG file of 96 x 80 pixels, smooth with some texture."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[0:80, 0:96]
    base = 120 + 60 * np.sin(rows / 17.0) + 50 * np.cos(columns / 23.0)
    pixels = np.stack([base, base * 0.9, base * 0.8], axis=-1) + rng.normal(0, 6, (80, 96, 3))
    return png_bytes(np.clip(pixels, 0, 255).astype(np.uint8))


@pytest.fixture
def served(tmp_path: Path) -> Callable[..., Any]:
    """A context that gives a client of a new server. limits, access: its keywords; work: see `storage`."""

    @contextmanager
    def started(*, limits: dict[str, Any] | None = None, access: dict[str, Any] | None = None) -> Iterator[Any]:
        from starlette.testclient import TestClient

        from jndkit.server.access import Access
        from jndkit.server.app import make_app
        from jndkit.server.limits import Limits
        from jndkit.server.storage import Storage

        root = tmp_path / "temporary"
        root.mkdir(exist_ok=True)
        app = make_app(Limits(**({"jobs": 1} | (limits or {}))), Access(**(access or {})), Storage(root))
        with TestClient(app, base_url=HOME, raise_server_exceptions=False) as client:
            yield client
        assert not list(root.iterdir()), "a server that ended has left something"

    return started
