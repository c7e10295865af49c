"""What is said before a picture that takes minutes."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from jndkit.conversion import Task, longest_wait
from jndkit.evidence import Row
from jndkit.settings import Settings


def chunk(content: bytes) -> bytes:
    return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))


def header(path: Path, width: int, height: int) -> Path:
    """A PNG file that ends after its header, which is all that is looked at."""
    content = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [
        struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in (content, b"IDAT")
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


@pytest.mark.parametrize(
    ("codec", "side", "minutes"),
    [
        ("jndlic", 5000, (2, 3)),
        ("vvc", 5000, (5, 6)),
        ("avif", 9000, (2, 4)),
        ("jpeg", 5000, None),
        ("webp", 500, None),
    ],
)
def test_large_pictures_and_slow_codecs(tmp_path: Path, codec: str, side: int, minutes: tuple[int, int] | None) -> None:
    pytest.importorskip("imageio_ffmpeg" if codec == "vvc" else "PIL")
    wait = longest_wait([Task(header(tmp_path / "a.png", side, side))], Settings(codec=codec))
    assert (wait is None) == (minutes is None)
    if wait is not None and minutes is not None:
        assert (wait.pixels, wait.codec) == (side * side, codec)
        assert 60 * minutes[0] <= wait.seconds <= 60 * minutes[1]


def test_only_what_is_to_be_done_counts(tmp_path: Path) -> None:
    small, large = header(tmp_path / "small.png", 4000, 4000), header(tmp_path / "large.png", 8000, 8000)
    settings = Settings(codec="jndlic")
    wait = longest_wait([Task(small), Task(large)], settings)
    assert wait is not None
    assert wait.path == str(large)
    wait = longest_wait([Task(small), Task(large, Row(input=str(large)))], settings)
    assert wait is not None
    assert wait.path == str(small)
    assert longest_wait([], settings) is None
    assert longest_wait([Task(large)], Settings(codec="jndlic", max_pixels=1000)) is None
    assert longest_wait([Task(large)], Settings(encode=False)) is None
    assert longest_wait([Task(tmp_path / "none.png")], settings) is None
