"""JPEG files by other people's encoders, each held to what the format and the house promise."""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from PIL.JpegImagePlugin import get_sampling

from jndkit.codecs import automatic, codec, versions
from jndkit.codecs.jpeg import jpegli, moz
from jndkit.codecs.jpeg.codec import BACK_ENDS, encoder
from jndkit.errors import CodecError, MissingError
from jndkit.picture import Picture, from_bytes
from jndkit.picture.difference import psnr
from jndkit.settings import Settings

Photo = Callable[[int, int], npt.NDArray[np.uint8]]
MODULES = {"jpegli": jpegli, "moz": moz}


@pytest.fixture(params=BACK_ENDS)
def back_end(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if not encoder(name).present():
        pytest.skip(f"needs {encoder(name).install}")
    return name


def segments(data: bytes) -> list[tuple[int, bytes]]:
    """Marker and content of every segment before the first scan."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, at + 2)
        found.append((data[at + 1], data[at + 4 : at + 2 + length]))
        at += 2 + length
    return found


@pytest.mark.parametrize(("chroma", "sampling"), [("420", 2), ("444", 0)])
def test_files_are_progressive_with_the_chroma_asked_for(
    back_end: str, photo: Photo, chroma: str, sampling: int
) -> None:
    asked = codec(f"jpeg:{back_end},{chroma}")
    assert asked.spec == f"jpeg:{back_end},{chroma}"
    assert asked.chroma == chroma
    image = Image.open(BytesIO(asked.encode(Picture(photo(48, 32)), 97)))
    assert image.info["progressive"]
    assert get_sampling(image) == sampling


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 700), (700, 1), (17, 9)])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("chroma", ["420", "444"])
def test_odd_sizes_come_back(back_end: str, photo: Photo, size: tuple[int, int], grey: bool, chroma: str) -> None:
    rgb = photo(*size)
    picture = Picture(np.repeat(rgb[..., :1], 3, axis=2) if grey else rgb, grey=grey)
    asked = codec(f"jpeg:{back_end},{chroma}")
    for quality in (1, 92, 100):
        back = asked.decode(asked.encode(picture, quality))
        assert back.rgb.shape == picture.rgb.shape
        assert back.grey == grey
    if grey or chroma == "444":
        assert psnr(picture.rgb, back.rgb) > 30


def test_quality_trades_bytes(back_end: str, photo: Photo) -> None:
    asked = codec(f"jpeg:{back_end}")
    sizes = [len(asked.encode(Picture(photo(128, 96)), quality)) for quality in (20, 60, 80, 90, 97)]
    assert sizes == sorted(set(sizes))


def test_noise_fits(back_end: str) -> None:
    noise = np.random.default_rng(0).integers(0, 2, (300, 400, 3), np.uint8) * 255
    asked = codec(f"jpeg:{back_end},444")
    back = asked.decode(asked.encode(Picture(noise), 100)).rgb
    assert np.abs(back.astype(int) - noise).mean() < 4


def test_what_describes_the_picture_stands_in_the_file(back_end: str, photo: Photo, exif: bytes, xmp: bytes) -> None:
    icc = bytes(16) + b"RGB " + bytes(140_000)  # three segments
    picture = Picture(photo(16, 16), icc=icc, exif=exif, xmp=xmp, mark="made by a test")
    data = codec(f"jpeg:{back_end}").encode(picture, 90)
    image = Image.open(BytesIO(data))
    assert image.info["icc_profile"] == icc
    assert image.info["exif"] == b"Exif\0\0" + exif
    assert image.info["xmp"] == xmp
    assert image.info["comment"] == b"made by a test"
    assert [marker for marker, _ in segments(data)][:7] == [0xE0, 0xE1, 0xE1, 0xE2, 0xE2, 0xE2, 0xFE]
    assert [body[12:14] for marker, body in segments(data) if marker == 0xE2] == [b"\x01\x03", b"\x02\x03", b"\x03\x03"]
    assert from_bytes(data).xmp == xmp


def test_an_undescribed_picture_has_the_header_alone(back_end: str, photo: Photo) -> None:
    data = codec(f"jpeg:{back_end}").encode(Picture(photo(16, 16)), 90)
    kinds = [marker for marker, _ in segments(data)]
    assert kinds[0] == 0xE0
    assert not {0xE1, 0xE2} & set(kinds)
    assert Image.open(BytesIO(data)).info["jfif_version"] == (1, 1)


def test_a_profile_that_no_file_holds_is_refused(back_end: str) -> None:
    picture = Picture(np.zeros((8, 8, 3), np.uint8), icc=bytes(17_000_000))
    with pytest.raises(CodecError, match="colour profile, and there are 17000000"):
        codec(f"jpeg:{back_end}").encode(picture, 90)


def test_sides_the_format_does_not_hold_are_refused(back_end: str) -> None:
    with pytest.raises(CodecError, match="at most 65500"):
        codec(f"jpeg:{back_end}").encode(Picture(np.zeros((1, 65_501, 3), np.uint8)), 50)


def test_versions_are_those_of_the_encoder(back_end: str) -> None:
    library = {"jpegli": "ajpegli", "moz": "pyvips-binary"}[back_end]
    assert library in versions(f"jpeg:{back_end},444")
    assert library not in versions("jpeg:420")


def absent(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    for name in names:
        module: ModuleType = MODULES[name]
        monkeypatch.setattr(module, "ENCODER", replace(encoder(name), present=lambda: False))


@pytest.mark.parametrize("name", BACK_ENDS)
def test_an_absent_wheel_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    absent(monkeypatch, name)
    with pytest.raises(MissingError, match=rf"jpeg:{name}.*pip install 'jndkit\[jpeg\]'"):
        codec(f"jpeg:{name}")


@pytest.mark.parametrize(("name", "module"), [("jpegli", "ajpegli"), ("moz", "pyvips"), ("moz", "_libvips")])
def test_present_is_what_can_be_imported(monkeypatch: pytest.MonkeyPatch, name: str, module: str) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda asked: None if asked == module else find(asked))
    assert not encoder(name).present()


def test_those_that_are_there_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    absent(monkeypatch, "jpegli", "moz")
    assert codec("jpeg:420").options == ("jpeg:444",)
    assert automatic() == automatic(rivals=True)
    monkeypatch.setattr(moz, "ENCODER", replace(encoder("moz"), present=lambda: True))
    assert codec("jpeg:420").options == ("jpeg:444", "jpeg:moz,420", "jpeg:moz,444")
    assert codec("jpeg:moz").options == ("jpeg:moz,444",)
    assert "jpeg:moz" in Settings(codec="auto").codec_specs
    assert "jpeg:moz" not in Settings(codec="auto", effort="best").codec_specs
