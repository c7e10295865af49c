"""HEIC and AVIF files with a gain map are known by their boxes; the map itself is not read."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image

from jndkit.picture import Pixels, from_bytes
from jndkit.picture.formats.boxes import box
from jndkit.picture.hdr.boxed import has_gain_map

APPLE = box(b"auxC", bytes(4) + b"urn:com:apple:photo:2020:aux:hdrgainmap\0")
ALPHA = box(b"auxC", bytes(4) + b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")


def _entry(version: int, kind: bytes) -> bytes:
    return box(b"infe", bytes([version, 0, 0, 0]) + bytes(2 if version == 2 else 4) + bytes(2) + kind + b"\0")


def _file(properties: bytes, version: int, *kinds: bytes) -> bytes:
    counted = bytes([version - 2, 0, 0, 0]) + len(kinds).to_bytes(2 if version == 2 else 4)
    items = box(b"iinf", counted + b"".join(_entry(version, kind) for kind in kinds))
    meta = bytes(4) + box(b"hdlr", bytes(20)) + items + box(b"iprp", box(b"ipco", properties))
    return box(b"ftyp", b"heicmif1") + box(b"meta", meta) + box(b"mdat", b"tmap" + APPLE)


@pytest.mark.parametrize("version", [2, 3])
def test_known_by_property_or_item(version: int) -> None:
    assert has_gain_map(_file(ALPHA + APPLE, version, b"hvc1", b"hvc1"))
    assert has_gain_map(_file(b"", version, b"hvc1", b"tmap"))
    assert not has_gain_map(_file(ALPHA, version, b"hvc1", b"Exif"))
    assert not has_gain_map(_file(b"", version))


@given(st.binary(max_size=200))
def test_anything_else_has_none(data: bytes) -> None:
    has_gain_map(data)
    has_gain_map(box(b"meta", bytes(4) + box(b"iinf", data) + box(b"iprp", box(b"ipco", data))))
    assert not has_gain_map(b"")


def _grown(data: bytes, extra: bytes) -> bytes:
    """The file with one more property, and what comes behind it moved up: `ipco`, its parents, places in `iloc`."""
    grown = bytearray(data)
    for parent in (b"meta", b"iprp", b"ipco"):
        at = grown.index(parent) - 4
        grown[at : at + 4] = struct.pack(">I", int.from_bytes(grown[at : at + 4]) + len(extra))
    at = grown.index(b"iloc") + 4
    version, sizes = grown[at], int.from_bytes(grown[at + 4 : at + 6])
    assert version < 2
    assert sizes >> 8 == 0x44  # offsets and lengths of four bytes
    base = (sizes >> 4) & 15
    count, at = int.from_bytes(grown[at + 6 : at + 8]), at + 8
    for _ in range(count):
        at += 2 + (2 if version == 1 else 0) + 2 + base
        extents, at = int.from_bytes(grown[at : at + 2]), at + 2
        for _ in range(extents):
            grown[at : at + 4] = struct.pack(">I", int.from_bytes(grown[at : at + 4]) + len(extra))
            at += 8
    end = grown.index(b"ipco") - 4
    end += int.from_bytes(grown[end : end + 4]) - len(extra)
    return bytes(grown[:end] + extra + grown[end:])


@pytest.mark.parametrize("name", ["AVIF", "HEIF"])
def test_a_file_that_has_one_says_so(photo: Pixels, name: str) -> None:
    out = io.BytesIO()
    if name == "HEIF":
        pillow_heif = pytest.importorskip("pillow_heif")
        pillow_heif.from_pillow(Image.fromarray(photo)).save(out, quality=90)
    else:
        Image.fromarray(photo).save(out, name, quality=90)
    plain = from_bytes(out.getvalue())
    assert not plain.hdr
    picture = from_bytes(_grown(out.getvalue(), APPLE))
    assert picture.hdr
    assert picture.gain_map is None
    assert np.array_equal(picture.rgb, plain.rgb)
    (note,) = set(picture.notes) - set(plain.notes)
    kind = "HEIC" if name == "HEIF" else "AVIF"
    assert note == f"shows as SDR: its gain map for HDR is left out, since none is read from {kind}"
