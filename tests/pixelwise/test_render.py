from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st
from PIL import Image

from jndkit.errors import OutputError, UsageError
from jndkit.picture import Picture
from jndkit.pixelwise.render import coloured, render, scale, write_map

# The ends of Viridis as its authors published them.
DARK, BRIGHT = (68, 1, 84), (253, 231, 37)


@pytest.fixture
def ramp() -> npt.NDArray[np.float32]:
    """0 .. 10 from left to right, float32 (40, 401)."""
    return np.tile(np.linspace(0, 10, 401, dtype=np.float32), (40, 1))


def test_every_pixel_of_the_map_is_one_of_the_rendering(ramp: npt.NDArray[np.float32]) -> None:
    drawn = render(ramp)
    assert drawn.dtype == np.uint8
    assert drawn.shape[1:] == (401, 3)
    np.testing.assert_array_equal(drawn[:40], coloured(ramp, 10.0))
    np.testing.assert_allclose(drawn[0, 0], DARK, atol=2)
    np.testing.assert_allclose(drawn[0, 400], BRIGHT, atol=2)
    lightness = cv2.cvtColor(drawn[:1], cv2.COLOR_RGB2LAB)[0, :, 0].astype(int)
    assert (np.diff(lightness) >= -1).all()
    assert lightness[-1] - lightness[0] > 150


def test_the_scale_stands_below_with_ticks_and_words(ramp: npt.NDArray[np.float32]) -> None:
    below = render(ramp)[40:]
    bar = np.flatnonzero((below[20] != 255).any(axis=1))
    np.testing.assert_allclose(below[20, bar[0]], DARK, atol=2)
    np.testing.assert_allclose(below[20, bar[-1]], BRIGHT, atol=2)
    # Ticks at 0, 2 .. 10 just below the bar.
    assert len(np.flatnonzero((below[26] != 255).any(axis=1))) == 6
    dark_ink = np.asarray((below < 90).all(axis=2))
    assert dark_ink[28:40].any()
    assert dark_ink[42:58].any()
    assert not dark_ink[-1].any()


def test_a_picture_stands_to_the_left() -> None:
    left = Picture(np.full((30, 400, 3), (200, 10, 60), np.uint8))
    drawn = render(np.full((30, 400), 5, np.float32), beside=left)
    np.testing.assert_array_equal(drawn[:30, :400], left.rgb)
    np.testing.assert_array_equal(drawn[:30, 400:406], 255)
    np.testing.assert_allclose(drawn[:30, 406:], np.broadcast_to(BRIGHT, (30, 400, 3)), atol=2)


def test_a_small_map_is_centred_above_a_scale_one_can_read() -> None:
    drawn = render(np.zeros((8, 8), np.float32))
    assert drawn.shape[1] == 320
    np.testing.assert_allclose(drawn[:8, 156:164], np.broadcast_to(DARK, (8, 8, 3)), atol=2)
    np.testing.assert_array_equal(drawn[:8, :156], 255)
    np.testing.assert_array_equal(drawn[:8, 164:], 255)


def test_larger_values_take_the_last_colour_and_the_scale_says_so(ramp: npt.NDArray[np.float32]) -> None:
    spiked = ramp.copy()
    spiked[3, 100] = 1000
    drawn = render(spiked)
    np.testing.assert_allclose(drawn[3, 100], BRIGHT, atol=2)
    np.testing.assert_array_equal(drawn[4:40], render(ramp)[4:40])
    assert (drawn[40:] != render(ramp)[40:]).any()


def test_a_map_of_three_planes_is_drawn_by_their_mean(ramp: npt.NDArray[np.float32]) -> None:
    planes = np.dstack([ramp, ramp * 0, ramp * 2])
    np.testing.assert_array_equal(render(planes), render(planes.mean(axis=2)))


@given(st.floats(1e-3, 1e4))
def test_the_scale_ends_on_a_round_number_above(level: float) -> None:
    top, tick = scale(np.full((8, 8), level, np.float32))
    assert level <= top * (1 + 1e-5)
    assert top <= 1.67 * level
    assert top / tick == pytest.approx(round(top / tick))
    assert 3 <= round(top / tick) <= 6
    assert len(f"{top:.6g}".strip("0").replace(".", "").strip("0")) <= 2


def test_the_scale_of_nothing() -> None:
    assert scale(np.zeros((8, 8), np.float32)) == (1.0, 0.2)


@pytest.mark.parametrize("planes", [1, 3])
@pytest.mark.parametrize("suffix", [".npy", ".tiff", ".TIF"])
def test_numbers_come_back_exactly(suffix: str, planes: int, tmp_path: Path) -> None:
    jnd = np.random.default_rng(5).normal(8, 3, (20, 31, planes)).astype(np.float32).squeeze()
    file = tmp_path / f"map{suffix}"
    write_map(jnd, file)
    if suffix == ".npy":
        back = np.load(file)
    elif planes == 1:
        back = np.asarray(Image.open(file))
    else:
        stored = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        assert stored is not None
        back = stored[..., ::-1]
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, jnd)


def test_a_png_is_the_rendering(tmp_path: Path, ramp: npt.NDArray[np.float32]) -> None:
    left = Picture(np.zeros((40, 401, 3), np.uint8))
    write_map(ramp, tmp_path / "map.png")
    write_map(ramp, tmp_path / "both.png", beside=left)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "map.png")), render(ramp))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "both.png")), render(ramp, beside=left))


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path, ramp: npt.NDArray[np.float32]) -> None:
    file = tmp_path / "map.npy"
    write_map(ramp, file)
    with pytest.raises(OutputError, match=r"map\.npy"):
        write_map(ramp + 1, file)
    np.testing.assert_array_equal(np.load(file), ramp)
    write_map(ramp + 1, file, force=True)
    np.testing.assert_array_equal(np.load(file), ramp + 1)


def test_what_cannot_be_drawn_or_written_is_refused(tmp_path: Path, ramp: npt.NDArray[np.float32]) -> None:
    with pytest.raises(UsageError, match=r"a map is written as \.npy, \.tiff, \.tif, \.png .*, not '\.jpg'"):
        write_map(ramp, tmp_path / "map.jpg")
    with pytest.raises(UsageError, match=r"only a \.png"):
        write_map(ramp, tmp_path / "map.npy", beside=Picture(np.zeros((40, 401, 3), np.uint8)))
    with pytest.raises(UsageError, match="401 x 40 cannot stand beside 9 x 8"):
        render(ramp, beside=Picture(np.zeros((8, 9, 3), np.uint8)))
    with pytest.raises(UsageError, match="not finite"):
        render(np.full((8, 8), np.nan, np.float32))
    with pytest.raises(UsageError, match=r"not \(8,\)"):
        render(np.zeros(8, np.float32))
    assert list(tmp_path.iterdir()) == []
