"""JPEG files carried by JPEG XL: every byte comes back, of whatever wrote them, or the file is refused."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from jndkit.codecs import codec
from jndkit.errors import CodecError, DamagedError, InputError, LimitError, UsageError
from jndkit.limits import MAX_BLOCK
from jndkit.picture import Picture, Pixels, Source, from_bytes, load, load_carried_jpeg, with_metadata
from jndkit.picture.colour.cicp import profile as numbered_profile
from jndkit.picture.formats.boxes import box
from jndkit.picture.metadata.mark import blank_mark

imagecodecs = pytest.importorskip("imagecodecs")

EXAMPLES = Path(__file__).parents[2] / "examples"
P3 = 12
REFUSED = "^jxl:jpeg does not carry this kind of JPEG: "
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="a camera"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def jpeg(pixels: Pixels, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", **options)
    return out.getvalue()


def lake(width: int = 120, height: int = 80) -> Pixels:
    return np.asarray(Image.open(EXAMPLES / "lake.png").convert("RGB").crop((200, 150, 200 + width, 150 + height)))


def exif(orientation: int = 1) -> bytes:
    block = Image.Exif()
    block[0x010F], block[0x0112] = "A maker", orientation
    return block.tobytes()


def carried(path: Path, data: bytes) -> tuple[Picture, bytes]:
    path.write_bytes(data)
    picture = load(path)
    assert picture.source is not None
    picture = replace(picture, mark=blank_mark(picture.source.sha256, ""))
    return picture, codec("jxl:jpeg").encode(picture, 0)


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
KINDS: dict[str, dict[str, Any]] = {
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "4:2:0": {"subsampling": 2},
    "progressive": {"progressive": True},
    "optimised": {"optimize": True},
    "restarts": {"restart_marker_rows": 1},
    "comment": {"comment": b"at the lake"},
    "sRGB profile": {"icc_profile": SRGB},
    "wide profile": {"icc_profile": numbered_profile(P3)},
    "EXIF": {"exif": exif()},
    "on its side": {"exif": exif(6)},
    "mirrored, with XMP": {"exif": exif(5), "xmp": XMP},
    "XMP": {"xmp": XMP},
    "RGB": {"keep_rgb": True},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_comes_back_and_the_picture_is_the_same(tmp_path: Path, kind: str) -> None:
    original = jpeg(lake(), **KINDS[kind])
    picture, data = carried(tmp_path / "a.jpg", original)
    (tmp_path / "a.jxl").write_bytes(data)
    assert load_carried_jpeg(tmp_path / "a.jxl") == original
    shown = load(tmp_path / "a.jxl")
    assert shown.rgb.shape == picture.rgb.shape
    assert np.abs(shown.rgb.astype(int) - picture.rgb).mean() < 3  # decoders guess what was rounded off differently
    assert (shown.exif, shown.xmp, shown.icc) == (picture.exif, picture.xmp, picture.icc)
    assert shown.marked
    assert picture.mark.encode() in data
    assert not picture.marked


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (8, 8), (17, 1), (1, 33), (65, 33)])
@pytest.mark.parametrize("grey", [False, True])
def test_small_and_odd_sizes(tmp_path: Path, size: tuple[int, int], grey: bool) -> None:
    pixels = lake(*size)
    original = jpeg(pixels[..., 1] if grey else pixels)
    _, data = carried(tmp_path / "a.jpg", original)
    shown = from_bytes(data, trusted=True)
    assert (shown.width, shown.height) == size
    assert shown.grey or not grey
    assert bytes(imagecodecs.jpegxl_decode_jpeg(data)) == original


def test_what_follows_the_picture_comes_back_too(tmp_path: Path) -> None:
    original = jpeg(lake()) + b"a moving picture" * 50
    _, data = carried(tmp_path / "a.jpg", original)
    assert bytes(imagecodecs.jpegxl_decode_jpeg(data)) == original


def test_a_damaged_file_gives_nothing_back(tmp_path: Path) -> None:
    _, data = carried(tmp_path / "a.jpg", jpeg(lake()))
    path = tmp_path / "a.jxl"
    at = data.index(b"jbrd")
    for broken in (data[: len(data) // 2], data[: at + 40] + bytes(8) + data[at + 48 :], data[:20]):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=re.escape(str(path))):
            load_carried_jpeg(path)
    path.write_bytes(data)
    with pytest.raises(LimitError, match="pixels"):
        load_carried_jpeg(path, max_pixels=100)


def test_files_that_carry_none_say_so(tmp_path: Path) -> None:
    path = tmp_path / "a.jxl"
    for container in (False, True):
        path.write_bytes(imagecodecs.jpegxl_encode(lake(), usecontainer=container))
        with pytest.raises(InputError, match="it carries no JPEG file"):
            load_carried_jpeg(path)
    with pytest.raises(UsageError, match=r"only JPEG XL files carry a JPEG file"):
        load_carried_jpeg(EXAMPLES / "lake.png")
    with pytest.raises(InputError, match="there is no such file"):
        load_carried_jpeg(tmp_path / "none.jxl")


def inked() -> bytes:
    out = io.BytesIO()
    Image.fromarray(lake()).convert("CMYK").save(out, "JPEG")
    return out.getvalue()


def test_four_inks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CodecError, match=REFUSED):
        carried(tmp_path / "a.jpg", inked())


def test_chroma_in_quarters_is_refused(tmp_path: Path) -> None:
    flags = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x411111]
    with pytest.raises(CodecError, match=REFUSED):
        carried(tmp_path / "a.jpg", cv2.imencode(".jpg", lake(), flags)[1].tobytes())


def test_arithmetic_coding_is_refused(tmp_path: Path) -> None:
    """No encoder at hand writes it: the stream of a single grey block, all zero, is put together here."""
    sof9 = b"\xff\xc9" + struct.pack(">HBHHB3B", 11, 8, 8, 8, 1, 1, 0x11, 0)
    dqt = b"\xff\xdb" + struct.pack(">HB", 67, 0) + bytes([16] * 64)
    sos = b"\xff\xda" + struct.pack(">HB2B3B", 8, 1, 1, 0, 0, 63, 0)
    original = b"\xff\xd8" + dqt + sof9 + sos + bytes(4) + b"\xff\xd9"
    with pytest.raises(CodecError, match=REFUSED):
        carried(tmp_path / "a.jpg", original)


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(lake())[:-2])
    with pytest.raises(DamagedError):
        load(path)
    kept = load(path, damaged="keep")
    with pytest.raises(CodecError, match="carries whole JPEG files only"):
        codec("jxl:jpeg").encode(kept, 0)


def changes(picture: Picture) -> Iterator[Picture]:
    source = picture.source
    assert source is not None
    yield replace(picture, rgb=255 - picture.rgb)
    yield replace(picture, exif=None)
    yield with_metadata(picture, "none")
    yield replace(picture, alpha=np.full(picture.rgb.shape[:2], 9, np.uint8))
    yield replace(picture, source=None)
    yield replace(picture, source=Source(None, source.format, source.size, source.sha256))
    yield replace(picture, source=Source("none.jpg", source.format, source.size, source.sha256))
    yield replace(picture, source=Source(source.path, source.format, source.size, "0" * 64))


def test_only_the_unchanged_picture_of_a_file_is_carried(tmp_path: Path) -> None:
    picture, _ = carried(tmp_path / "a.jpg", jpeg(lake(), exif=exif(), icc_profile=SRGB))
    for changed in changes(picture):
        with pytest.raises(CodecError, match=r"^jxl:jpeg carries "):
            codec("jxl:jpeg").encode(changed, 0)
    with pytest.raises(CodecError, match="comes from none"):
        codec("jxl:jpeg").encode(load(EXAMPLES / "lake.png"), 0)


def test_the_spec_has_no_effort() -> None:
    assert codec("jxl:jpeg").spec == codec("jxl:jpeg").lossless == "jxl:jpeg"
    assert codec("jxl:e9").lossless == "jxl:e9,lossless"
    with pytest.raises(UsageError, match="no effort"):
        codec("jxl:e9,jpeg")


def written(pixels: Pixels, chance: np.random.Generator) -> bytes:
    """A JPEG file of the pixels by one of two writers, with settings drawn by lot."""
    quality = int(chance.integers(5, 101))
    if chance.random() < 0.3:
        flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_RST_INTERVAL, int(chance.integers(0, 9))]
        flags += [cv2.IMWRITE_JPEG_PROGRESSIVE, int(chance.integers(2))]
        flags += [
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            int(chance.choice([0x221111, 0x211111, 0x121111, 0x111111])),
        ]
        return cv2.imencode(".jpg", pixels[..., ::-1], flags)[1].tobytes()
    kind: dict[str, Any] = {
        "quality": quality,
        "progressive": bool(chance.integers(2)),
        "optimize": bool(chance.integers(2)),
    }
    kind["subsampling"] = int(chance.integers(3))
    if chance.random() < 0.5:
        kind["exif"] = exif(int(chance.integers(1, 9)))
    if chance.random() < 0.3:
        kind["xmp"] = XMP
    if chance.random() < 0.3:
        kind["icc_profile"] = SRGB
    if chance.random() < 0.3:
        kind["restart_marker_blocks"] = int(chance.integers(1, 50))
    grey = chance.random() < 0.2
    tail = bytes(chance.integers(0, 256, int(chance.integers(0, 300)), np.uint8)) if chance.random() < 0.2 else b""
    return jpeg(pixels[..., 1] if grey else pixels, **kind) + tail


@pytest.mark.slow
def test_two_hundred_files_come_back(tmp_path: Path) -> None:
    sources = [np.asarray(Image.open(EXAMPLES / name).convert("RGB")) for name in ("lake.png", "waves.webp")]
    large = 0
    for seed in range(200):
        chance = np.random.default_rng(zlib.crc32(b"%d" % seed))
        width, height = (int(side) for side in 1 + 499 * chance.random(2) ** 2)
        whole = sources[seed % 2]
        top, left = (int(chance.integers(0, whole.shape[axis] - side)) for axis, side in ((0, height), (1, width)))
        original = written(np.ascontiguousarray(whole[top : top + height, left : left + width]), chance)
        picture, data = carried(tmp_path / "a.jpg", original)
        shown = from_bytes(data, trusted=True)
        assert bytes(imagecodecs.jpegxl_decode_jpeg(data)) == original, seed
        assert shown.rgb.shape == picture.rgb.shape, seed
        assert (shown.exif, shown.xmp) == (picture.exif, picture.xmp), seed
        large += len(original) > 20_000
        assert len(data) < max(len(original), 20_000), seed  # tiny ones save less than the mark is long
    assert large > 10


@pytest.mark.parametrize("packet", [b"Exif no brotli", b"Exif", b"abcd" + imagecodecs.brotli_encode(b"other")])
def test_compressed_metadata_that_cannot_be_read_is_left_out(tmp_path: Path, packet: bytes) -> None:
    _, data = carried(tmp_path / "a.jpg", jpeg(lake()))
    shown = from_bytes(data + box(b"brob", packet), trusted=True)
    assert shown.exif is None
    assert shown.notes == ("its compressed metadata is not kept",)


def test_compressed_metadata_has_a_limit(tmp_path: Path) -> None:
    _, data = carried(tmp_path / "a.jpg", jpeg(lake()))
    bomb = b"Exif" + imagecodecs.brotli_encode(bytes(MAX_BLOCK + 1))
    assert len(bomb) < 1000
    assert from_bytes(data + box(b"brob", bomb), trusted=True).notes == ("its compressed metadata is not kept",)
