"""JPEG files that JPEG XL carries, from the command line: taken where smaller, and given back by `jnd decode`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

import jndkit
from jndkit.conversion.earlier import read_mark
from jndkit.picture.metadata.mark import source_of

pytest.importorskip("imagecodecs")

Run = Callable[..., Any]
EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
NOTE = "the JPEG file itself, carried without loss: jnd decode FILE -o NAME.jpg gives it back"


def photograph(path: Path, quality: int, **options: Any) -> bytes:
    """A JPEG of a quarter of the example."""
    Image.open(EXAMPLE).convert("RGB").crop((192, 60, 576, 316)).save(path, "JPEG", quality=quality, **options)
    return path.read_bytes()


def test_there_and_back(jnd: Run, tmp_path: Path) -> None:
    block = Image.Exif()
    block[0x010F], block[0x0112] = "A maker", 8
    original = photograph(tmp_path / "a.jpg", 40, exif=block.tobytes(), comment=b"by the lake")
    said = jnd("encode", "a.jpg", "--codec", "jxl", "--json")
    (row,) = said.rows
    assert said.code == 0
    assert (row["status"], row["codec"], row["stop"], row["output"]) == ("written", "jxl:jpeg", "lossless", "a.jxl")
    assert row["knob"] == {"name": "lossless", "value": 0}
    assert NOTE in row["notes"]
    assert row["jnd"] < 0.2  # what two decoders make of the same coefficients
    lossy = [probe for probe in row["probes"] if probe["codec"] == "jxl:e7"]
    assert row["bytes"] == row["probes"][-1]["bytes"] == Path("a.jxl").stat().st_size
    assert row["bytes"] < min(probe["bytes"] for probe in lossy if probe["jnd"] <= row["target"]["jnd"])
    assert row["encodes"] == len(lossy) + 1
    mark = read_mark(Path("a.jxl"))
    assert mark is not None
    assert mark.outcome is not None
    assert (mark.source, mark.outcome.codec) == (source_of(row["input_sha256"]), "jxl:jpeg")
    assert np.abs(jndkit.load("a.jxl").rgb.astype(int) - jndkit.load("a.jpg").rgb).mean() < 3

    back = jnd("decode", "a.jxl", "-o", "b.JPEG")
    assert back.code == 0
    assert back.out.startswith("a.jxl -> b.JPEG: the JPEG file it carries, ")
    assert Path("b.JPEG").read_bytes() == original
    assert jnd("decode", "a.jxl", "-o", "b.JPEG").code == 1
    assert jnd("decode", "a.jxl", "-o", "b.JPEG", "--force").code == 0
    assert jnd("decode", "a.jxl", "-o", "b.png").code == 0


def test_a_second_run_knows_what_the_first_one_did(jnd: Run, tmp_path: Path) -> None:
    photograph(tmp_path / "a.jpg", 40)
    (first,) = jnd("encode", "a.jpg", "--codec", "jxl", "--json").rows
    made = Path("a.jxl").read_bytes()
    (again,) = jnd("encode", "a.jpg", "--codec", "jxl", "--json").rows
    assert again["status"] == "skipped"
    for key in ("codec", "knob", "bytes", "jnd", "viewers", "input_sha256", "output_sha256"):
        assert again[key] == first[key]
    assert jnd("encode", "a.jxl", "--json").rows[0]["status"] == "skipped"
    photograph(tmp_path / "a.jpg", 45)
    other = jnd("encode", "a.jpg", "--codec", "jxl", "--json")
    assert other.code == 1
    assert "from another picture, or from this one before it was changed" in other.rows[0]["error"]["message"]
    assert Path("a.jxl").read_bytes() == made


@pytest.mark.parametrize("asked", [("--keep-metadata", "nogps"), ("--prefilter", "wu2017")])
def test_what_would_change_the_file_is_searched_alone(jnd: Run, tmp_path: Path, asked: tuple[str, str]) -> None:
    photograph(tmp_path / "a.jpg", 40)
    (row,) = jnd("predict", "a.jpg", "--codec", "jxl", *asked, "--json").rows
    assert row["codec"] == "jxl:e7"
    named = jnd("encode", "a.jpg", "--codec", "jxl:jpeg", *asked)
    assert named.code == 2
    assert f"jxl:jpeg carries the JPEG file as it is: leave out {asked[0]}" in named.err


def test_a_file_that_is_not_smaller_is_not_carried(jnd: Run, tmp_path: Path) -> None:
    photograph(tmp_path / "a.jpg", 98)
    (row,) = jnd("encode", "a.jpg", "--codec", "jxl", "--json").rows
    assert row["codec"] == "jxl:e7"
    assert NOTE not in row["notes"]
    (whole,) = jnd("encode", "a.jpg", "--codec", "jxl:jpeg", "-o", "b.jxl", "--json").rows
    assert whole["codec"] == "jxl:jpeg"
    assert row["bytes"] < whole["bytes"] < whole["input_bytes"]


def test_auto_takes_it_where_it_is_the_smallest(jnd: Run, tmp_path: Path) -> None:
    original = photograph(tmp_path / "a.jpg", 30)
    (row,) = jnd("encode", "a.jpg", "--codec", "auto", "--effort", "fast", "--json").rows
    assert row["codec"] == "jxl:jpeg"
    assert jnd("decode", row["output"], "-o", "back.jpg").code == 0
    assert Path("back.jpg").read_bytes() == original


def test_an_odd_jpeg_is_searched_as_any_picture(jnd: Run, tmp_path: Path) -> None:
    pixels = np.asarray(Image.open(EXAMPLE).convert("RGB"))[:200, :300]
    flags = [cv2.IMWRITE_JPEG_QUALITY, 40, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411]
    (tmp_path / "a.jpg").write_bytes(cv2.imencode(".jpg", pixels, flags)[1].tobytes())
    (row,) = jnd("predict", "a.jpg", "--codec", "jxl", "--json").rows
    assert row["codec"] == "jxl:e7"
    assert row["encodes"] == len(row["probes"]) + 1
    said = jnd("encode", "a.jpg", "--codec", "jxl:jpeg")
    assert said.code == 1
    assert re.search(r"a\.jpg: jxl:jpeg does not carry this kind of JPEG: ", said.err)


def test_what_cannot_be_given_back(jnd: Run, tmp_path: Path) -> None:
    photograph(tmp_path / "a.jpg", 40)
    assert jnd("encode", "a.jpg", "--codec", "jxl:jpeg").code == 0
    data = Path("a.jxl").read_bytes()
    at = data.index(b" of ") + 4
    Path("b.jxl").write_bytes(data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :])
    said = jnd("decode", "b.jxl", "-o", "b.jpg")
    assert said.code == 1
    assert said.err == "jnd: b.jxl: what it gives back is not the JPEG file it was made of\n"
    assert jnd("encode", str(EXAMPLE), "--codec", "jxl", "--effort", "fast", "-o", "c.jxl").code == 0
    said = jnd("decode", "c.jxl", "-o", "c.jpg")
    assert said.code == 1
    assert said.err == "jnd: c.jxl: it carries no JPEG file that could be given back; decode it to a .png\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "a.jxl", "b.jxl", "c.jxl"]
    assert jnd("predict", "a.jpg", "--codec", "jxl:jpeg", "--no-encode").code == 2
