"""The <picture> element: what browsers choose from, and names that cannot break out of it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, strategies as st

from jndkit.conversion.markup import File, picture_element


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def files(total: dict[str, int], stem: str = "lake") -> list[File]:
    """Two widths of each format; its bytes are those of both together."""
    return [
        File(f"{stem}-{width}.{suffix}", width, width * 2 // 3, size * width // 1440)
        for suffix, size in total.items()
        for width in (960, 480)
    ]


def test_the_whole_element() -> None:
    assert picture_element(files({"jpg": 3000, "avif": 1500, "webp": 2100})) == (
        "<picture>\n"
        '  <source type="image/avif" srcset="lake-480.avif 480w, lake-960.avif 960w" '
        'sizes="(max-width: 960px) 100vw, 960px">\n'
        '  <source type="image/webp" srcset="lake-480.webp 480w, lake-960.webp 960w" '
        'sizes="(max-width: 960px) 100vw, 960px">\n'
        '  <img src="lake-960.jpg" srcset="lake-480.jpg 480w, lake-960.jpg 960w" '
        'sizes="(max-width: 960px) 100vw, 960px" width="960" height="640" alt="">\n'
        "</picture>\n"
    )


def test_the_smallest_format_comes_first_and_none_that_is_larger_than_what_all_know() -> None:
    def types(**total: int) -> list[str | None]:
        return [told["type"] for tag, told in Elements(picture_element(files(total))).found if tag == "source"]

    assert types(jpg=3000, avif=2500, webp=2000) == ["image/webp", "image/avif"]
    assert types(jpg=3000, avif=3000, webp=4000) == []
    assert types(avif=1000, webp=2000) == ["image/avif"]
    assert types(jxl=1000) == []


def test_sizes_and_alt_are_the_users() -> None:
    text = picture_element(files({"jpg": 3000}), '50vw" onload="x', 'a "lake" <b>')
    (_, (_, image)) = Elements(text).found
    assert image["sizes"] == '50vw" onload="x'
    assert image["alt"] == 'a "lake" <b>'
    assert "onload" not in image


@pytest.mark.parametrize(
    ("stem", "address"),
    [
        ("a b,c", "a%20b%2Cc"),
        ('"><script>alert(1)</script>', "%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E"),
        ("javascript:x", "javascript%3Ax"),
        ("é&amp;", "%C3%A9%26amp%3B"),
    ],
)
def test_names_are_addresses(stem: str, address: str) -> None:
    (_, (tag, image)) = Elements(picture_element(files({"jpg": 3000}, stem))).found
    assert tag == "img"
    assert image["src"] == f"{address}-960.jpg"
    assert image["srcset"] == f"{address}-480.jpg 480w, {address}-960.jpg 960w"


@given(st.text(min_size=1, max_size=20))
def test_no_name_breaks_out(stem: str) -> None:
    try:
        stem.encode()
    except UnicodeEncodeError:
        return
    found = Elements(picture_element(files({"jpg": 3000, "avif": 1000}, stem))).found
    assert [tag for tag, _ in found] == ["picture", "source", "img"]
    assert set(found[2][1]) == {"src", "srcset", "sizes", "width", "height", "alt"}
