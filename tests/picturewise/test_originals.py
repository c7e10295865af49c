"""Whether a picture can be a copy of the original it is to be judged against."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from jndkit.errors import InputError
from jndkit.picture import Picture, Pixels, from_bytes
from jndkit.picturewise.originals import check_original


def drawn(seed: int, height: int = 120, width: int = 160) -> Pixels:
    random = np.random.default_rng(seed)
    soft = cv2.GaussianBlur(random.normal(0, 1, (height, width, 3)), (0, 0), 12)
    return np.asarray(np.clip(128 + 60 * soft / soft.std() + random.normal(0, 6, soft.shape), 0, 255), np.uint8)


@pytest.mark.parametrize("quality", [1, 5, 30, 90])
def test_poor_copies_are_copies(quality: int) -> None:
    for seed in range(4):
        file = io.BytesIO()
        Image.fromarray(drawn(seed)).save(file, "JPEG", quality=quality)
        check_original(from_bytes(file.getvalue()), Picture(drawn(seed)))


def test_even_pictures_are_alike_where_their_level_is() -> None:
    grey = Picture(np.full((40, 40, 3), 100, np.uint8))
    check_original(grey, Picture(np.full((40, 40, 3), 104, np.uint8)))
    with pytest.raises(InputError, match="another picture"):
        check_original(grey, Picture(np.full((40, 40, 3), 200, np.uint8)))


@pytest.mark.parametrize("other", [5, 6, 7, 8])
def test_another_picture_is_refused(other: int) -> None:
    with pytest.raises(InputError, match="shows another picture than picture in memory"):
        check_original(Picture(drawn(1)), Picture(drawn(other)))


def test_other_sizes_and_sides_are_refused() -> None:
    picture = Picture(drawn(1))
    with pytest.raises(InputError, match=r"it has 158 x 120 pixels, and .* has 160 x 120; "):
        check_original(picture, Picture(drawn(1)[:, 1:-1].copy()))
    with pytest.raises(InputError, match="one of them is turned"):
        check_original(picture, Picture(np.rot90(drawn(1)).copy()))
    square = drawn(2, 128, 128)
    for way in (np.rot90(square), np.rot90(square, 2), np.fliplr(square), np.transpose(square, (1, 0, 2))):
        with pytest.raises(InputError, match="turned or mirrored"):
            check_original(Picture(square), Picture(np.ascontiguousarray(way)))


def test_transparency_must_be_in_both() -> None:
    clear = Picture(drawn(1), alpha=np.full((120, 160), 40, np.uint8))
    for pair in ((clear, Picture(drawn(1))), (Picture(drawn(1)), clear)):
        with pytest.raises(InputError, match="transparent in places"):
            check_original(*pair)
