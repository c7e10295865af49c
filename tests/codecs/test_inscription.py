"""What came out is written into the mark of a finished file, which stays the file it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jndkit.codecs import available, codec
from jndkit.codecs.inscription import inscribed
from jndkit.conversion.earlier import read_mark
from jndkit.errors import DamagedError
from jndkit.opening import load
from jndkit.picture import Picture
from jndkit.picture.metadata.mark import Mark, Outcome, blank_mark
from jndkit.version import VERSION

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
SHA = "fedcba9876543210" * 4
SPECS = ["jpeg", "webp", "webp:lossless", "avif", "png", "heic", "jxl", "jxl:lossless", "vvc", "bpg", "jndlic"]


@pytest.fixture(scope="module")
def picture() -> Picture:
    whole = load(EXAMPLE)
    return replace(whole, rgb=np.ascontiguousarray(whole.rgb[100:180, 200:296]), mark=blank_mark(SHA, "viewers=90"))


@pytest.mark.parametrize("spec", SPECS)
def test_every_format_carries_it(spec: str, picture: Picture, tmp_path: Path) -> None:
    if available()[spec.partition(":")[0]]:
        pytest.skip("the codec is not installed")
    made = codec(spec)
    value = made.knob.grid[len(made.knob.grid) // 2]
    outcome = Outcome(made.spec, value, picture.width, picture.height, 0.25, 0.75, 81.5, (60.25, 100.0))
    plain = made.encode(picture, value)
    data = inscribed(plain, picture.mark, outcome)
    assert len(data) == len(plain)
    assert data != plain
    before, path = tmp_path / f"before{made.suffix}", tmp_path / f"after{made.suffix}"
    before.write_bytes(plain)
    path.write_bytes(data)
    assert load(path).marked
    assert np.array_equal(load(before).rgb, load(path).rgb)
    assert read_mark(path) == Mark(VERSION, SHA[:16], "viewers=90", outcome)


def test_a_file_without_the_mark_stays(picture: Picture) -> None:
    outcome = Outcome("jpeg:420", 80, 96, 80, 0.25, 0.25, None, None)
    data = codec("jpeg").encode(replace(picture, mark="jndkit 0"), 80)
    assert inscribed(data, picture.mark, outcome) == data


def test_checksums_still_guard(picture: Picture, tmp_path: Path) -> None:
    """What is sealed again is the mark: a byte that is wrong elsewhere is still found."""
    made = codec("jndlic")
    data = bytearray(
        inscribed(made.encode(picture, 30), picture.mark, Outcome("jndlic", 30, 96, 80, 0.2, 0.2, None, None))
    )
    data[120] ^= 1
    (tmp_path / "a.jlic").write_bytes(data)
    with pytest.raises(DamagedError):
        load(tmp_path / "a.jlic")
