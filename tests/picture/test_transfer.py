"""The one curve of sRGB."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.picture.colour.transfer import light_of_codes, recoded, srgb_codes, srgb_light


def test_light_of_the_code_values() -> None:
    light = light_of_codes()
    # IEC 61966-2-1: linear below 0.04045, a power above; written out here on its own.
    below = [code / 255 / 12.92 for code in range(11)]
    above = [((code / 255 + 0.055) / 1.055) ** 2.4 for code in range(11, 256)]
    assert light == pytest.approx([*below, *above], rel=1e-15)
    with pytest.raises(ValueError, match="read-only"):
        light[0] = 1.0


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_kind_of_float_stays(kind: type[np.floating]) -> None:
    values: npt.NDArray[np.floating] = np.linspace(0, 1, 999).astype(kind)
    assert srgb_light(values).dtype == kind


def test_there_and_back() -> None:
    codes = np.arange(256, dtype=np.uint8)
    assert np.array_equal(srgb_codes(light_of_codes()), codes)
    assert np.array_equal(recoded(codes, 255, 1.0), srgb_codes(codes / 255))
