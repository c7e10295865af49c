"""Tables and drawing of codecs: what they say of rows, and which rows they refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jndkit.errors import UsageError
from jndkit.evaluation.codecs.plots import lines, write_plot
from jndkit.evaluation.codecs.rows import CodecRow
from jndkit.evaluation.codecs.summary import rates, rival, sets, sizes, times
from jndkit.evaluation.codecs.tables import markdown

Make = Callable[..., CodecRow]


@pytest.fixture
def codec_rows(row: Make) -> list[CodecRow]:
    """WebP takes 80 and 125 % of JPEG's bytes on two pictures of one folder, 90 % on one of another."""
    jpeg = [row(name, "jpeg") for name in ("kodak/a.png", "kodak/b.png", "valid/x/c.png")]
    shares = (("kodak/a.png", 0.8), ("kodak/b.png", 1.25), ("valid/x/c.png", 0.9))
    return [*jpeg, *(row(name, "webp", share) for name, share in shares)]


def test_sizes(codec_rows: list[CodecRow]) -> None:
    jpeg, webp, fixed = sizes(codec_rows[:2] + codec_rows[3:5], "75")
    assert (jpeg.codec, jpeg.ratio, jpeg.fewer) == ("jpeg", None, {"webp": (1, 2)})
    assert jpeg.bytes.value == pytest.approx(math.log(40000))
    assert webp.ratio is not None
    assert webp.ratio.value == pytest.approx(0.0, abs=1e-12)
    assert webp.ratio.half > 1.0
    assert (webp.fewer, webp.unmet) == ({"jpeg": (1, 2)}, 0)
    assert fixed.codec == "jpeg, quality 90"
    assert fixed.ratio is not None
    assert math.exp(fixed.ratio.value) == pytest.approx(8000 * 2**5 / 40000)
    assert fixed.jnd.value == pytest.approx(5.12 / 2**5)


def test_a_target_that_was_not_met_is_counted_and_left_out(codec_rows: list[CodecRow]) -> None:
    codec_rows[4].answers["75"] = {"value": None, "error": "it does not"}
    webp = next(files for files in sizes(codec_rows, "75") if files.codec == "webp")
    assert (webp.bytes.n, webp.unmet) == (2, 1)
    assert webp.fewer == {"jpeg": (2, 2)}
    assert "| webp | 2 | 1 |" in markdown(codec_rows)
    for webp_row in codec_rows[3:]:
        webp_row.answers["75"] = {"value": None, "error": "it does not"}
    assert [files.codec for files in sizes(codec_rows, "75")] == ["jpeg", "jpeg, quality 90"]


def test_rates(codec_rows: list[CodecRow]) -> None:
    by_measure = rates(codec_rows, "webp")
    expected = (math.log(0.8) + math.log(1.25) + math.log(0.9)) / 3
    for name in ("jnd", "ssimulacra2", "psnr"):
        mean, skipped = by_measure[name]
        assert mean is not None
        assert mean.value == pytest.approx(expected, abs=1e-5)
        assert skipped == 0
    codec_rows[4].levels["psnr"] = [psnr + 20.0 for psnr in codec_rows[4].levels["psnr"]]
    mean, skipped = rates(codec_rows, "webp")["psnr"]
    assert mean is not None
    assert (mean.n, skipped) == (2, 1)
    assert "(1 without)" in markdown(codec_rows)
    assert rates(codec_rows[3:], "webp") == {}


def test_times_are_medians(codec_rows: list[CodecRow]) -> None:
    codec_rows[3].levels["encode"] = [0.1, 9.0, 0.3, 0.3, 0.3, 0.3, 0.3]
    codec_rows[4].levels["encode"] = [0.4] * 7
    assert times(codec_rows, "webp") == pytest.approx((0.3, 0.1, 0.6, 0.2))


