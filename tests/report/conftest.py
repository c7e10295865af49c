"""A browser, and pages to open in it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import draw, jnd
from tests.conftest import chromium

__all__ = [
    "PATIENCE",
    "PHONE",
    "WIDE",
    "Opened",
    "Parsed",
    "browser",
    "draw",
    "jnd",
    "launched",
    "opened",
    "playwright",
]

FLAGS = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
WIDE, PHONE = (1280, 800), (390, 844)
PATIENCE = 180_000  # milliseconds, on a machine that does much else


@dataclass
class Opened:
    """A page in the browser, and what went wrong in it."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def accessible(self) -> list[str]:
        """What axe finds that is serious or worse."""
        found = importlib.util.find_spec("axe_playwright_python")
        assert found is not None
        assert found.submodule_search_locations
        script = Path(found.submodule_search_locations[0]) / "axe.min.js"
        self.page.evaluate(script.read_text(encoding="utf-8"))
        results = self.page.evaluate("axe.run(document)")
        return [
            f"{violation['id']}: {node['html'][:200]}"
            for violation in results["violations"]
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]


@pytest.fixture(scope="module")  # its event loop runs in this thread, where other modules start loops of their own
def playwright() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


def launched(playwright: Any, *flags: str) -> Any:
    """A Chromium of our own."""
    return playwright.chromium.launch(executable_path=str(chromium()), args=[*FLAGS, *flags])


@pytest.fixture(scope="module")
def browser(playwright: Any) -> Iterator[Any]:
    started = launched(playwright)
    yield started
    started.close()


@pytest.fixture
def opened(browser: Any) -> Callable[..., Any]:
    """`with opened(path, size=PHONE, scale=3, dark=True) as look:` opens a file and ends where anything complained."""

    @contextmanager
    def open_page(
        path: Path, size: tuple[int, int] = WIDE, *, scale: float = 1, dark: bool = False
    ) -> Iterator[Opened]:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=scale,
            color_scheme="dark" if dark else "light",
            has_touch=size == PHONE,
        )
        try:
            context.set_default_timeout(PATIENCE)
            look = Opened(context.new_page())
            look.page.on("console", lambda message: look.complaints.append(f"{message.type}: {message.text}"))
            look.page.on("pageerror", lambda error: look.complaints.append(str(error)))
            look.page.on("requestfailed", lambda request: look.complaints.append(f"failed: {request.url[:100]}"))
            look.page.goto(path.resolve().as_uri())
            yield look
            assert look.complaints == []
        finally:
            context.close()

    return open_page


class Parsed(HTMLParser):
    """The elements of a page: (tag, attributes), and the texts of those that hold data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: dict[str, str] = {}
        self.text = ""
        self._block: str | None = None
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        self._open.append(tag)
        if tag in ("script", "style"):
            self._block = attributes.get("id") or tag + (attributes.get("type") or "")
            self.blocks.setdefault(self._block, "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._block = None

    def handle_data(self, data: str) -> None:
        if self._block is None:
            self.text += data
        else:
            self.blocks[self._block] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]
