"""The page of many rows: what it says, what it carries, and that no row can harm it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from jndkit.errors import UsageError
from jndkit.report import listing, report
from tests.cli.conftest import Said, photograph
from tests.report.conftest import Parsed
from tests.report.made_rows import failed, row, write
from tests.report.test_page import HOSTILE

MOST = 20_000_000  # bytes of a page


def parsed(data: bytes) -> Parsed:
    return Parsed(data.decode())


def listed(page: Parsed) -> list[dict[str, Any]]:
    """The rows of the page's list."""
    data = json.loads(page.blocks["rows"])
    return [
        dict(zip(data["columns"], values, strict=True)) | {"said": [data["words"][at] for at in values[-1]]}
        for values in data["rows"]
    ]


@pytest.fixture
def done(draw: Callable[..., Path], jnd: Callable[..., Said], tmp_path: Path) -> Path:
    """The rows of two pictures that were encoded, and of one that is none."""
    draw("in/a.png", seed=1)
    draw("in/b.png", seed=2, width=300, height=280)
    (tmp_path / "in" / "c.png").write_bytes(b"no picture")
    said = jnd("encode", "in", "-o", "out", "--json", "-j", "1")
    path = tmp_path / "rows.jsonl"
    path.write_text(said.out)
    return path


def test_what_a_run_came_to(done: Path, tmp_path: Path) -> None:
    page = parsed(report([done], tmp_path / "report.html", jobs=1))
    rows = listed(page)
    assert [item["status"] for item in rows].count("failed") == 1
    before = sum(os.path.getsize(tmp_path / "in" / name) for name in ("a.png", "b.png"))
    assert sum(item["before"] for item in rows if item["status"] != "failed") == before
    assert "1 row" not in page.text
    assert "3 rows of" in page.text
    assert "it is in no known picture format" in page.text
    assert "quality" in page.text
    assert "jndkit 0.1.0" in page.text
    assert "asked for: 0.47" in page.text
    assert len([image for image in page.all("img") if str(image["src"]).startswith("data:image/webp")]) == 4


def test_pictures_are_inside_and_linked(done: Path, tmp_path: Path) -> None:
    rows = listed(parsed(report([done], tmp_path / "pages" / "report.html", jobs=1)))
    for item in rows:
        assert unquote(item["inputLink"]) == f"../{item['input']}"
        assert (item["thumbnail"] or "").startswith("data:image/webp") == (item["status"] != "failed")


def test_pictures_that_were_moved_or_changed_are_said_so(done: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "a.jpg").unlink()
    os.replace(tmp_path / "in" / "a.png", tmp_path / "in" / "b.png")
    page = parsed(report([done], tmp_path / "report.html", jobs=1))
    assert "Not shown: in/a.png: it is not there any more." in page.text
    assert "Not shown: in/b.png: it was changed since." in page.text
    rows = listed(page)
    assert rows[0]["inputLink"] is None
    assert rows[0]["thumbnail"] is None


def test_pictures_are_found_beside_the_rows_too(done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    page = parsed(report([done], "report.html", jobs=1))
    assert "Not shown" not in page.text
    assert listed(page)[0]["inputLink"] == "../in/a.png"


def test_without_pictures_none_is_opened(done: Path, tmp_path: Path) -> None:
    page = parsed(report([done], tmp_path / "report.html", pictures=False))
    assert not page.all("img")
    assert not [item for item in listed(page) if item["thumbnail"]]
    assert len(listed(page)) == 3


def test_nothing_in_a_row_is_markup(tmp_path: Path) -> None:
    rows = []
    for text in HOSTILE:
        hostile = {"knob": {"name": text, "value": 5}, "notes": [text], "versions": {text: text}, "later": {text: text}}
        rows.append(row(text, status=text, codec=text, observer=text, protocol=text, viewing=text, **hostile))
        rows.append(row(text, status="kept", notes=[text]))
        rows.append(failed(text, text, text))
    plain = parsed(report([write(tmp_path / "plain.jsonl", [row()])], tmp_path / "r.html", pictures=False))
    page = parsed(report([write(tmp_path / "rows.jsonl", rows)], tmp_path / "r.html", jobs=1))
    extra = {tag for tag, _ in page.elements} - {tag for tag, _ in plain.elements}
    assert extra <= {"table", "thead", "tbody", "tr", "td", "th", "p", "ul", "li", "rect", "details", "summary"}
    assert len(page.all("script")) == len(plain.all("script"))
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert not page.all("a")  # there are no such files
    assert len(listed(page)) == len(rows)


@pytest.mark.skipif(os.name == "nt", reason="such names are no names there")
@pytest.mark.parametrize("name", ["javascript:alert(1).png", '"><b>.png', "a#b?c%41.png", os.fsdecode(b"\xff.png")])
def test_links_lead_to_the_file_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    import cv2

    path = tmp_path / name
    path.write_bytes(cv2.imencode(".png", photograph(1))[1].tobytes())
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(row(name, output=None)) + "\n")
    (item,) = listed(parsed(report([rows], tmp_path / "report.html", jobs=1)))
    address = item["inputLink"]
    assert not set(address) & set('"<>:#?')
    assert os.fsencode(name) == _unquoted(address)
    assert item["thumbnail"] is not None


