from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jndkit.codecs.encoding import check_size, failing, samples, tiff_block
from jndkit.errors import CodecError, MissingError
from jndkit.picture import Picture

RGB = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
ALL = frozenset({"alpha", "icc", "exif", "xmp", "grey"})


def profile(space: bytes) -> bytes:
    return bytes(16) + space + bytes(100)


def test_samples_follow_what_the_format_carries() -> None:
    picture = Picture(RGB, native=255 - RGB, icc=profile(b"RGB "), alpha=RGB[..., 0])
    assert np.array_equal(samples(picture, ALL), np.dstack([255 - RGB, RGB[..., 0]]))
    assert np.array_equal(samples(picture, ALL - {"icc"}), np.dstack([RGB, RGB[..., 0]]))
    assert samples(picture, ALL - {"alpha"}).shape == (4, 6, 3)


def test_one_channel_only_where_the_profile_allows_it() -> None:
    grey = Picture(np.repeat(RGB[..., :1], 3, axis=2), grey=True)
    assert samples(grey, ALL).shape == (4, 6)
    assert samples(replace(grey, alpha=RGB[..., 0]), ALL).shape == (4, 6, 2)
    assert samples(grey, ALL - {"grey"}).shape == (4, 6, 3)
    assert samples(replace(grey, icc=profile(b"RGB ")), ALL).shape == (4, 6, 3)
    assert samples(replace(grey, icc=profile(b"GRAY")), ALL).shape == (4, 6)


def test_transparent_pixels_become_white() -> None:
    alpha = np.zeros((4, 6), np.uint8)
    alpha[:, 3:] = 255
    laid = samples(Picture(RGB, native=255 - RGB, icc=profile(b"RGB "), alpha=alpha), frozenset({"icc"}))
    assert (laid[:, :3] == 255).all()
    assert np.array_equal(laid[:, 3:], 255 - RGB[:, 3:])


def test_exif_identifier_is_taken_off() -> None:
    assert tiff_block(b"Exif\0\0II*\0") == b"II*\0"
    assert tiff_block(b"II*\0") == b"II*\0"
    assert tiff_block(None) is tiff_block(b"") is tiff_block(b"Exif\0\0") is None


def test_sizes() -> None:
    picture = Picture(RGB)
    check_size("x", picture, 6, 24)
    with pytest.raises(CodecError, match="5 pixels a side, and the picture has 6 x 4"):
        check_size("x", picture, 5)
    with pytest.raises(CodecError, match="at most 23 pixels"):
        check_size("x", picture, 6, 23)


@pytest.mark.parametrize("error", [ValueError("why"), SystemError("why"), MemoryError("why")])
def test_whatever_fails_is_a_codec_error(error: Exception) -> None:
    with pytest.raises(CodecError, match=r"^the x encoder failed: why$"), failing("x", "encoder"):
        raise error
    with pytest.raises(CodecError, match="MemoryError"), failing("x", "encoder"):
        raise MemoryError


def test_our_own_reasons_and_interrupts_pass() -> None:
    with pytest.raises(MissingError), failing("x", "encoder"):
        raise MissingError("y", "z")
    with pytest.raises(KeyboardInterrupt), failing("x", "encoder"):
        raise KeyboardInterrupt
