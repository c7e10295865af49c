"""jnd encode: names, exit codes, rows, and what is never overwritten."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jndkit
from jndkit.evidence import Row

Run = Callable[..., Any]
Draw = Callable[..., Path]


def test_one_picture(jnd: Run, draw: Draw) -> None:
    source = draw("photo.png")
    before = source.read_bytes()
    said = jnd("encode", "photo.png")
    assert said.code == 0
    assert said.out.startswith("photo.png -> photo.jpg: ")
    assert said.out.count("\n") == 1
    for word in ("jpeg:", "quality", "see no difference (", "JND", " encode", " s"):
        assert word in said.out
    written = jndkit.load("photo.jpg")
    assert (written.width, written.height, written.marked) == (96, 80, True)
    assert source.read_bytes() == before
    assert sorted(os.listdir()) == ["photo.jpg", "photo.png"]


def test_json_is_the_row_and_nothing_else(jnd: Run, draw: Draw) -> None:
    draw("photo.png")
    said = jnd("encode", "photo.png", "--json", "--codec", "webp", "--viewers", "80", "--viewing", "phone")
    (row,) = said.rows
    assert list(row) == list(json.loads(Row("x").to_json()))
    assert (row["input"], row["output"], row["status"], row["error"]) == ("photo.png", "photo.webp", "written", None)
    assert row["knob"]["name"] == "quality"
    assert row["bytes"] == Path("photo.webp").stat().st_size
    assert row["input_bytes"] == Path("photo.png").stat().st_size
    assert row["viewers"] >= 80.0
    assert row["interval"][0] < row["viewers"] < row["interval"][1]
    assert row["viewing"] == "phone"
    assert row["encodes"] == len(row["probes"])


def test_shave_is_the_old_name_of_prefilter(jnd: Run, draw: Draw) -> None:
    draw("photo.png", seed=3, width=192, height=160)
    assert "--shave" not in jnd("encode", "--help").out
    (row,) = jnd("predict", "photo.png", "--json", "--shave", "wu2017").rows
    (same,) = jnd("predict", "photo.png", "--json", "--prefilter", "wu2017", "--shave", "wu2017").rows
    assert row["prefilter"]["model"] == "wu2017"
    assert same["prefilter"] == row["prefilter"]
    torn = jnd("encode", "photo.png", "--prefilter", "wu2017", "--shave", "yang2005")
    assert torn.code == 2
    assert "--shave is the old name of --prefilter" in torn.err
    assert jnd("encode", "photo.png", "--shave", "wu2o17").code == 2


def test_prefiltering_is_told(jnd: Run, draw: Draw) -> None:
    draw("photo.png")
    (row,) = jnd("encode", "photo.png", "--json", "--prefilter", "wu2017").rows
    assert (row["status"], row["prefilter"]["model"]) == ("written", "wu2017")
    assert 0.0 < row["prefilter"]["strength"] <= 1.0
    assert 0.0 < row["prefilter"]["jnd"] < row["jnd"] <= row["target"]["jnd"]
    (predicted,) = jnd("predict", "photo.png", "--json", "--prefilter", "wu2017").rows
    assert (predicted["status"], predicted["prefilter"], predicted["knob"]) == (
        "predicted",
        row["prefilter"],
        row["knob"],
    )
    assert ", prefiltered by wu2017; " in jnd("encode", "photo.png", "--force", "--prefilter", "wu2017").out
    wrong = jnd("encode", "photo.png", "--prefilter", "wu2o17")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.startswith("jnd: unknown model 'wu2o17': choose ")


def test_the_output_is_not_the_input(jnd: Run, draw: Draw) -> None:
    source = draw("photo.jpg", quality=100)
    before = source.read_bytes()
    assert jnd("encode", "photo.jpg").code == 0
    assert source.read_bytes() == before
    assert Path("photo.jnd.jpg").exists()


def test_another_programs_file_is_left_alone(jnd: Run, draw: Draw) -> None:
    draw("photo.png")
    other = draw("photo.jpg", seed=2, quality=70)
    before = other.read_bytes()
    for force in ((), ("--force",)):
        said = jnd("encode", "photo.png", *force)
        assert said.code == 0
        assert "-> photo.jnd.jpg" in said.out
        assert other.read_bytes() == before


def test_no_clobber(jnd: Run, draw: Draw) -> None:
    draw("photo.png")
    Path("photo.jpg").write_text("a")
    Path("photo.jnd.jpg").write_text("b")
    said = jnd("encode", "photo.png")
    assert said.code == 1
    assert said.err == "jnd: photo.jnd.jpg: the file exists; use --force to replace it\n"
    assert Path("photo.jnd.jpg").read_text() == "b"
    assert jnd("encode", "photo.png", "--force").code == 0
    assert Path("photo.jpg").read_text() == "a"
    assert jndkit.load("photo.jnd.jpg").marked


def test_a_named_output_is_kept_unless_forced(jnd: Run, draw: Draw) -> None:
    draw("photo.png")
    Path("out.jpg").write_text("kept")
    said = jnd("encode", "photo.png", "-o", "out.jpg")
    assert (said.code, said.out) == (1, "")
    assert Path("out.jpg").read_text() == "kept"
    assert jnd("encode", "photo.png", "-o", "out.jpg", "--force").code == 0
    assert jndkit.load("out.jpg").width == 96


def test_a_result_is_not_done_twice(jnd: Run, draw: Draw) -> None:
    draw("photo.png")
    assert jnd("encode", "photo.png").code == 0
    before = Path("photo.jpg").stat().st_mtime_ns
    again = jnd("encode", "photo.png")
    assert again.code == 0
    assert "skipped: photo.jpg was written by jndkit before" in again.out
    ours = jnd("encode", "photo.jpg")
    assert (ours.code, "skipped" in ours.out) == (0, True)
    assert Path("photo.jpg").stat().st_mtime_ns == before
    assert "-> photo.jpg" in jnd("encode", "photo.png", "--force").out
    assert sorted(os.listdir()) == ["photo.jpg", "photo.png"]


def test_what_saves_too_little_is_kept(jnd: Run, draw: Draw) -> None:
    draw("photo.jpg", quality=20)
    said = jnd("encode", "photo.jpg", "--min-saving", "60")
    assert said.code == 0
    assert said.out.startswith("photo.jpg kept: would save ")
    assert said.err == "jnd: photo.jpg: the input is itself a JPEG of quality 20; visibility is judged against it\n"
    (row,) = jnd("encode", "photo.jpg", "--min-saving", "60", "-o", "out.jpg", "--json").rows
    assert (row["status"], row["output"], row["error"]) == ("kept", None, None)
    assert os.listdir() == ["photo.jpg"]
    forced = jnd("encode", "photo.jpg", "--min-saving", "60", "--force")
    assert "-> photo.jnd.jpg" in forced.out


@pytest.mark.parametrize(("name", "kind"), [("out.webp", "WEBP"), ("out.avif", "AVIF"), ("deep/er/out.jpeg", "JPEG")])
def test_the_codec_follows_the_name(jnd: Run, draw: Draw, name: str, kind: str) -> None:
    draw("photo.png")
    assert jnd("encode", "photo.png", "-o", name).code == 0
    source = jndkit.load(name).source
    assert source is not None
    assert source.format == kind


def test_name_and_codec_must_agree(jnd: Run, draw: Draw) -> None:
    draw("photo.png")
    said = jnd("encode", "photo.png", "-o", "out.jpg", "--codec", "avif")
    assert said.code == 2
    assert "out.jpg" in said.err
    assert "avif" in said.err
    assert jnd("encode", "photo.png", "-o", "out.jpg", "--codec", "jpeg:444").code == 0
    assert jnd("encode", "photo.png", "-o", "out.tiff").code == 2


def test_auto_names_the_file_by_what_it_chose(jnd: Run, draw: Draw) -> None:
    draw("photo.png")
    (row,) = jnd("encode", "photo.png", "--codec", "auto", "--json").rows
    assert Path(row["output"]).stem == "photo"
    assert Path(row["output"]).suffix in {".jpg", ".webp", ".avif", ".heic", ".jxl"}
    assert len({probe["codec"].partition(":")[0] for probe in row["probes"]}) >= 1
    assert "skipped" in jnd("encode", "photo.png", "--codec", "auto").out


def test_the_target_cannot_be_met(jnd: Run, tmp_path: Path) -> None:
    import cv2
    import numpy as np

    noise = np.random.default_rng(0).integers(0, 256, (80, 96, 3)).astype(np.uint8)
    (tmp_path / "noise.png").write_bytes(cv2.imencode(".png", noise)[1].tobytes())
    said = jnd("encode", "noise.png", "--codec", "jpeg:420")
    assert said.code == 4
    assert "the best tried, jpeg:tuned,420 at 100, reads" in said.err
    assert os.listdir() == ["noise.png"]


def test_missing_and_broken_inputs(jnd: Run) -> None:
    missing = jnd("encode", "none.png", "--json")
    assert missing.code == 1
    assert missing.err == "jnd: none.png: there is no such file\n"
    (row,) = missing.rows
    assert row["status"] == "failed"
    assert row["error"] == {"type": "InputError", "message": "none.png: there is no such file"}
    Path("text.png").write_text("no picture")
    broken = jnd("encode", "text.png", "--json")
    assert broken.code == 1
    assert broken.rows[0]["error"]["type"] == "FormatError"


def test_bytes_on_stdout(draw: Draw, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from jndkit.cli import main

    source = draw("photo.png")
    assert main(["encode", str(source), "-o", "-"]) == 0
    captured = capfdbinary.readouterr()
    assert captured.out.startswith(b"\xff\xd8\xff")
    assert b"-> stdout" in captured.err
    assert os.listdir(tmp_path) == ["photo.png"]


def test_stdout_takes_one_thing(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    draw("b.png")
    assert jnd("encode", "a.png", "b.png", "-o", "-").code == 2
    assert jnd("encode", "a.png", "-o", "-", "--json").code == 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--codec", "jpg"], "did you mean jpeg"),
        (["--codec", "jpeeg"], "did you mean jpeg"),
        (["--codec", "jpeg:43"], "43"),
        (["--viewers", "99"], "between 50 and 95"),
        (["--viewers", "many"], "--viewers"),
        (["--effort", "lots"], "fast, normal, best"),
        (["--protocol", "itu"], "aic"),
        (["--viewing", "cinema"], "desktop"),
        (["--protocol", "konjnd"], "50 %"),
        (["--observer", "me"], "cvvdp"),
        (["--min-saving", "200"], "min-saving"),
        (["--keep-metadata", "some"], "nogps"),
        (["--jobs", "0"], "--jobs"),
        (["--forse"], "--force"),
        (["--view", "4k"], "--view"),
    ],
)
def test_wrong_options(jnd: Run, draw: Draw, arguments: list[str], word: str) -> None:
    draw("photo.png")
    said = jnd("encode", "photo.png", *arguments)
    assert said.code == 2
    assert word in said.err
    assert said.out == ""
    assert os.listdir() == ["photo.png"]


def test_no_input_is_an_error(jnd: Run) -> None:
    said = jnd("encode")
    assert said.code == 2
    assert "PICTURE" in said.err


@pytest.mark.parametrize("name", ["with space.png", "größe ☃ 图.png", "semi;colon'quote.png", "two.dots.png"])
def test_names_of_all_kinds(jnd: Run, draw: Draw, name: str) -> None:
    draw(name)
    said = jnd("encode", name)
    assert said.code == 0
    assert Path(name).with_suffix(".jpg").exists()
    assert f"-> {Path(name).with_suffix('.jpg')}" in said.out


def test_a_leading_dash(jnd: Run, draw: Draw) -> None:
    draw("-photo.png")
    assert jnd("encode", "--", "-photo.png").code == 0
    assert Path("-photo.jpg").exists()


def test_a_name_cannot_steer_the_terminal(jnd: Run, draw: Draw) -> None:
    draw("a\x1b[31m\nb.png")
    said = jnd("encode", "a\x1b[31m\nb.png")
    assert said.code == 0
    assert "\x1b" not in said.out + said.err
    assert said.out.count("\n") == 1


def test_an_unwritable_place(jnd: Run, draw: Draw) -> None:
    draw("photo.png")
    Path("file").write_text("")
    said = jnd("encode", "photo.png", "-o", "file/out.jpg")
    assert said.code == 1
    assert said.err.startswith("jnd: file: the folder cannot be made")
    assert "Traceback" not in said.err


def test_metadata_and_pixels_are_limited(jnd: Run, draw: Draw) -> None:
    draw("photo.png")
    said = jnd("encode", "photo.png", "--max-pixels", "1000")
    assert said.code == 1
    assert "--max-pixels" in said.err