def _unquoted(address: str) -> bytes:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(address)


def test_rows_of_predict_and_compare(draw: Callable[..., Path], jnd: Callable[..., Said], tmp_path: Path) -> None:
    draw("a.png")
    draw("b.jpg", quality=40)
    predicted = jnd("predict", "a.png", "--no-encode", "--json").out
    compared = jnd("compare", "a.png", "b.jpg", "--json").out
    path = tmp_path / "rows.jsonl"
    path.write_text(predicted + compared + predicted[: len(predicted) // 2])
    page = parsed(report([path], tmp_path / "report.html", jobs=1))
    assert [item["status"] for item in listed(page)] == ["predicted", "compared"]
    assert "nothing read" in page.text
    assert len(page.all("img")) == 2  # of the pair that was compared, its worst place


def test_fields_of_later_versions_are_shown(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [row() | {"field_1": True, "third": {"observer": "x", "jnd": 0.5}}])
    (item,) = listed(parsed(report([path], tmp_path / "r.html", pictures=False)))
    assert item["said"][-1] == "third: observer x, jnd 0.5"


def test_no_rows_are_no_report(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no row to report on"):
        report([write(tmp_path / "rows.jsonl", [])], tmp_path / "r.html")


def test_ten_thousand_rows_stay_below_20_mb(tmp_path: Path) -> None:
    """With long names and notes of their own, and a small picture for each."""
    rows = [row(f"{'long-' * 40}{n}.png", notes=[f"{'note ' * 60}{n}"]) for n in range(10_000)]
    page = report([write(tmp_path / "rows.jsonl", rows)], tmp_path / "r.html", pictures=False)
    limit = MOST - listing.THUMBNAILS_BYTES - 4_500_000  # what ten worst places take at most
    assert len(page) < limit
    assert "of 10,000 rows are listed. The others would make the page too large." in parsed(page).text
    few = report([write(tmp_path / "few.jsonl", [row(f"{n}.png") for n in range(10_000)])], tmp_path / "r.html")
    assert len(listed(parsed(few))) == 10_000
    assert len(few) < limit


def test_small_pictures_are_as_small_as_their_number_asks_for(tmp_path: Path) -> None:
    import numpy as np

    from jndkit.picture import Picture
    from jndkit.report.images import small
    from jndkit.report.pictures import side_for

    sides = [side_for(count, listing.THUMBNAILS_BYTES) for count in (1, 1_000, 3_000, 10_000)]
    assert sides == sorted(sides, reverse=True)
    assert sides[0] == 160
    image = small(Picture(photograph(1, 640, 480)), sides[-1])
    assert 10_000 * len(image.url) < 1.1 * listing.THUMBNAILS_BYTES
    assert small(Picture(np.zeros((1, 9_000, 3), np.uint8)), 48).text


# --- the commands


def test_the_command(done: Path, jnd: Callable[..., Said], tmp_path: Path) -> None:
    said = jnd("report", "rows.jsonl", "-o", "report.html", "-j", "1")
    assert said.code == 0
    assert said.out.startswith("report.html: ")
    first = (tmp_path / "report.html").read_bytes()
    assert jnd("report", "rows.jsonl", "-o", "report.html", "-j", "1").code == 0  # our own page is replaced
    assert (tmp_path / "report.html").read_bytes() == first
    assert jnd("report", "rows.jsonl", "-o", "rows.jsonl", "--force").code == 1
    assert done.read_text().startswith("{")
    assert jnd("report", "none.jsonl", "-o", "new.html").err == "jnd: none.jsonl: there is no such file\n"
    assert not (tmp_path / "new.html").exists()


def test_encode_makes_it_as_well(draw: Callable[..., Path], jnd: Callable[..., Said], tmp_path: Path) -> None:
    draw("in/a.png", seed=1)
    draw("in/b.png", seed=2)
    said = jnd("encode", "in", "-o", "out", "--report", "report.html", "-j", "1")
    assert said.code == 0
    assert "report: report.html, " in said.err
    assert [item["status"] for item in listed(parsed((tmp_path / "report.html").read_bytes()))] == ["written"] * 2
    assert jnd("encode", "in", "-o", "out", "--report", "report.html", "-j", "1").code == 0  # resumed
    again = listed(parsed((tmp_path / "report.html").read_bytes()))
    assert [item["status"] for item in again] == ["skipped"] * 2
    assert all(item["after"] and item["jnd"] for item in again)


def test_encode_does_nothing_where_the_report_could_not_be_written(
    draw: Callable[..., Path], jnd: Callable[..., Said], tmp_path: Path
) -> None:
    picture = draw("a.png")
    before = picture.read_bytes()
    for target in ("a.png", "no/report.html"):
        assert jnd("encode", "a.png", "--report", target).code == 1
    assert jnd("encode", "a.png", "-o", "-", "--report", "report.html").code == 2
    assert picture.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
