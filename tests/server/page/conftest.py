"""The page in a browser, with a service behind it whose answers are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.report.conftest import PATIENCE, WIDE, Opened, browser, playwright
from tests.server.page.canned import State, started

__all__ = ["State", "browser", "playwright", "shown_page", "service"]


@pytest.fixture
def service() -> Iterator[tuple[State, str]]:
    """What the service was asked, and its address."""
    state = State()
    server = started(state)
    yield state, f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def shown_page(browser: Any, service: tuple[State, str]) -> Callable[..., Any]:
    """`with shown_page(size=PHONE, hash="#viewers=80") as look:`; what complains in the page fails the test."""

    @contextmanager
    def open_page(
        size: tuple[int, int] = WIDE, *, scale: float = 1, dark: bool = False, hash: str = "", refused: bool = False
    ) -> Iterator[Opened]:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=scale,
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
        )
        try:
            context.set_default_timeout(PATIENCE)
            look = Opened(context.new_page())
            look.page.on("console", lambda message: look.complaints.append(f"{message.type}: {message.text}"))
            look.page.on("pageerror", lambda error: look.complaints.append(str(error)))
            look.page.goto(service[1] + hash)
            yield look
            # A refusal is logged by the browser itself, whatever the page makes of it.
            heard = [said for said in look.complaints if not (refused and "Failed to load resource" in said)]
            assert heard == []
        finally:
            context.close()

    return open_page
