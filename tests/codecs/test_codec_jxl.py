from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.codecs import codec
from jndkit.picture import Picture

imagecodecs = pytest.importorskip("imagecodecs")
Photo = Callable[[int, int], npt.NDArray[np.uint8]]


def boxes(data: bytes) -> dict[bytes, bytes]:
    found = {}
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        found[kind] = data[at + 8 : at + size]
        at += size
    assert at == len(data)
    return found


def test_the_container_is_one_libjxl_reads(photo: Photo, exif: bytes, xmp: bytes) -> None:
    from jndkit.codecs.jxl import container

    rgb = photo(48, 32)
    stream = bytes(imagecodecs.jpegxl_encode(rgb, lossless=True))
    data = container(stream, exif, xmp)
    found = boxes(data)
    assert list(found) == [b"JXL ", b"ftyp", b"Exif", b"xml ", b"jxlc"]
    assert found[b"Exif"] == bytes(4) + exif
    assert found[b"xml "] == xmp
    assert found[b"jxlc"] == stream
    assert np.array_equal(imagecodecs.jpegxl_decode(data), rgb)
    theirs = bytes(imagecodecs.jpegxl_encode(rgb, lossless=True, usecontainer=True))
    assert data.startswith(theirs[:32])


def test_no_empty_boxes(photo: Photo) -> None:
    found = boxes(codec("jxl:e3").encode(Picture(photo(16, 16)), 1))
    assert list(found) == [b"JXL ", b"ftyp", b"xml ", b"jxlc"]


def test_threads_do_not_change_bytes(photo: Photo) -> None:
    rgb = photo(600, 300)
    files = {bytes(imagecodecs.jpegxl_encode(rgb, distance=1.0, effort=4, numthreads=n)) for n in (1, 2, 4)}
    assert len(files) == 1


def test_wide_gamut_is_written_as_srgb(photo: Photo) -> None:
    rgb = photo(32, 32)
    picture = Picture(rgb, native=255 - rgb, icc=bytes(200))
    back = codec("jxl:lossless").decode(codec("jxl:lossless").encode(picture, 0))
    assert np.array_equal(back.rgb, rgb)
