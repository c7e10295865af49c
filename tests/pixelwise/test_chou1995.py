from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.pixelwise.chou1995 import chou1995

if TYPE_CHECKING:
    from tests.pixelwise.conftest import Reference


@pytest.mark.parametrize(("variant", "key"), [("code", "namm"), ("paper", "papermax")])
def test_maps_are_the_published_ones(variant: str, key: str, reference: Reference) -> None:
    jnd = reference.kept(chou1995(reference.luma, variant=variant, border="zero"))
    np.testing.assert_allclose(jnd, reference("chou1995", key), rtol=0, atol=1e-4)


def test_flat_pictures_have_published_values() -> None:
    flat = np.full((16, 16), 100, np.uint8)
    against_black = chou1995(flat, border="zero")
    np.testing.assert_allclose(against_black[2:-2, 2:-2], 4.564939, atol=1e-5)
    assert against_black[0, 0] == pytest.approx(19.808919, abs=1e-5)
    np.testing.assert_allclose(chou1995(flat), 4.564939, atol=1e-5)
    np.testing.assert_allclose(chou1995(flat, variant="paper"), 4.914939, atol=1e-5)


@pytest.mark.parametrize("variant", ["code", "paper"])
@pytest.mark.parametrize("move", [np.fliplr, np.flipud, np.transpose])
def test_mirrored_and_turned_pictures_have_such_maps(
    variant: str, move: Callable[[np.ndarray], np.ndarray], scene: npt.NDArray[np.uint8]
) -> None:
    np.testing.assert_allclose(
        chou1995(move(scene), variant=variant), move(chou1995(scene, variant=variant)), rtol=1e-6
    )


def test_the_paper_takes_the_larger_of_two_thresholds() -> None:
    step = np.full((20, 20), 60, np.uint8)
    step[:, 10:] = 220
    # Of the window's 32 weights at column 9, 8 + 5 lie beyond the step.
    background = 60 + 160 * 13 / 32
    masking = 160 * (0.0001 * background + 0.115) + 0.5 - 0.01 * background
    adaptation = 17 * (1 - np.sqrt(background / 127)) + 3
    assert chou1995(step, variant="paper")[10, 9] == pytest.approx(max(masking, adaptation), abs=1e-4)
    assert chou1995(step)[10, 9] == pytest.approx(masking + adaptation - 0.3 * min(masking, adaptation), abs=1e-4)
