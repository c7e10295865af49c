"""HEIC and JPEG XL: the same pixels in the child and here, and limits that hold."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.errors import DamagedError, LimitError
from jndkit.picture import Pixels, from_bytes, sandbox
from jndkit.picture.formats import jxl_header
from tests.picture.catalogue.jxl_files import Writer

pillow_heif = pytest.importorskip("pillow_heif")
imagecodecs = pytest.importorskip("imagecodecs")


def _heic(array: npt.NDArray[np.uint8] | npt.NDArray[np.uint16], mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    pillow_heif.encode(mode, array.shape[1::-1], array.tobytes(), out, quality=-1, chroma=444, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def files(photo: Pixels) -> dict[str, bytes]:
    return {"HEIF": _heic(photo), "JXL": imagecodecs.jpegxl_encode(photo, lossless=True)}


@pytest.mark.parametrize("name", ["HEIF", "JXL"])
def test_child_and_parent_see_the_same(name: str, files: dict[str, bytes], photo: Pixels) -> None:
    outside, inside = from_bytes(files[name], path="x"), from_bytes(files[name], path="x", trusted=True)
    assert np.array_equal(outside.rgb, inside.rgb)
    assert np.abs(outside.rgb.astype(int) - photo).max() <= (1 if name == "HEIF" else 0)
    assert outside.source is not None
    assert outside.source.format == name
    assert outside.notes == inside.notes == ()


def test_metadata_crosses_the_pipe(photo: Pixels, p3_profile: bytes) -> None:
    from PIL import Image

    from jndkit.picture import mark_xmp

    exif = Image.Exif()
    exif[0x010F] = "Maker"
    data = _heic(photo, exif=exif.tobytes(), xmp=mark_xmp(None), icc_profile=p3_profile, icc_profile_type="prof")
    alpha = from_bytes(_heic(np.dstack([photo, photo[..., 0]]), "RGBA"))
    picture = from_bytes(data)
    assert picture.icc == p3_profile
    assert picture.native is not None
    assert picture.exif is not None
    assert b"Maker" in picture.exif
    assert picture.marked
    assert alpha.alpha is not None
    assert np.abs(alpha.alpha.astype(int) - photo[..., 0]).max() <= 1


def test_heic_of_10_bits_and_grey(photo: Pixels) -> None:
    deep = photo.astype(np.uint16) * 257
    picture = from_bytes(_heic(deep, "RGB;16"), trusted=True)
    assert picture.bits == 10
    assert np.abs(picture.rgb.astype(int) - photo).max() <= 1
    grey = from_bytes(_heic(np.ascontiguousarray(photo[..., 0]), "L"), trusted=True)
    assert grey.grey


@pytest.mark.parametrize("name", ["HEIF", "JXL"])
def test_limits(name: str, files: dict[str, bytes]) -> None:
    with pytest.raises(LimitError, match="64 x 48"):
        from_bytes(files[name], path="x.y", max_pixels=1000)
    with pytest.raises(LimitError, match="seconds"):
        sandbox.decode_in_child(files[name], name, "x.y", 10**6, timeout_s=0.01)


@pytest.mark.parametrize("name", ["HEIF", "JXL"])
def test_truncated(name: str, files: dict[str, bytes]) -> None:
    data = files[name]
    for share in (0.5, 0.9):
        with pytest.raises(DamagedError):
            from_bytes(data[: int(len(data) * share)], path="x.y")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="address space is limited reliably on Linux")
def test_memory_is_limited() -> None:
    code = (
        "import numpy as np\nfrom jndkit.picture import sandbox\n"
        "sandbox._limit_memory(1000)\n"
        "try:\n    np.ones(3 << 30, np.uint8)\nexcept MemoryError:\n    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "refused"


def test_a_child_that_dies_is_one_clear_error(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DamagedError, match="broke down"):
        from_bytes(files["JXL"], path="x.jxl")


def test_a_child_that_lies_is_not_believed() -> None:
    fields = b'{"orientation": 1, "marked": false, "bits": 8, "lossy": null, "notes": [], "hdr": false}'
    good = b'{"shapes": {"pixels": [2, 2, 3]}, "fields": ' + fields + b"}\n"
    raster = sandbox._received(good + bytes(12), None, "JXL", 100)
    assert raster.pixels.shape == (2, 2, 3)
    for reply in (good + bytes(11), b"", b"[]\n", b"{}\n", good.replace(b"2, 2, 3", b"-2, 2, 3") + bytes(12)):
        with pytest.raises(DamagedError):
            sandbox._received(reply, None, "JXL", 100)
    with pytest.raises(LimitError):
        sandbox._received(good.replace(b"2, 2, 3", b"20000, 20000, 3"), None, "JXL", 100)


def test_nothing_of_the_working_folder_is_imported(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "imagecodecs.py").write_text("raise SystemExit(7)")
    (tmp_path / "json.py").write_text("raise SystemExit(7)")
    before = os.getcwd()
    os.chdir(tmp_path)
    try:
        assert from_bytes(files["JXL"]).width == 64
    finally:
        os.chdir(before)


def test_several_heic_pictures(photo: Pixels) -> None:
    from PIL import Image

    held = pillow_heif.from_pillow(Image.fromarray(photo))
    held.add_from_pillow(Image.fromarray(photo[::-1].copy()))
    out = io.BytesIO()
    held.save(out, quality=-1, chroma=444, primary_index=1)
    picture = from_bytes(out.getvalue())
    assert np.abs(picture.rgb.astype(int) - photo[::-1]).max() <= 1
    assert any("primary" in note for note in picture.notes)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [((48, 64), np.uint8), ((48, 64, 2), np.uint8), ((48, 64, 4), np.uint8), ((48, 64, 3), np.uint16)],
)
def test_jxl_layouts(shape: tuple[int, ...], kind: type[np.uint8] | type[np.uint16], photo: Pixels) -> None:
    array: npt.NDArray[Any] = np.resize(photo, shape).astype(kind)
    if kind == np.uint16:
        array = array * 257
    picture = from_bytes(imagecodecs.jpegxl_encode(array, lossless=True), trusted=True)
    assert picture.grey == (array.ndim == 2 or shape[2] == 2)
    assert (picture.alpha is not None) == (array.ndim == 3 and shape[2] in (2, 4))
    if kind == np.uint8:
        colours = picture.rgb[..., 0] if picture.grey else picture.rgb
        assert np.array_equal(colours, array if array.ndim == 2 else array[..., 0] if shape[2] == 2 else array[..., :3])
    else:  # the encoder declares 16-bit samples as linear light
        light = array / 65535.0
        expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255
        assert np.abs(picture.rgb - expected).max() <= 0.5 + 1e-6
        assert any("linear" in note for note in picture.notes)


def test_jxl_animation(photo: Pixels) -> None:
    data = imagecodecs.jpegxl_encode(np.stack([photo, photo[::-1]]), lossless=True)
    with pytest.raises(LimitError, match="animated"):
        from_bytes(data, trusted=True)


def test_jxl_container_with_exif_and_xmp(photo: Pixels) -> None:
    from PIL import Image

    from jndkit.picture import mark_xmp

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), kind) + body

    bare = imagecodecs.jpegxl_encode(photo, lossless=True, usecontainer=False)
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x0112] = 6
    data = (
        b"\0\0\0\x0cJXL \r\n\x87\n"
        + box(b"ftyp", b"jxl \0\0\0\0jxl ")
        + box(b"Exif", bytes(4) + exif.tobytes()[6:])
        + box(b"xml ", mark_xmp(None))
        + box(b"jxlc", bare)
    )
    picture = from_bytes(data)
    assert np.array_equal(picture.rgb, photo)  # the codestream's orientation counts, not that of EXIF
    assert picture.exif is not None
    assert b"Maker" in picture.exif
    assert picture.marked


def _codestream(*fields: tuple[int, int]) -> bytes:
    writer = Writer()
    writer.put(*fields)
    return b"\xff\x0a" + writer.data() + bytes(8)


def test_jxl_header_of_display_p3() -> None:
    data = _codestream(
        *((0, 1), (1, 2), (3000 - 1, 13), (0, 3), (1, 2), (4000 - 1, 13)),  # size, no ratio
        *((0, 1), (0, 1)),  # not all default, no extra fields
        *((0, 1), (1, 2), (0, 1), (0, 2), (1, 1)),  # 10 bits, no modular 16, no extra channels, XYB
        *((0, 1), (0, 1), (0, 2), (1, 2), (2, 2), (9, 4)),  # RGB, D65, primaries 11 = 2 + 9
        *((0, 1), (2, 2), (11, 4), (1, 2)),  # no gamma, curve 13 = 2 + 11, relative intent
        *((0, 2), (1, 1)),  # no extensions, the default filters
    )
    head = jxl_header.read_header(data, None)
    assert (head.width, head.height, head.bits) == (4000, 3000, 10)
    assert (head.number, head.curve) == (12, 13)
    assert head.icc is None
    assert not head.animated


def test_jxl_header_that_claims_too_much() -> None:
    with pytest.raises(LimitError):
        from_bytes(_codestream((0, 1), (3, 2), ((1 << 30) - 1, 30), (1, 3), (1, 1)), trusted=True)


@pytest.mark.parametrize(("ratio", "width"), [(1, 240), (2, 288), (3, 320), (4, 360), (5, 426), (6, 300), (7, 480)])
def test_jxl_ratios(ratio: int, width: int) -> None:
    head = jxl_header.read_header(_codestream((1, 1), (240 // 8 - 1, 5), (ratio, 3), (1, 1)), None)
    assert (head.width, head.height) == (width, 240)
