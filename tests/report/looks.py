"""What tests ask of a look in a browser, wherever it stands."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
from PIL import Image

from jndkit.picture import Pixels


def settled(page: Any) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def seen(page: Any, scale: float = 1) -> Pixels:
    """What the screen shows of the canvas, in device pixels."""
    settled(page)
    page.locator(".look-view").scroll_into_view_if_needed()
    box = page.locator(".look-canvas").bounding_box()
    shot = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    left, top = round(box["x"] * scale), round(box["y"] * scale)
    height, width = page.evaluate(
        "(() => { const c = document.querySelector('canvas'); return [c.height, c.width]; })()"
    )
    return shot[top : top + height, left : left + width]


def choose(page: Any, text: str) -> None:
    page.locator(".look-choice label", has_text=re.compile(f"^{text}$")).click()


def state(page: Any) -> str:
    return str(page.locator(".look-state").inner_text())
