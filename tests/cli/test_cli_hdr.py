"""Pictures that show as HDR, from the command line: kept whole, refused, or made SDR where that was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import jndkit
from jndkit.codecs import available
from jndkit.conversion.earlier import read_mark
from jndkit.errors import TargetError, UsageError
from jndkit.settings import Settings
from tests.picture.hdr import files

Run = Callable[..., Any]
EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
GAIN_MAP = files.gain_map("xmp", "iso", pixels=files.gain_pixels(64, 96))
REFUSED = (
    "cannot hold the gain map that makes the picture HDR: --sdr writes the picture without it, --codec jpeg keeps it"
)


@pytest.fixture
def phone(tmp_path: Path) -> Path:
    """A picture as phones write them, stored on its side."""
    block = Image.Exif()
    block[0x010F], block[0x0112] = "A maker", 6
    cut = np.asarray(Image.open(EXAMPLE).convert("RGB").crop((192, 60, 384, 188)))
    primary = files.jpeg(cut, quality=97, exif=block.tobytes())
    said = files.directory(len(GAIN_MAP), user=' dc:source="a phone"')
    path = tmp_path / "phone.jpg"
    path.write_bytes(files.file(primary, (0, GAIN_MAP), xmp=said, iso=True))
    return path


def test_a_jpeg_keeps_it(jnd: Run, phone: Path) -> None:
    said = jnd("encode", "phone.jpg", "-o", "out/", "--json")
    assert said.code == 0
    (row,) = said.rows
    assert (row["status"], row["hdr_lost"]) == ("written", False)
    assert (row["width"], row["height"]) == (128, 192)
    assert (
        "HDR by a gain map (Ultra HDR and ISO 21496-1, 2.0 stops); what is judged is the picture without it"
        in (row["notes"])
    )
    kept = (
        f"the gain map ({len(GAIN_MAP) / 1000:.1f} kB) is carried over unchanged, and the picture is stored as it was"
    )
    assert f"{kept} (orientation 6)" in row["notes"]
    data = Path("out/phone.jpg").read_bytes()
    assert data.endswith(GAIN_MAP)
    assert row["bytes"] == len(data)
    before, after = jndkit.load(phone), jndkit.load("out/phone.jpg")
    assert after.gain_map == before.gain_map
    assert after.xmp == before.xmp
    assert b'dc:source="a phone"' in (after.xmp or b"")
    mark = read_mark(Path("out/phone.jpg"))
    assert mark is not None
    assert mark.outcome is not None
    assert mark.outcome.value == row["knob"]["value"]
    again = jnd("encode", "phone.jpg", "-o", "out/", "--json")
    assert again.rows[0]["status"] == "skipped"


def test_what_cannot_hold_it_is_refused(jnd: Run, phone: Path) -> None:
    said = jnd("encode", "phone.jpg", "--codec", "webp")
    assert said.code == 4
    assert said.err == f"jnd: phone.jpg: webp {REFUSED}\n"
    assert not Path("phone.webp").exists()
    for arguments in (("--codec", "avif"), ("--codec", "webp", "--no-encode")):
        told = jnd("predict", "phone.jpg", *arguments)
        assert told.code == 4
        assert REFUSED in told.err
    assert jnd("predict", "phone.jpg", "--no-encode").code == 0


def test_a_folder_goes_on(jnd: Run, phone: Path, draw: Callable[..., Path]) -> None:
    draw("other.png", 3)
    said = jnd("encode", ".", "--codec", "webp", "-o", "out/", "--json", "--jobs", "1")
    assert said.code == 1
    refused, done = sorted(said.rows, key=lambda row: row["status"])
    assert refused["error"]["type"] == "TargetError"
    assert REFUSED in refused["error"]["message"]
    assert (done["status"], done["hdr_lost"]) == ("written", None)
    assert [path.name for path in Path("out").iterdir()] == ["other.webp"]


@pytest.mark.parametrize("codec", ["webp", "jpeg"])
def test_sdr_leaves_it_out(jnd: Run, phone: Path, codec: str) -> None:
    said = jnd("encode", "phone.jpg", "--codec", codec, "--sdr", "-o", "out/", "--json", "--force")
    assert said.code == 0
    (row,) = said.rows
    assert row["hdr_lost"] is True
    assert "shows as SDR: --sdr leaves the gain map out" in row["notes"]
    picture = jndkit.load(row["output"])
    assert (picture.hdr, picture.width, picture.height) == (False, 128, 192)
    assert b"MPF\0" not in Path(row["output"]).read_bytes()


@pytest.mark.parametrize("policy", ["icc", "none"])
def test_less_metadata_leaves_it_out(jnd: Run, phone: Path, policy: str) -> None:
    (row,) = jnd("encode", "phone.jpg", "--codec", "webp", "--keep-metadata", policy, "--json", "--force").rows
    assert row["hdr_lost"] is True
    assert "shows as SDR: the gain map is left out with other metadata" in row["notes"]


def test_nogps_keeps_it(jnd: Run, phone: Path) -> None:
    (row,) = jnd("encode", "phone.jpg", "-o", "out/", "--keep-metadata", "nogps", "--json").rows
    assert row["hdr_lost"] is False
    assert Path(row["output"]).read_bytes().endswith(GAIN_MAP)
    assert jnd("encode", "phone.jpg", "--codec", "webp", "--keep-metadata", "nogps").code == 4


def test_auto_passes_over_what_cannot_hold_it(jnd: Run, phone: Path) -> None:
    (row,) = jnd("encode", "phone.jpg", "--codec", "auto", "-o", "out/", "--json").rows
    assert row["codec"].partition(":")[0] in ("jpeg", "jxl")
    assert row["hdr_lost"] is False
    (note,) = (note for note in row["notes"] if note.endswith("--sdr leaves it out"))
    assert note.startswith("webp, avif")
    (row,) = jnd("encode", "phone.jpg", "--codec", "auto", "--sdr", "-o", "sdr/", "--json").rows
    assert row["hdr_lost"] is True
    assert {probe["codec"].partition(":")[0] for probe in row["probes"]}
    assert not any(note.endswith("--sdr leaves it out") for note in row["notes"])


def test_jpeg_xl_carries_the_whole_file(jnd: Run, phone: Path) -> None:
    if available()["jxl"]:
        pytest.skip("needs imagecodecs")
    (row,) = jnd("encode", "phone.jpg", "--codec", "jxl", "--json").rows
    assert (row["codec"], row["hdr_lost"], row["encodes"]) == ("jxl:jpeg", False, 1)
    assert any(note.endswith("with its gain map; the JPEG XL file shows as SDR") for note in row["notes"])
    assert jnd("decode", "phone.jxl", "-o", "back.jpg").code == 0
    assert Path("back.jpg").read_bytes() == phone.read_bytes()
    (row,) = jnd("encode", "phone.jpg", "--codec", "jxl", "--sdr", "--json", "--force", "-o", "sdr/").rows
    assert (row["hdr_lost"], row["codec"]) == (True, "jxl:e7")
    with pytest.raises(UsageError, match="leave out --sdr"):
        Settings(codec="jxl:jpeg", sdr=True)
    assert jnd("encode", "phone.jpg", "--codec", "jxl:lossless", "-o", "all/").code == 4


def test_other_verbs_say_so(jnd: Run, phone: Path) -> None:
    told = jnd("decode", "phone.jpg", "-o", "phone.png")
    assert told.code == 0
    assert "jnd: phone.jpg: the PNG shows as SDR, since it cannot hold the gain map\n" in told.err
    jnd("encode", "phone.jpg", "-o", "out/")
    (row,) = jnd("compare", "phone.jpg", "out/phone.jpg", "--json").rows
    assert row["hdr_lost"] is False
    (row,) = jnd("compare", "phone.jpg", "phone.png", "--json").rows
    assert row["hdr_lost"] is True
    (row,) = jnd("compare", "phone.png", "phone.jpg", "--json").rows
    assert row["hdr_lost"] is None


def test_python(phone: Path) -> None:
    with pytest.raises(TargetError, match="webp cannot hold the gain map"):
        jndkit.encode(phone, codec="webp")
    row = jndkit.encode(phone, codec="webp", sdr=True, force=True).row
    assert row.hdr_lost is True
    assert json.loads(row.to_json())["hdr_lost"] is True
    assert jndkit.predict(phone, codec="webp", sdr=True, encode=False).hdr_lost is True
    assert jndkit.encode(jndkit.load(phone)).row.hdr_lost is False
    assert jndkit.encode(EXAMPLE, effort="fast").row.hdr_lost is None


def test_a_packet_too_large_for_both(jnd: Run, tmp_path: Path) -> None:
    """The user's XMP and the directory of the gain map share a segment; the gain map goes first."""
    most = 65504 - len(files.directory(len(GAIN_MAP), user=' dc:source=""'))
    said = files.directory(len(GAIN_MAP), user=f' dc:source="{"l" * most}"')
    cut = np.asarray(Image.open(EXAMPLE).convert("RGB").crop((192, 60, 320, 156)))
    primary = files.jpeg(cut, quality=97)
    (tmp_path / "a.jpg").write_bytes(files.file(primary, (0, GAIN_MAP), xmp=said))
    (row,) = jnd("encode", "a.jpg", "-o", "out/", "--json").rows
    assert row["hdr_lost"] is False
    assert any("jpeg holds 64480 bytes of XMP beside the words on the gain map, " in note for note in row["notes"])
    assert jndkit.load("out/a.jpg").gain_map == jndkit.load("a.jpg").gain_map
