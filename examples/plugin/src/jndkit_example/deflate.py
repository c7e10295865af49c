"""A codec: samples in steps of 1 to 32 code values, the difference of each to its left neighbour, Deflate.

The file, integers little-endian: magic of 8 bytes, width, height (4 bytes each), samples a pixel (1 or 3), step (1 byte
each), length of the XMP packet (4 bytes), the packet, a zlib stream. zlib's own checksum guards the pixels.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from jndkit.codecs import Card, Knob
from jndkit.codecs.contract import checked
from jndkit.codecs.encoding import check_size, described, failing, samples
from jndkit.codecs.spec import Grammar
from jndkit.errors import DamagedError
from jndkit.limits import MAX_PIXELS, check_size as check_limits
from jndkit.picture import Picture, Source, mark_xmp

MAGIC = b"\x89DFL\r\n\x1a\n"
_HEADER = struct.Struct("<8sIIBBI")


class Deflate:
    """Quantised samples by zlib. Grey pictures are written as one channel; alpha is laid over white."""

    grammar = Grammar("deflate", (), "s")  # specs are `deflate` and, with a setting, `deflate:s4`

    def __init__(self) -> None:
        self.name = "deflate"
        self.suffix = ".dfl"
        self.spec = self.grammar.spec()
        self.chroma = "444"
        self.knob = Knob("step", 1, 32, 1, higher_is_better=False)
        self.carries = frozenset({"grey", "xmp"})
        self.options: tuple[str, ...] = ()
        self.lossless: str | None = None
        self.block_limit: int | None = None

    def encode(self, picture: Picture, value: float) -> bytes:
        step = int(checked(self.name, self.knob, value))
        check_size(self.name, picture, 1 << 16)
        with failing(self.name, "encoder"):
            pixels = samples(picture, self.carries)
            levels = np.rint(np.atleast_3d(pixels) / step).astype(np.uint8)
            levels[:, 1:] -= levels[:, :-1].copy()  # modulo 256
            # What the file says of its making lies in the packet: a second run sees by it that the work is done.
            xmp = mark_xmp(picture.xmp, picture.mark)
            header = _HEADER.pack(MAGIC, picture.width, picture.height, levels.shape[2], step, len(xmp))
            return header + xmp + zlib.compress(levels.tobytes(), 9)

    def decode(self, data: bytes) -> Picture:
        with failing(self.name, "decoder"):
            return read(data)


def read(data: bytes, path: Path | None = None, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in a `.dfl` file, which may come from anywhere.

    path: named in errors.  Raises LimitError for more than `max_pixels` pixels, DamagedError for a file that is not
    whole.
    """
    if len(data) < _HEADER.size:
        raise DamagedError(path, "the file ends inside its header")
    _, width, height, channels, step, length = _HEADER.unpack_from(data)
    check_limits(None if path is None else str(path), width, height, max_pixels)
    if channels not in (1, 3) or not 1 <= step <= 32:
        raise DamagedError(path, "the header makes no sense")
    start, count = _HEADER.size + length, width * height * channels
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data[start:], count + 1)  # no more, whatever the stream would unfold to
    except zlib.error as error:
        raise DamagedError(path, f"the pixels cannot be decoded: {error}") from None
    if len(content) != count or not stream.eof:
        raise DamagedError(path, "the pixels are not those the header declares")
    levels = np.frombuffer(content, np.uint8).reshape(height, width, channels)
    pixels = np.minimum(levels.cumsum(axis=1, dtype=np.uint8) * np.int32(step), 255).astype(np.uint8)
    rgb = np.broadcast_to(pixels, (height, width, 3)).copy()
    picture = described(rgb, grey=channels == 1, xmp=data[_HEADER.size : start], max_pixels=max_pixels)
    source = Source(None if path is None else str(path), "DFL", len(data), sha256(data).hexdigest())
    return replace(picture, source=source)


CARD = Card(
    name="deflate",
    codec=Deflate,
    summary="quantised samples by Deflate: an example, larger than any codec that is meant to be used",
    licence="CC0-1.0",
    suffix=".dfl",
    versions=lambda: {"zlib": zlib.ZLIB_RUNTIME_VERSION},
    sweep=(32, 24, 16, 12, 8, 6, 4),
    magic=MAGIC,
    read=read,
)
