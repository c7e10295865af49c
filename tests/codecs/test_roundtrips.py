"""The same questions asked of every codec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from jndkit.codecs import Codec
from jndkit.errors import CodecError, UsageError
from jndkit.picture import MARK, Picture, flatten
from jndkit.picture.colour.cicp import profile as numbered_profile
from jndkit.picture.colour.profiles import apply, profile
from jndkit.picture.difference import psnr

Photo = Callable[[int, int], npt.NDArray[np.uint8]]
Make = Callable[[str], Codec]

LOSSY = (
    "jpeg:420",
    "jpeg:444",
    "webp:m4",
    "avif:s8,420",
    "avif:s8,444",
    "heic:420",
    "heic:444",
    "jxl:e5",
    "vvc:faster",
    "bpg:420",
    "bpg:444,10bit",
    "jndlic",
)
EXACT = ("webp:m4,lossless", "jxl:e5,lossless", "png")
P3 = 12


def fine(codec: Codec) -> float:
    """A setting of high fidelity."""
    return codec.knob.grid[round(0.85 * (len(codec.knob.grid) - 1))]


@pytest.mark.parametrize("spec", LOSSY)
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (33, 65), (96, 64)])
def test_pictures_of_any_size_come_back(make: Make, photo: Photo, spec: str, size: tuple[int, int]) -> None:
    codec = make(spec)
    picture = Picture(photo(*size))
    back = codec.decode(codec.encode(picture, fine(codec)))
    assert (back.width, back.height) == size
    assert back.alpha is None
    # In a few pixels nothing is smooth, and 4:2:0 blurs what colour there is.
    assert psnr(picture.rgb, back.rgb) > (30 if min(size) > 32 else 24)


@pytest.mark.parametrize("spec", EXACT)
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (33, 65)])
def test_lossless_is_exact(make: Make, photo: Photo, spec: str, size: tuple[int, int]) -> None:
    codec = make(spec)
    rgb = photo(*size)
    picture = Picture(rgb, alpha=rgb[..., 0] | np.uint8(1))
    back = codec.decode(codec.encode(picture, codec.knob.grid[0]))
    assert np.array_equal(back.rgb, picture.rgb)
    assert back.alpha is not None
    assert picture.alpha is not None
    assert np.array_equal(back.alpha, picture.alpha)


@pytest.mark.parametrize("spec", LOSSY + EXACT)
def test_grey_stays_grey(make: Make, photo: Photo, spec: str) -> None:
    codec = make(spec)
    grey = Picture(np.repeat(photo(33, 47)[..., 1:2], 3, axis=2), grey=True)
    data = codec.encode(grey, fine(codec))
    back = codec.decode(data)
    assert back.grey or "grey" not in codec.carries
    assert np.ptp(back.rgb.astype(int), axis=2).max() <= (0 if back.grey else 3)
    assert psnr(grey.rgb, back.rgb) > 35
    assert len(data) <= 1.01 * len(codec.encode(replace(grey, grey=False), fine(codec)))


@pytest.mark.parametrize("spec", LOSSY + EXACT)
@pytest.mark.parametrize("grey", [False, True])
def test_alpha_survives_or_lies_over_white(make: Make, photo: Photo, spec: str, grey: bool) -> None:
    codec = make(spec)
    rgb = photo(48, 40)
    alpha = np.clip(np.linspace(-200, 455, 48), 0, 255).astype(np.uint8)[None].repeat(40, axis=0)
    picture = Picture(np.repeat(rgb[..., :1], 3, axis=2) if grey else rgb, alpha=alpha, grey=grey)
    back = codec.decode(codec.encode(picture, fine(codec)))
    if "alpha" in codec.carries:
        assert back.alpha is not None
        assert np.abs(back.alpha.astype(int) - alpha).mean() < 2
    else:
        assert back.alpha is None
    for level in (0, 255):
        if back.alpha is not None or level == 255:
            assert psnr(flatten(picture, level), flatten(back, level)) > 30


@pytest.mark.parametrize("spec", LOSSY + EXACT)
def test_wide_gamut_is_judged_in_srgb(make: Make, photo: Photo, spec: str) -> None:
    codec = make(spec)
    icc = numbered_profile(P3)
    assert icc is not None
    described = profile(icc)
    assert described is not None
    native = photo(64, 48)
    picture = Picture(apply(described.transform, native), native=native, icc=icc)
    back = codec.decode(codec.encode(picture, fine(codec)))
    assert psnr(picture.rgb, back.rgb) > 30
    assert back.icc == (icc if "icc" in codec.carries else None)
    if back.native is not None:
        assert psnr(native, back.native) > 30
    assert (back.native is None) == ("icc" not in codec.carries)


@pytest.mark.parametrize("spec", LOSSY + EXACT)
def test_metadata_and_mark(make: Make, photo: Photo, exif: bytes, xmp: bytes, spec: str) -> None:
    codec = make(spec)
    data = codec.encode(Picture(photo(40, 32), exif=exif, xmp=xmp), fine(codec))
    assert MARK.encode() in data
    back = codec.decode(data)
    assert back.marked
    assert back.exif is not None
    tags = Image.Exif()
    tags.load(back.exif)
    assert tags[0x010F] == "A maker"
    assert back.xmp is not None
    assert b"A headline" in back.xmp
    bare = codec.encode(Picture(photo(40, 32)), fine(codec))
    assert MARK.encode() in bare
    assert codec.decode(bare).marked
    assert codec.decode(bare).exif is None


@pytest.mark.parametrize("spec", LOSSY + EXACT)
def test_the_same_picture_gives_the_same_bytes(make: Make, photo: Photo, spec: str) -> None:
    codec = make(spec)
    picture = Picture(photo(160, 120))
    assert codec.encode(picture, fine(codec)) == codec.encode(picture, fine(codec))


@pytest.mark.parametrize("spec", LOSSY)
def test_neighbouring_settings_change_bytes(make: Make, photo: Photo, spec: str) -> None:
    codec = make(spec)
    picture = Picture(photo(96, 96))
    grid = codec.knob.grid
    # Three stretches of the grid: both ends and the middle, where most decisions fall.
    for start in (0, len(grid) // 2, len(grid) - 5):
        files = [codec.encode(picture, value) for value in grid[start : start + 5]]
        assert all(first != second for first, second in pairwise(files))


@pytest.mark.slow
@pytest.mark.parametrize("spec", LOSSY)
def test_every_setting_changes_bytes(make: Make, photo: Photo, spec: str) -> None:
    codec = make(spec)
    picture = Picture(photo(320, 240))
    files = [codec.encode(picture, value) for value in codec.knob.grid]
    same = [codec.knob.grid[i] for i in range(1, len(files)) if files[i] == files[i - 1]]
    # libwebp now and then chooses the same segments and steps for two qualities, which depends on the picture.
    assert len(same) <= (4 if codec.name == "webp" else 0)


@pytest.mark.parametrize("spec", LOSSY)
def test_fidelity_costs_bytes(make: Make, photo: Photo, spec: str) -> None:
    codec = make(spec)
    picture = Picture(photo(128, 96))
    grid = codec.knob.grid
    picked = [grid[round(share * (len(grid) - 1))] for share in (0.1, 0.4, 0.7, 1.0)]
    files = [codec.encode(picture, value) for value in picked]
    sizes = [len(data) for data in files]
    quality = [psnr(picture.rgb, codec.decode(data).rgb) for data in files]
    assert sizes == sorted(sizes)
    assert quality == sorted(quality)


@pytest.mark.parametrize("spec", LOSSY + EXACT)
def test_settings_outside_the_knob_are_refused(make: Make, photo: Photo, spec: str) -> None:
    codec = make(spec)
    for value in (codec.knob.low - 1, codec.knob.high + 1, float("nan")):
        with pytest.raises(UsageError):
            codec.encode(Picture(photo(16, 16)), value)


@pytest.mark.parametrize("spec", LOSSY + EXACT)
def test_damage_is_a_codec_error(make: Make, photo: Photo, spec: str) -> None:
    codec = make(spec)
    data = codec.encode(Picture(photo(64, 64)), fine(codec))
    for broken in (b"", data[: len(data) // 2], b"not a picture at all" * 4):
        with pytest.raises(CodecError, match=codec.name):
            codec.decode(broken)


@pytest.mark.parametrize(
    ("spec", "width"),
    [
        ("jpeg", 65501),
        ("webp", 16384),
        ("avif", 32769),
        ("heic", 32769),
        ("jxl", 262145),
        ("vvc", 16385),
        ("bpg", 16385),
    ],
)
def test_too_large_is_said_before_encoding(make: Make, spec: str, width: int) -> None:
    codec = make(spec)
    for shape in ((1, width, 3), (width, 1, 3)):
        with pytest.raises(CodecError, match=rf"^{spec} holds at most {width - 1} pixels a side"):
            codec.encode(Picture(np.zeros(shape, np.uint8)), fine(codec))
