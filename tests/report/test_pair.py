"""The page of one pair carries both pictures sample for sample, and says what was read."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jndkit.comparison import compared
from jndkit.picture import Picture, Pixels
from jndkit.report import pair, pair_page
from jndkit.report.images import exact
from tests.cli.conftest import Said, photograph
from tests.report.conftest import Parsed


def inside(page: Parsed, name: str) -> Pixels:
    """The picture in a block of a page."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(page.blocks[name]))))


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (80, 96), (2, 16_384)])
@pytest.mark.parametrize("channels", [3, 4])
def test_every_sample_is_kept(shape: tuple[int, int], channels: int) -> None:
    """Also under full transparency, and where WebP has no room."""
    samples = np.random.default_rng(0).integers(0, 256, (*shape, channels), dtype=np.uint8)
    samples[..., 3:] //= 128
    picture = Picture(samples[..., :3], samples[..., 3] if channels == 4 else None)
    decoded = Image.open(io.BytesIO(base64.b64decode(exact(picture).text)))
    assert np.array_equal(np.asarray(decoded.convert("RGBA" if channels == 4 else "RGB")), samples)


def test_what_the_page_holds(draw: Callable[..., Path], jnd: Callable[..., Said], tmp_path: Path) -> None:
    draw("a.png")
    draw("b.jpg", quality=60)
    said = jnd("compare", "a.png", "b.jpg", "--html", "out.html")
    assert said.code == 0
    assert "page: out.html" in said.out
    page = Parsed((tmp_path / "out.html").read_text(encoding="utf-8"))
    assert np.array_equal(inside(page, "picture-original"), np.asarray(Image.open(tmp_path / "a.png")))
    assert inside(page, "picture-coded").shape == (80, 96, 3)
    facts = json.loads(page.blocks["facts"])
    x, y, width, height = facts["where"]
    assert 0 <= x < x + width <= 96
    assert 0 <= y < y + height <= 80
    (overlay,) = facts["overlays"]
    assert overlay["unit"] == "JND"
    assert overlay["top"] >= 1
    assert overlay["colours"][0] == "#44015400"  # the dark end of Viridis, and nothing covered
    assert overlay["colours"][-1].startswith("#fde725")
    assert inside(page, "seen").shape == (80, 96, 4)
    jnd_read = said.out.split(" JND")[0].split()[-1]
    assert f"reads {jnd_read} JND" in page.text


def test_json_stays_alone_on_stdout(draw: Callable[..., Path], jnd: Callable[..., Said], tmp_path: Path) -> None:
    draw("a.png")
    said = jnd("compare", "a.png", "a.png", "--html", "out.html", "--json")
    assert said.rows[0]["identical"]
    assert (tmp_path / "out.html").exists()


def test_a_picture_is_no_page_to_replace(draw: Callable[..., Path], jnd: Callable[..., Said]) -> None:
    picture = draw("a.png")
    before = picture.read_bytes()
    for force in ((), ("--force",)):
        said = jnd("compare", "a.png", "a.png", "--html", "a.png", *force)
        assert said.code == 1
        assert "made of this file" in said.err
    assert picture.read_bytes() == before


def test_the_worst_place_is_framed_where_the_damage_is() -> None:
    original = photograph(3, 640, 480)
    coded = original.copy()
    coded[300:330, 500:540] = 255 - coded[300:330, 500:540]
    page = Parsed(pair_page(compared(Picture(original), Picture(coded))).decode())
    x, y, width, height = json.loads(page.blocks["facts"])["where"]
    assert abs(x + width / 2 - 520) < 30
    assert abs(y + height / 2 - 315) < 30


def test_of_what_is_too_large_the_part_around_the_worst_place_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair, "SIDE", 200)
    original = photograph(3, 640, 480)
    coded = original.copy()
    coded[400:430, 500:540] = 0
    page = Parsed(pair_page(compared(Picture(original), Picture(coded))).decode())
    shown = inside(page, "picture-coded")
    assert shown.shape == (200, 200, 3)
    assert (shown == 0).all(axis=2).sum() > 1_000
    assert "too many for a page" in page.text
    x, y, width, height = json.loads(page.blocks["facts"])["where"]
    assert 0 <= x < x + width <= 200
    assert 0 <= y < y + height <= 200


def test_names_are_escaped() -> None:
    row_page = compared(Picture(photograph(1)), Picture(photograph(1)))
    row_page.row.input = "</title><script>alert(1)</script>"
    row_page.row.output = "\udcff<b>"
    row_page.row.notes = ["<img src=x>"]
    page = Parsed(pair_page(row_page).decode())
    assert not page.all("b")
    assert not page.all("img")
    assert sum("src" in attributes for attributes in page.all("script")) == 0
    assert "?<b> against </title><script>" in page.text
