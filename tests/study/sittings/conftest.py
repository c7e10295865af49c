"""Studies that are served, and a browser to sit in front of."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jndkit.study.plan import Plan
from made_study import small_study
from sitters import Sitter, seated as sat
from tests.report.conftest import WIDE, Opened, browser, playwright

__all__ = ["beside", "browser", "playwright", "sat_down", "served", "serving"]

HOME = "http://127.0.0.1:8041"
_NEEDED = ("fastapi", "httpx2", "uvicorn")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if all(importlib.util.find_spec(name) for name in _NEEDED):
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="needs jndkit[study] and jndkit[dev]"))


@pytest.fixture
def served(tmp_path: Path) -> Callable[..., Any]:
    """`with served("flicker", token=None) as (client, plan):` asks the application without a network."""

    @contextlib.contextmanager
    def started(*arguments: Any, token: str | None = None, **options: Any) -> Iterator[tuple[Any, Plan]]:
        from starlette.testclient import TestClient

        from jndkit.server.access import Access
        from jndkit.study.sittings.app import make_app
        from jndkit.study.sittings.desk import Work

        made = small_study(tmp_path / "study", *arguments, **options)
        work = Work(made)
        try:
            app = make_app(made, Access(token=token), work)
            with TestClient(app, base_url=HOME, raise_server_exceptions=False) as client:
                yield client, made
        finally:
            work.close()

    return started


class Beside:
    """The server in a thread of this process: it is there at once."""

    def __init__(self, plan: Plan, token: str | None = None) -> None:
        from jndkit.server.access import Access
        from jndkit.server.listening import Server
        from jndkit.study.sittings.app import make_app
        from jndkit.study.sittings.desk import Work

        async def drain() -> None:
            pass

        self._socket = socket.create_server(("127.0.0.1", 0))
        self._work = Work(plan)
        app = make_app(plan, Access(token=token), self._work)
        self._server = Server(app, "127.0.0.1", show=False, drain=drain)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._work.close()
        self._socket.close()


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Callable[..., tuple[Beside, Plan]]]:
    """`beside("flicker", trials=4, token=...)` serves a study from this process."""
    started: list[Beside] = []

    def start(*arguments: Any, token: str | None = None, **study: Any) -> tuple[Beside, Plan]:
        made = small_study(tmp_path / f"study{len(started)}", *arguments, **study)
        started.append(Beside(made, token))
        started[-1].start()
        return started[-1], made

    yield start
    for one in started:
        one.end()


class Serving:
    """`jnd study serve` in a process of its own, which may be killed and started again at the same address."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder, self._options, self.port = folder, options, 0
        self.start()

    def start(self) -> None:
        where = ["--port", str(self.port), "--no-open"]
        command = [sys.executable, "-m", "jndkit", "study", "serve", str(self._folder), *where, *self._options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        self.address = line.split(" ")[0].rstrip("/")
        self.port = int(self.address.rpartition(":")[2])

    def kill(self) -> None:
        """As a machine that loses power would, but for the disk."""
        self.process.kill()
        self._over()

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C; exit code and what was said."""
        self.process.send_signal(signal.SIGINT)
        return self._over()

    def _over(self) -> tuple[int, str]:
        _, said = self.process.communicate()
        return self.process.returncode, said


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., tuple[Serving, Plan]]]:
    """`serving("flicker", trials=4, options=["--token", ...])` starts a server of its own process."""
    started: list[Serving] = []

    def start(*arguments: Any, options: tuple[str, ...] = (), **study: Any) -> tuple[Serving, Plan]:
        made = small_study(tmp_path / f"study{len(started)}", *arguments, **study)
        started.append(Serving(made.folder, *options))
        return started[-1], made

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill()


class Sat(Opened):
    """A page in the browser with somebody in front of it."""

    def __init__(self, page: Any, sitter: Sitter) -> None:
        super().__init__(page)
        self.sitter = sitter


@pytest.fixture
def sat_down(browser: Any) -> Callable[..., Any]:
    """`with sat_down(address, size=PHONE, scale=3) as look:` opens a page; what complains in it fails the test.

    plan: of the server's study; `look.sitter` then hears of every trial, from the first answer of the server on.
    seated: consent and display check are passed already, over HTTP.
    """

    @contextlib.contextmanager
    def open_page(
        address: str,
        size: tuple[int, int] = WIDE,
        *,
        plan: Plan | None = None,
        scale: float = 1,
        forgiven: tuple[str, ...] = (),
        seated: bool = False,
    ) -> Iterator[Opened | Sat]:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=scale,
            has_touch=size[0] < 600,
            is_mobile=size[0] < 600,
        )
        context.set_default_timeout(120_000)
        if seated:
            assert plan is not None
            screen = f"{size[0]}x{size[1]}x{scale:g}"
            memory = json.dumps({"code": sat(address, plan), "screen": screen})
            name = f"jnd-study-{plan.digest[:16]}"
            context.add_init_script(f"localStorage.{name} ??= {memory!r}".replace(f".{name}", f"[{name!r}]"))
        try:
            page = context.new_page()
            # Before anything is asked for: an answer that comes earlier than its listener is heard by nobody.
            look = Opened(page) if plan is None else Sat(page, Sitter(page, plan))
            look.page.on("console", lambda message: look.complaints.append(f"{message.type}: {message.text}"))
            look.page.on("pageerror", lambda error: look.complaints.append(str(error)))
            look.page.goto(address)
            yield look
            assert [said for said in look.complaints if not any(word in said for word in forgiven)] == []
        finally:
            context.close()

    return open_page
