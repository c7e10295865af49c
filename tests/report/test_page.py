"""Nothing from a row is markup, and a page runs and loads nothing but what is written in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

from jndkit.errors import OutputError
from jndkit.report.charts import Bar, Mark, bars_of, histogram, round_values
from jndkit.report.page import ASSETS, LOOK, bundled, check_page, data_block, escaped, is_page, named, page, write_page
from tests.report.conftest import Parsed

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\"'><img src=x onerror=alert(1)>",
    "&lt;b&gt; &amp;",
    "line\u2028separators\u2029\x00\n",
    "bytes that are no text \udcff.png",
    "\u202egnp.right-to-left",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_texts_stay_texts(text: str) -> None:
    shown = text.encode("utf-8", "replace").decode()
    for made in (escaped(text), named(text)):
        parsed = Parsed(f'<p title="{escaped(text)}">{made}</p>')
        assert {tag for tag, _ in parsed.elements} <= {"p", "bdi"}
        assert parsed.text == shown
        assert parsed.all("p")[0]["title"] == shown


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_data_stays_data(text: str) -> None:
    block = data_block("rows", {"name": text, text: [text]})
    parsed = Parsed(block + "<p>after</p>")
    assert [tag for tag, _ in parsed.elements] == ["script", "p"]
    shown = text.encode("utf-8", "replace").decode()
    assert json.loads(parsed.blocks["rows"]) == {"name": shown, shown: [shown]}


def test_the_policy_names_the_one_script_and_the_one_style() -> None:
    made = page("a", ["<p>b</p>"], scripts=(*LOOK, "embedded.js", "compare.js"), styles=("page.css", "look.css"))
    parsed = Parsed(made.decode())
    (policy,) = [str(meta["content"]) for meta in parsed.all("meta") if meta.get("http-equiv")]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("default-src") == "'none'"
    for kind, block in (("script-src", "scriptmodule"), ("style-src", "style")):
        digest = base64.b64encode(hashlib.sha256(parsed.blocks[block].encode()).digest()).decode()
        assert rules.pop(kind) == f"'sha256-{digest}'"
    assert rules == {"img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    assert not [element for element in parsed.elements if "style" in element[1] or "src" in element[1]]


@pytest.mark.parametrize("script", ["compare.js", "report.js"])
def test_modules_are_put_together_without_imports(script: str) -> None:
    made = bundled((*LOOK, "embedded.js", "words.js", script))
    assert not re.search(r"^import ", made, flags=re.M)
    assert "</script" not in made.lower()
    # Each name is declared once, or the browser refuses the whole.
    names = re.findall(r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", made, flags=re.M)
    assert len(names) == len(set(names))


def test_assets_ask_for_nothing_from_elsewhere() -> None:
    files = sorted(ASSETS.iterdir())
    assert {path.suffix for path in files} == {".js", ".css"}
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?:|url\(|@import|fetch\(|innerHTML|eval\(", text), path


def test_a_page_replaces_a_page_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    first = page("a", ["<p>first</p>"], scripts=("look.js",), styles=("look.css",))
    write_page(path, first)
    assert is_page(path)
    check_page(path)
    write_page(path, first.replace(b"first", b"second"))
    assert b"second" in path.read_bytes()
    other = tmp_path / "other.html"
    other.write_text("<!doctype html>\n<p>mine</p>")
    for refuse in (check_page, lambda place: write_page(place, first)):
        with pytest.raises(OutputError, match="the file exists"):
            refuse(other)
    check_page(other, force=True)
    assert "mine" in other.read_text()


def test_where_a_page_cannot_go(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="it is a folder"):
        check_page(tmp_path)
    with pytest.raises(OutputError, match="the folder it would go to does not exist"):
        check_page(tmp_path / "no" / "page.html")


def test_bars_hold_every_picture() -> None:
    counts = {80.0: 3, 82.0: 1, 90.0: 5}
    bars = bars_of(counts)
    assert sum(bar.pictures for bar in bars) == 9
    assert [((bar.start + bar.end) / 2, bar.pictures) for bar in bars if bar.pictures] == [(80, 3), (82, 1), (90, 5)]
    one = bars_of({86.0: 4})
    assert [bar for bar in one if bar.pictures] == [Bar(85.5, 86.5, 4)]
    assert len(one) == 12
    many = bars_of({value / 7: 1 for value in range(500)})
    assert len(many) <= 61
    assert sum(bar.pictures for bar in many) == 500


def test_the_values_below_a_histogram_are_round() -> None:
    assert round_values(62.5, 101.5) == [65, 70, 75, 80, 85, 90, 95, 100]
    assert np.allclose(round_values(0.0, 0.65), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert round_values(80.5, 92.5) == [82, 84, 86, 88, 90, 92]


def test_a_histogram_has_its_numbers_in_a_table() -> None:
    made = histogram("h", 'a "title" <b>', [Bar(0, 1, 2), Bar(1, 2, 0), Bar(2, 3, 7)], "JND", marks=[Mark(1.5, "<x>")])
    parsed = Parsed(made)
    assert parsed.all("svg")[0]["aria-label"] == 'a "title" <b>'
    assert len(parsed.all("rect")) == 3
    assert "b" not in {tag for tag, _ in parsed.elements}
    assert re.findall(r"<td class=\"number\">(\d+)</td>", made) == ["2", "7"]
