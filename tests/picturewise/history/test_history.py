"""What the row says of an input that lost something before."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from jndkit import encode
from jndkit.picture import Picture, from_bytes
from jndkit.picturewise.history import history

PIXELS = cv2.GaussianBlur(np.random.default_rng(3).integers(0, 256, (96, 120, 3), np.uint8), (0, 0), 1.5)


def file_of(kind: str, **settings: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, kind, **settings)
    return file.getvalue()


def said(data: bytes) -> str:
    return str(history(from_bytes(data)))


@pytest.mark.parametrize(
    ("kind", "settings", "sentence"),
    [
        ("JPEG", {"quality": 82}, "the input is itself a JPEG of quality 82"),
        (
            "JPEG",
            {"qtables": [[9] * 64]},
            "the input is itself a JPEG with tables of its own, about as fine as",
        ),
        ("WEBP", {"quality": 80}, "the input is itself a lossy WebP"),
        ("WEBP", {"lossless": True}, ""),
        ("AVIF", {}, "the input is itself a lossy AVIF"),
        ("PNG", {}, ""),
        ("BMP", {}, ""),
        ("PPM", {}, ""),
        ("TIFF", {}, ""),
    ],
)
def test_what_is_said(kind: str, settings: dict[str, Any], sentence: str) -> None:
    found = said(file_of(kind, **settings))
    assert found.startswith(sentence)
    assert bool(found) == bool(sentence)


@pytest.mark.parametrize(
    ("settings", "sampling"),
    [({"subsampling": 0}, "4:4:4"), ({"subsampling": 1}, "4:2:2"), ({"subsampling": 2}, "4:2:0")],
)
@pytest.mark.parametrize("progressive", [False, True])
def test_sampling_and_scans(settings: dict[str, Any], sampling: str, progressive: bool) -> None:
    found = history(from_bytes(file_of("JPEG", progressive=progressive, **settings)))
    assert found is not None
    assert (found.sampling, found.progressive) == (sampling, progressive)


def test_grey_and_inks() -> None:
    for mode, components in (("L", 1), ("CMYK", 4)):
        file = io.BytesIO()
        Image.fromarray(PIXELS).convert(mode).save(file, "JPEG", quality=70)
        picture = from_bytes(file.getvalue())
        assert picture.source is not None
        assert picture.source.jpeg is not None
        assert len(picture.source.jpeg.tables) == components
        found = history(picture)
        assert found is not None
        assert found.sampling == ""


def test_a_table_that_is_missing_is_no_error() -> None:
    data = file_of("JPEG", quality=75)
    start = data.index(b"\xff\xdb")
    length = int.from_bytes(data[start + 2 : start + 4])
    # The decoder refuses such a file; the headers alone must not break on it.
    from jndkit.picture.formats.jpeg import surveyed

    assert surveyed(data[:start] + data[start + 2 + length :], None).coding is None


def test_pixels_without_a_file_have_no_history() -> None:
    assert history(Picture(PIXELS)) is None
    turned = from_bytes(file_of("JPEG", quality=75))
    assert turned.source is not None
    found = history(replace(turned, source=replace(turned.source, orientation=6)))
    assert found is not None
    assert found.earlier is None


def test_the_row_says_it(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(file_of("JPEG", quality=60))
    row = encode(path, force=True).row
    assert row.input_coding == {
        "format": "JPEG",
        "lossy": True,
        "quality": 60,
        "exact": True,
        "family": "annex-k",
        "sampling": "4:2:0",
        "progressive": False,
        "earlier_quality": None,
    }
    assert row.notes[0] == "the input is itself a JPEG of quality 60; visibility is judged against it"
