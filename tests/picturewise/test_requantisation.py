"""JPEG files whose own coefficients are rounded further: what is expected of it, and when it is chosen."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

import jndkit
from jndkit.codecs import codec
from jndkit.codecs.jpeg import read
from jndkit.picture import Pixels
from jndkit.picturewise.prediction import TYPICAL, Prediction
from jndkit.picturewise.requantisation import expected

AGAIN = "jpeg:requantised"


def drawn(height: int = 192, width: int = 256) -> Pixels:
    random = np.random.default_rng(7)
    octaves = (
        cv2.resize(random.normal(0, 80 / n**0.5, (n, n, 1)), (width, height), interpolation=cv2.INTER_CUBIC)
        for n in (4, 8, 16, 32, 64, 128)
    )
    grey = sum(octaves, np.full((height, width), 120.0))
    tint = cv2.resize(random.normal(0, 12, (6, 6, 3)), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(grey[..., None] + tint, 0, 255), np.uint8)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.fromarray(drawn()).save(path, quality=85)
    return path


def test_less_is_expected_of_fine_steps_and_more_of_coarse_ones() -> None:
    grid = codec(AGAIN).knob.grid
    anew = codec("jpeg:420").knob.grid
    straight = tuple((-0.04 * np.array(anew)).tolist())
    prediction = Prediction(anew, straight, (0.1,) * len(anew), TYPICAL)
    told = expected(prediction, 80, grid)
    assert told.grid == grid
    more = dict(zip(grid, np.array(told.curve) + 0.04 * np.array(grid), strict=True))
    assert more[100.0] == pytest.approx(-3.0)
    assert more[90.0] == pytest.approx(-3.0)
    assert 0.0 < more[80.0] < more[76.0]  # the file's own steps, and coarser ones
    assert 0.0 < more[20.0] < more[76.0]
    assert told.sigma[0] == pytest.approx(math.hypot(0.1, 0.4))
    assert all(math.isfinite(value) for value in expected(prediction, 100, grid).curve)


def test_the_files_own_coefficients_are_chosen_where_that_is_smaller(photo: Path) -> None:
    finer = jndkit.encode(photo, min_saving=0).row
    assert finer.codec != AGAIN, "coded anew it is smaller"
    assert AGAIN in {probe["codec"] for probe in finer.probes}
    Image.fromarray(drawn()).save(photo, quality=50)
    done = jndkit.encode(photo, min_saving=0)
    assert done.row.codec == AGAIN
    assert done.row.jnd is not None
    assert done.row.target is not None
    assert done.row.jnd <= done.row.target["jnd"]
    assert {probe["codec"].partition(",")[0] for probe in done.row.probes} >= {AGAIN}
    assert done.row.encodes == len(done.row.probes)
    assert done.data is not None
    tables = [component.table for component in read(done.data).components]
    own = [component.table for component in read(photo.read_bytes()).components]
    assert all((table >= before).all() for table, before in zip(tables, own, strict=True))
    # What it reads is what another reads of the file that came out.
    photo.with_name("out.jpg").write_bytes(done.data)
    assert jndkit.compare(photo, photo.with_name("out.jpg")).jnd == pytest.approx(done.row.jnd, abs=1e-4)


def tried(photo: Path, **settings: Any) -> set[str]:
    row = jndkit.encode(photo, min_saving=0, **settings).row
    return {probe["codec"] for probe in row.probes}


def test_what_was_named_is_what_is_done(photo: Path) -> None:
    assert AGAIN in tried(photo)
    for settings in ({"codec": "jpeg:420"}, {"codec": "jpeg:plain"}, {"codec": "webp"}, {"prefilter": "wu2017"}):
        assert AGAIN not in tried(photo, **settings)
    assert tried(photo, codec=AGAIN) == {AGAIN}


def test_other_pictures_know_nothing_of_it(photo: Path) -> None:
    Image.open(photo).save(photo.with_name("photo.png"))
    assert AGAIN not in tried(photo.with_name("photo.png"))
    with pytest.raises(jndkit.CodecError, match=r"photo\.png: jpeg:requantised rounds a JPEG file, and the picture"):
        jndkit.encode(photo.with_name("photo.png"), codec=AGAIN)


def test_odd_files_are_coded_anew(photo: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(drawn()).convert("CMYK").save(file, "JPEG", quality=85)
    photo.write_bytes(file.getvalue())
    assert AGAIN not in tried(photo)
