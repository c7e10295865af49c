from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit import weights
from jndkit.cli import main
from jndkit.codecs import available, by_suffix, codec
from jndkit.codecs.jndlic import JndLic, codec as binding, container, model, read
from jndkit.conversion.earlier import is_ours
from jndkit.errors import CodecError, DamagedError, FormatError, JndError, LimitError, MissingError, UsageError
from jndkit.opening import load
from jndkit.picture import MARK, Picture, with_metadata
from jndkit.picture.colour.cicp import profile as numbered_profile
from jndkit.picture.colour.profiles import apply, profile
from jndkit.picture.difference import psnr
from tests.codecs.jndlic.made_model import Made, MadeSecond
from tests.codecs.jndlic.mutations import mutated

P3 = 12
FINE = 55


@pytest.fixture(autouse=True, scope="module")
def made() -> Iterator[None]:
    """Every name stands for the model that needs no weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "find", lambda name: Made())
        yield


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (33, 65), (96, 64), (1, 200), (130, 2)])
def test_pictures_of_any_size_come_back(photo: Any, size: tuple[int, int]) -> None:
    picture = Picture(photo(*size))
    back = read(JndLic().encode(picture, FINE), "some.jlic")
    assert (back.width, back.height) == size
    assert back.source is not None
    assert (back.source.path, back.source.format) == ("some.jlic", "JLIC")
    assert back.alpha is None
    assert not back.grey
    # In a few pixels nothing is smooth, and the encoder saves bits where it may.
    assert psnr(picture.rgb, back.rgb) > (38 if min(size) > 32 else 36)


def test_a_file_is_in_the_version_of_its_weights(photo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Picture(photo(70, 50))
    first = JndLic().encode(picture, FINE)
    monkeypatch.setattr(model, "find", lambda name: MadeSecond())
    second = JndLic().encode(picture, FINE)
    assert (first[8], second[8]) == (1, 2)
    assert psnr(picture.rgb, read(second).rgb) > 38
    other = bytearray(second)
    other[8] = 1
    with pytest.raises(DamagedError, match="other weights than those installed"):
        read(container.sealed(bytes(other)))


def test_grey_stays_grey(photo: Any) -> None:
    grey = np.repeat(photo(70, 50)[..., :1], 3, axis=2)
    data = JndLic().encode(Picture(grey, grey=True), FINE)
    back = read(data)
    assert back.grey
    assert np.ptp(back.rgb, axis=2).max() == 0
    assert psnr(grey, back.rgb) > 38
    assert len(data) == len(JndLic().encode(Picture(grey), FINE))


@pytest.mark.parametrize("grey", [False, True])
def test_alpha_is_exact(photo: Any, grey: bool) -> None:
    rgb = np.repeat(photo(48, 40)[..., :1], 3, axis=2) if grey else photo(48, 40)
    alpha = photo(48, 40)[..., 1]
    back = read(JndLic().encode(Picture(rgb, alpha=alpha, grey=grey), FINE))
    assert back.alpha is not None
    assert np.array_equal(back.alpha, alpha)
    assert back.grey == grey
    assert psnr(rgb, back.rgb) > 38


def test_wide_gamut_keeps_its_profile(photo: Any) -> None:
    icc = numbered_profile(P3)
    assert icc is not None
    described = profile(icc)
    assert described is not None
    native = photo(64, 48)
    picture = Picture(apply(described.transform, native), native=native, icc=icc, alpha=native[..., 0])
    back = read(JndLic().encode(picture, FINE))
    assert back.icc == icc
    assert back.native is not None
    assert psnr(native, back.native) > 38
    assert back.alpha is not None
    assert np.array_equal(back.alpha, native[..., 0])


def test_metadata_and_mark(photo: Any, exif: bytes, xmp: bytes) -> None:
    picture = Picture(photo(40, 32), exif=exif, xmp=xmp)
    data = JndLic().encode(picture, FINE)
    assert MARK.encode() in data
    back = read(data)
    assert back.marked
    assert back.xmp == xmp
    assert back.exif is not None
    assert b"A maker" in back.exif
    bare = read(JndLic().encode(with_metadata(picture, "none"), FINE))
    assert (bare.marked, bare.exif, bare.xmp, bare.icc) == (True, None, None, None)


def test_settings_change_bytes(photo: Any) -> None:
    picture = Picture(photo(64, 64))
    files = {knob: JndLic().encode(picture, knob) for knob in (0, 1, 2, 20, 21, 22, 40, 58, 59, 60)}
    assert JndLic().knob.grid == tuple(range(61))
    assert all(first != second for first, second in pairwise(files.values()))
    assert files[20] == JndLic().encode(picture, 20)
    sizes = [len(files[knob]) for knob in (0, 20, 40, 60)]
    quality = [psnr(picture.rgb, read(files[knob]).rgb) for knob in (0, 20, 40, 60)]
    assert sizes == sorted(sizes)
    assert quality == sorted(quality)


@pytest.mark.parametrize("value", [-1, 61, 20.5, float("nan")])
def test_settings_outside_the_knob_are_refused(photo: Any, value: float) -> None:
    with pytest.raises(UsageError):
        JndLic().encode(Picture(photo(16, 16)), value)


def test_tiles_and_windows(photo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Picture(photo(150, 90))
    whole = JndLic().encode(picture, FINE)
    painted = read(whole).rgb
    monkeypatch.setattr(binding, "SEEN", 64)
    assert np.array_equal(read(whole).rgb, painted)
    assert JndLic().encode(picture, FINE) == whole
    monkeypatch.setattr(binding, "TILE", 64)
    tiled = JndLic().encode(picture, FINE)
    assert tiled != whole
    assert psnr(read(tiled).rgb, picture.rgb) > 38
    monkeypatch.setattr(binding, "SEEN", 32)
    assert JndLic().encode(picture, FINE) == tiled
    with pytest.raises(DamagedError):
        read(whole)


def test_too_large_is_said_before_encoding() -> None:
    with pytest.raises(CodecError, match=r"^jndlic holds at most 65535 pixels a side"):
        JndLic().encode(Picture(np.zeros((1, 65536, 3), np.uint8)), FINE)


# --- what a file must not make us believe ----------------------------------------------------------------------------


def test_other_weights_are_refused(photo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = JndLic().encode(Picture(photo(40, 30)), FINE)

    class Other(Made):
        digest = b"other123"

    monkeypatch.setattr(model, "find", lambda name: Other())
    with pytest.raises(DamagedError, match="written with other weights than those installed as made"):
        read(data)


def test_weights_that_are_not_there_are_named(photo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = JndLic().encode(Picture(photo(40, 30)), FINE)
    monkeypatch.undo()
    file = tmp_path / "some.jlic"
    file.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "find", FIND)
        with pytest.raises(MissingError, match=r"the network made\.nothing\.v1 .* pip install --upgrade jndkit"):
            load(file)
        contents = container.unpack(data, None, 10**6)
        for name in ("", "../../etc", "a" * 101):
            with pytest.raises(DamagedError, match="the name of its weights is not a valid name"):
                read(container.pack(replace(contents, weights=name)))


FIND = model.find


def test_a_setting_that_was_changed_is_noticed(photo: Any) -> None:
    contents = container.unpack(JndLic().encode(Picture(photo(40, 30)), FINE), None, 10**6)
    for change in ({"knob": 54}, {"grey": True}, {"width": 39}, {"checksum": 1}, {"knob": 65535}):
        with pytest.raises(DamagedError):
            read(container.pack(replace(contents, **change)))


def test_the_checksum_is_that_of_the_symbols(photo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def paint(self: Any, symbols: np.ndarray, step: np.ndarray, knob: int) -> np.ndarray:
        seen["symbols"] = symbols
        return np.zeros((3, symbols.shape[1] * 8, symbols.shape[2] * 8), np.float32)

    picture = Picture(photo(32, 32))
    data = JndLic().encode(picture, FINE)
    monkeypatch.setattr(Made, "paint", paint)
    read(data)
    encoded = Made()
    rgb = np.ascontiguousarray(picture.rgb.transpose(2, 0, 1)) * np.float32(1 / 255)
    _, z = encoded.analyse(rgb, rgb[0], FINE)
    key = zlib.crc32(b"\0" + FINE.to_bytes(2, "little") + (32).to_bytes(4, "little") * 2)
    key = zlib.crc32(np.floor(z + np.float32(0.5)).astype("<i2").tobytes(), key)
    key = zlib.crc32(seen["symbols"].astype("<i2").tobytes(), key)
    assert container.unpack(data, None, 10**6).checksum == key


def test_damage_is_a_codec_error(photo: Any) -> None:
    data = JndLic().encode(Picture(photo(64, 64)), FINE)
    for broken in (b"", data[: len(data) // 2], b"not a picture at all" * 4):
        with pytest.raises(CodecError, match="jndlic"):
            JndLic().decode(broken)
    assert np.array_equal(JndLic().decode(data).rgb, read(data).rgb)


def _survive(photo: Any, xmp: bytes, count: int) -> dict[str, int]:
    """Mutations of small streams: each an error of ours or the right picture. How often which."""
    random = np.random.default_rng(11)
    pictures = [Picture(photo(*size)) for size in ((16, 16), (40, 24), (64, 64), (31, 47))]
    pictures[1] = replace(pictures[1], alpha=pictures[1].rgb[..., 0], xmp=xmp)
    pictures[2] = replace(pictures[2], icc=numbered_profile(P3), native=pictures[2].rgb)
    files = [JndLic().encode(picture, knob) for picture, knob in zip(pictures, (10, 24, 40, 60), strict=True)]
    right = [read(file).coded for file in files]
    told = {"error": 0, "picture": 0}
    for number in range(count):
        index = number % len(files)
        try:
            found = read(mutated(files[index], random), max_pixels=1 << 15)
        except (DamagedError, FormatError, LimitError):
            told["error"] += 1
        except JndError as error:
            raise AssertionError(f"mutation {number}: {error}") from error
        else:
            told["picture"] += 1
            assert np.array_equal(found.coded, right[index]), f"mutation {number}"
    return told


def test_mutations(photo: Any, xmp: bytes) -> None:
    told = _survive(photo, xmp, 1000)
    # Metadata and transparency may be changed by whoever mends the checksums.
    assert told["error"] > 600
    assert told["picture"] > 20


@pytest.mark.slow
def test_many_mutations(photo: Any, xmp: bytes) -> None:
    assert _survive(photo, xmp, 20_000)["error"] > 12_000


@pytest.mark.slow
def test_mutations_of_a_large_file(photo: Any) -> None:
    random = np.random.default_rng(12)
    picture = Picture(photo(768, 512))
    data = JndLic().encode(picture, 30)
    right = read(data).rgb
    for _ in range(50):
        try:
            found = read(mutated(data, random))
        except (DamagedError, FormatError, LimitError):
            continue
        assert np.array_equal(found.rgb, right)


# --- its place among the codecs --------------------------------------------------------------------------------------


def test_it_is_there_when_its_weights_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path))
    monkeypatch.setitem(weights.CURRENT, "jndlic", "jndlic-some.v1")
    assert by_suffix(".jlic") == "jndlic"
    assert available()["jndlic"] == "pip install --force-reinstall jndkit"
    with pytest.raises(MissingError, match="the codec jndlic"):
        codec("jndlic")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "jndlic-some.v1-tables.toml").touch()
    assert available()["jndlic"] == ""
    assert codec("jndlic").spec == "jndlic"


def test_the_command_decodes_it(photo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = JndLic().encode(Picture(photo(40, 30)), FINE)
    Path("some.jlic").write_bytes(data)
    assert main(["decode", "some.jlic", "-o", "some.png"]) == 0
    assert np.array_equal(load("some.png").rgb, read(data).rgb)
    assert is_ours(Path("some.jlic"))
    Path("cut.jlic").write_bytes(data[:-1])
    assert main(["decode", "cut.jlic"]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.jlic", "some.jlic", "some.png"]
    with pytest.raises(LimitError, match=r"^some\.jlic: 40 x 30 pixels are more than the limit of 1199"):
        load("some.jlic", max_pixels=1199)
