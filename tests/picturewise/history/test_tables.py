"""Quality by the quantisation tables, against what libjpeg itself writes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from jndkit.picture import JpegCoding, from_bytes
from jndkit.picturewise.history import nearest_quality


def coding(quality: int = 75, grey: bool = False, **settings: object) -> JpegCoding:
    file = io.BytesIO()
    pixels = np.zeros((16, 16, 3), np.uint8)
    Image.fromarray(pixels[..., 0] if grey else pixels).save(file, "JPEG", quality=quality, **settings)
    picture = from_bytes(file.getvalue())
    assert picture.source is not None
    assert picture.source.jpeg is not None
    return picture.source.jpeg


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 51, 75, 82, 90, 95, 99, 100])
def test_libjpeg_is_told_exactly(quality: int) -> None:
    assert nearest_quality(coding(quality).tables) == (quality, True, "annex-k")
    assert nearest_quality(coding(quality, grey=True).tables) == (quality, True, "annex-k")


def test_other_roundings_are_near() -> None:
    tables = [tuple(max(1, step - 1) if place % 7 == 0 else step for place, step in enumerate(table))
              for table in coding(80).tables]  # fmt: skip
    found = nearest_quality(tables)
    assert (found.exact, found.family) == (False, "annex-k")
    assert abs(found.value - 80) <= 1


@pytest.mark.parametrize("step", [1, 5, 40])
def test_other_tables_are_said_to_be_other(step: int) -> None:
    found = nearest_quality([(step,) * 64] * 3)
    assert found.family == ("annex-k" if step == 1 else "unknown")
    assert found.exact == (step == 1)  # quality 100 has steps of 1


def test_quality_falls_as_steps_grow() -> None:
    values = [nearest_quality([(step,) * 64]).value for step in (2, 4, 8, 16, 32, 64, 128)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == len(values)


@pytest.mark.parametrize("damaged", [(0,) * 64, (65535,) * 64])
def test_senseless_steps_are_no_error(damaged: tuple[int, ...]) -> None:
    assert 1 <= nearest_quality([damaged]).value <= 100