def test_markdown(codec_rows: list[CodecRow], row: Make) -> None:
    text = markdown([*codec_rows, row("valid/x/d.png", "webp", error=MemoryError("no memory"))])
    titles = [line for line in text.splitlines() if line.startswith("**")]
    assert titles == ["**kodak, 2 pictures**", "**valid, 1 picture**", "**all, 3 pictures**"]
    assert "desktop (37.8 pixels per degree), protocol aic" in text
    assert "| jpeg | 2 | 0 | 40.0 | 0.450 |  |  | 1 of 2 |" in text
    assert "| webp | 1 | 0 | 36.0 | 0.450 | -10.0 | 1 of 1 |  |" in text
    assert "| webp | 3 | 0 | 38.6 | 0.450 | -3.5 [-45.6, +71.5] | 2 of 3 |  |" in text
    assert "| webp | -10.0 | -10.0 | -10.0 |" in text
    assert text.count("| webp | 0.200 | 0.100 | 0.400 | 0.200 | 1 |") == 2
    assert text.count("| webp | 0.200 | 0.100 | 0.400 | 0.200 | 0 |") == 1
    assert "1 picture at work at once" in text


def test_folders_are_told_by_the_name_that_was_given(row: Make) -> None:
    names = ("kodak/a.png", "valid/x/b.png", "valid/y/c.png", "/abs/d.png", "e.png")
    assert list(sets([row(name, "jpeg") for name in names])) == ["/abs", ".", "kodak", "valid", "all"]
    assert list(sets([row("kodak/a.png", "jpeg")])) == ["kodak"]


def test_a_codec_with_options_stands_for_its_name_where_the_bare_one_is_not() -> None:
    assert rival("jpeg", ["webp", "jpeg:444", "jpeg"]) == "jpeg"
    assert rival("jpeg", ["webp", "jpeg:444", "jpeg:420"]) == "jpeg:420"
    assert rival("avif", ["webp", "jpeg"]) is None


def test_without_jpeg_nothing_is_compared(codec_rows: list[CodecRow]) -> None:
    text = markdown(codec_rows[3:])
    assert "| webp | 3 | 0 | 38.6 | 0.450 |  |  |" in text
    assert "quality 90" not in text


@pytest.mark.parametrize(
    "change",
    [
        {"source": "cvvdp 9.9"},
        {"ppd": 40.0},
        {"protocol": "konjnd"},
        {"targets": {"75": 0.5}},
        {"versions": {"libwebp": "9"}},
        {"spec": "webp:m6"},
    ],
)
def test_rows_that_differ_are_not_averaged(codec_rows: list[CodecRow], change: dict[str, Any]) -> None:
    codec_rows[-1] = replace(codec_rows[-1], **change)
    for use in (markdown, lambda rows: write_plot(rows, "never.png")):
        with pytest.raises(UsageError, match="cannot stand in one table"):
            use(codec_rows)


def test_settings_that_differ_are_not_averaged(codec_rows: list[CodecRow]) -> None:
    codec_rows[-1].levels["value"][0] = 11
    with pytest.raises(UsageError, match="differ in the settings of webp"):
        markdown(codec_rows)


def test_rows_that_are_there_twice_are_not_averaged(codec_rows: list[CodecRow]) -> None:
    with pytest.raises(UsageError, match=r"kodak/a\.png in jpeg is there 2 times"):
        markdown([*codec_rows, codec_rows[0]])


def test_no_result_no_table(row: Make) -> None:
    for rows in ([], [row("a.png", "jpeg", error=MemoryError("no memory"))]):
        with pytest.raises(UsageError, match="no row with a result"):
            markdown(rows)


def test_a_folder_without_a_result_has_no_table(codec_rows: list[CodecRow], row: Make) -> None:
    text = markdown([*codec_rows[:2], row("other/z.png", "jpeg", error=MemoryError("no memory"))])
    assert "**other" not in text
    assert "**all, 2 pictures**" in text


def test_lines_are_of_the_same_pictures(codec_rows: list[CodecRow], row: Make) -> None:
    drawn, pictures, left = lines([*codec_rows[:5], row("kodak/a.png", "avif")])
    assert ([line.codec for line in drawn], pictures, left) == (["jpeg", "webp"], 2, ["avif"])
    jpeg, webp = drawn
    assert jpeg.rate == pytest.approx([0.128 * 2**step for step in range(7)])
    assert webp.rate == pytest.approx(jpeg.rate, rel=1e-3)
    assert webp.means["jnd"] == pytest.approx([5.12 / 2**step for step in range(7)])
    assert webp.means["psnr"] == pytest.approx([28.0 + 2.0 * step for step in range(7)])


def test_equal_rows_give_equal_drawings(codec_rows: list[CodecRow], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("a.png", "b.png"):
        write_plot(codec_rows, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with pytest.raises(UsageError, match="no row with a result"):
        write_plot([], tmp_path / "c.png")
