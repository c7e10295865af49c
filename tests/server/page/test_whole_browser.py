"""The page with the server that it belongs to, and codecs and observers behind it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jndkit
from jndkit import codecs
from tests.report.conftest import PATIENCE, WIDE, Opened
from tests.report.looks import choose, seen, settled, state
from tests.server.test_running import running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def whole(browser: Any, tmp_path: Path) -> Callable[..., Any]:
    """The page of a running server. options: of `jnd serve`."""

    @contextlib.contextmanager
    def open_page(*options: str) -> Iterator[Opened]:
        root = tmp_path / "temporary"
        root.mkdir()
        with running(root, *options) as server:
            context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
            context.set_default_timeout(PATIENCE)
            look = Opened(context.new_page())
            look.page.on("console", lambda message: look.complaints.append(f"{message.type}: {message.text}"))
            look.page.on("pageerror", lambda error: look.complaints.append(str(error)))
            look.page.goto(f"{server.address}/")
            yield look
            context.close()
            assert look.complaints == []

    return open_page


def test_what_is_shown_is_what_jnd_encode_writes(whole: Callable[..., Any]) -> None:
    # Of this picture the quantisation steps are its own, so that no setting alone tells which file it is.
    encoded = jndkit.encode(EXAMPLES / "waves.webp")
    assert encoded.data is not None
    original = jndkit.load(EXAMPLES / "waves.webp").rgb
    decoded = codecs.codec("jpeg").decode(encoded.data).rgb
    with whole() as look:
        page = look.page
        page.get_by_role("button", name="waves").click()
        page.wait_for_selector(".look-canvas")
        page.wait_for_selector("#curve svg polyline")
        with page.expect_download() as row:
            page.get_by_role("button", name="Download the row (JSON)").click()
        told = json.loads(Path(row.value.path()).read_text())
        same = ("status", "codec", "knob", "bytes", "jnd", "viewers", "interval", "second", "output_sha256")
        assert {key: told[key] for key in same} == {key: json.loads(encoded.row.to_json())[key] for key in same}
        with page.expect_download() as file:
            page.get_by_role("link", name="Download waves.jpg").click()
        assert Path(file.value.path()).read_bytes() == encoded.data
        assert f"({told['jnd']:.2f} JND)" in state(page)
        choose(page, "Flip")
        for picture in (original, decoded):
            shown = seen(page)
            left, top = (shown.shape[1] - picture.shape[1]) // 2, (shown.shape[0] - picture.shape[0]) // 2
            assert top >= 0
            part = shown[top : top + picture.shape[0], left : left + picture.shape[1]]
            assert np.array_equal(part, picture)
            page.locator(".look-flip").click()
        for overlay in ("seen", "yang2005"):
            page.select_option("#overlay", overlay)
            settled(page)
            page.wait_for_selector(".look-legend:has-text('and more')")
        # The window that decided is all of this picture: the frame goes around the spot where the most is seen.
        page.select_option("#overlay", "")
        page.wait_for_selector(".look-legend", state="hidden")
        bare = seen(page)
        page.get_by_label("Frame the worst place").check()
        rows, columns = np.nonzero((seen(page) != bare).any(axis=2))
        assert 60 <= np.ptp(rows) + 1 <= 64
        assert 60 <= np.ptp(columns) + 1 <= 64
        assert page.locator("#trouble").is_hidden()


def test_a_token_lets_in(whole: Callable[..., Any]) -> None:
    secret = "a secret of 26 characters."
    with whole("--token", secret) as look:
        page = look.page
        page.get_by_label("This server asks for its token").fill(secret)
        page.keyboard.press("Enter")
        page.wait_for_selector("#token", state="hidden")
        page.wait_for_selector("#codec option[value=webp]", state="attached")
        look.complaints = [said for said in look.complaints if "401" not in said]
