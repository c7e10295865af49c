"""VVC intra (H.266): libvvenc codes 10-bit 4:2:0 planes; colour, size and metadata are kept in a file of ours.

The file, suffix `.jvvc`, version 1, integers little-endian:

    offset  bytes  field
         0      8  magic 89 4A 56 56 43 0D 0A 1A
         8      1  version, 1
         9      1  flags: bit 0, the picture is grey; the others are 0
        10      2  0
        12      8  width, height of the picture
        20     16  lengths of the ICC profile, the EXIF block, the XMP packet and the VVC stream
        36      4  CRC-32 of all that follows the header
        40      4  CRC-32 of the decoded planes: Y', Cb, Cr, 16-bit samples
        44      4  CRC-32 of bytes 0 to 43
        48         ICC profile, EXIF block (from its TIFF header), XMP packet, VVC stream (Annex B, one picture)

The stream holds full-range Y'CbCr of ITU-R BT.709 coefficients, with chroma samples between the pixels, of the picture
extended by repetition to sides that are multiples of 8 and at least 32. The checksum of the planes is there because
decoders go wrong without saying so: that of ffmpeg does with several threads, where a picture is one block wide.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from jndkit.codecs import ffmpeg
from jndkit.codecs.card import Card, needs
from jndkit.codecs.chroma import double, halve
from jndkit.codecs.contract import Knob, checked
from jndkit.codecs.encoding import check_size, described, failing, samples, tiff_block
from jndkit.codecs.spec import Grammar, Option
from jndkit.errors import CodecError, DamagedError, FormatError, LimitError
from jndkit.picture import Picture, Pixels, Source
from jndkit.picture.metadata.xmp import mark_xmp

MAGIC = b"\x89JVVC\r\n\x1a"  # like PNG's: it shows a transfer that took the file for text
_HEADER = struct.Struct("<8sBBHIIIIIIII")
_CRC = struct.Struct("<I")
_GREY = 1
_SIDE = 16384
_PIXELS = 60_000_000
_KR, _KB = 0.2126, 0.0722  # ITU-R BT.709
_TO_Y = np.array([[_KR, 1 - _KR - _KB, _KB]])
_TO_YCC = np.vstack(
    [_TO_Y, (np.array([0, 0, 1]) - _TO_Y) / (2 * (1 - _KB)), (np.array([1, 0, 0]) - _TO_Y) / (2 * (1 - _KR))]
)
_TEN_BITS = 1023 / 255  # full range on both sides
_FORWARD = np.hstack([_TO_YCC * _TEN_BITS, [[0], [512], [512]]]).astype(np.float32)  # 512 is no chroma
_INVERSE = np.linalg.inv(_TO_YCC) / _TEN_BITS
_BACK = np.hstack([_INVERSE, _INVERSE @ [[0], [-512], [-512]]]).astype(np.float32)


class Vvc:
    """VVC. The presets are vvenc's; alpha is laid over white."""

    grammar = Grammar("vvc", (Option("preset", ("faster", "fast", "medium", "slow", "slower"), "fast"),), "qp")

    def __init__(self, preset: str = "fast") -> None:
        self.name = "vvc"
        self.suffix = ".jvvc"
        self.spec = self.grammar.spec(preset=preset)
        self.preset = preset
        self.chroma = "420"
        # vvenc adapts the quantiser to the place, and in smooth pictures reaches its end somewhere below 12.
        self.knob = Knob("qp", 12, 63, 1, False)
        self.carries = frozenset({"icc", "exif", "xmp", "grey"})
        self.options: tuple[str, ...] = () if preset in ("medium", "slow", "slower") else ("vvc:medium",)
        self.lossless: str | None = None
        self.block_limit: int | None = None

    def encode(self, picture: Picture, value: float) -> bytes:
        qp = int(checked(self.name, self.knob, value))
        check_size(self.name, picture, _SIDE, _PIXELS)
        with failing(self.name, "encoder"):
            # The stream has three planes whatever the picture; that it is grey is a flag of the header.
            pixels = samples(picture, self.carries - {"grey"})
            size = coded_size(picture.width, picture.height)
            stream = _encode_planes(to_planes(pixels), *size, qp, self.preset)
            # Decoded at once: the checksum is of what a decoder has to give back.
            planes = _decode_planes(stream, *size)
            blocks = (picture.icc or b"", tiff_block(picture.exif) or b"", mark_xmp(picture.xmp, picture.mark), stream)
            return _pack(picture.width, picture.height, picture.grey, zlib.crc32(planes), blocks)

    def decode(self, data: bytes) -> Picture:
        with failing(self.name, "decoder"):
            return read(data)


def read(data: bytes, path: str | Path | None = None, max_pixels: int = _PIXELS) -> Picture:
    """The picture in a `.jvvc` file, which may come from anywhere: ffmpeg decodes it under limits of time and memory.

    path: named in errors and in `source`.
    Raises FormatError, LimitError, DamagedError, MissingError.
    """
    parts = _unpack(data, path, min(max_pixels, _PIXELS))
    width, height = coded_size(parts.width, parts.height)
    try:
        planes = _decode_planes(parts.stream, width, height)
    except CodecError as error:
        raise DamagedError(path, f"the VVC stream cannot be decoded: {error}") from error
    if zlib.crc32(planes) != parts.planes:
        raise DamagedError(path, "the decoded planes do not match their checksum")
    pixels = np.ascontiguousarray(from_planes(planes, width, height)[: parts.height, : parts.width])
    if parts.grey:
        pixels = np.repeat(pixels[..., 1:2], 3, axis=2)
    source = Source(None if path is None else str(path), "VVC", len(data), sha256(data).hexdigest())
    picture = described(pixels, grey=parts.grey, icc=parts.icc, exif=parts.exif, xmp=parts.xmp, max_pixels=max_pixels)
    return replace(picture, source=source)


def coded_size(width: int, height: int) -> tuple[int, int]:
    """The sides the planes are extended to; the encoder's buffer is too small for the bytes of smaller pictures."""
    return max(32, width + -width % 8), max(32, height + -height % 8)


def to_planes(rgb: Pixels) -> bytes:
    """Planar 10-bit 4:2:0 of a picture extended to its coded size; uint16 samples, little-endian.

    rgb: uint8 (H, W, 3).
    Source: ITU-R BT.709-6, items 3.2 to 3.4; full range as in ITU-R BT.2100-2, table 9.
    """
    height, width = rgb.shape[:2]
    wide, high = coded_size(width, height)
    extended = cv2.copyMakeBorder(rgb, 0, high - height, 0, wide - width, cv2.BORDER_REPLICATE)
    ycc = cv2.transform(extended.astype(np.float32), _FORWARD)
    chroma = halve(ycc[..., 1:])
    planes = (ycc[..., 0], chroma[..., 0], chroma[..., 1])
    return b"".join(np.rint(np.clip(plane, 0, 1023)).astype("<u2").tobytes() for plane in planes)


def from_planes(planes: bytes, width: int, height: int) -> Pixels:
    """uint8 (height, width, 3) from what `to_planes` makes. width, height: the coded size."""
    samples = np.frombuffer(planes, "<u2").astype(np.float32)
    luma = samples[: width * height].reshape(height, width)
    cb, cr = samples[width * height :].reshape(2, height // 2, width // 2)
    chroma = double(np.dstack([cb, cr]), width, height)
    rgb = cv2.transform(np.dstack([luma, chroma]), _BACK)
    return np.asarray(cv2.add(rgb, 0.0, dtype=cv2.CV_8U), np.uint8)  # rounds and saturates


@cache
def encoder_version() -> str:
    """The version of libvvenc inside the ffmpeg program."""
    # The library names itself in the log of an encode alone, so the smallest picture is coded.
    _, log = ffmpeg.run(_encoder_arguments(32, 32, 40, "faster"), bytes(32 * 32 * 3), 30)
    version = re.search(r"libvvenc version: (\S+)", log)
    return version[1] if version else "unknown"


def _encoder_arguments(width: int, height: int, qp: int, preset: str) -> list[str]:
    source = ["-f", "rawvideo", "-pixel_format", "yuv420p10le", "-video_size", f"{width}x{height}"]
    source += ["-framerate", "1", "-i", "pipe:0", "-frames:v", "1"]
    # Up to four threads code the same bytes, and eight do not.
    return [*source, "-c:v", "libvvenc", "-preset", preset, "-qp", str(qp), "-threads", "2", "-f", "vvc", "pipe:1"]


def _encode_planes(planes: bytes, width: int, height: int, qp: int, preset: str) -> bytes:
    limit = 60 + 400e-6 * width * height
    stream, log = ffmpeg.run(_encoder_arguments(width, height, qp, preset), planes, limit)
    # ffmpeg converts, and drops planes, without a word where an encoder wants another format.
    if not re.search(rf"Stream #0:0.*: Video: vvc\b.*\byuv420p10le\b.*\b{width}x{height}\b", log):
        raise CodecError("ffmpeg did not code the planes it was given")
    return stream


def _decode_planes(stream: bytes, width: int, height: int) -> bytes:
    pixels = width * height
    # The decoder counts the margins of its buffers as pixels.
    most = (width + 256) * (height + 256)
    arguments = ["-max_pixels", str(most), "-threads", "1", "-f", "vvc", "-i", "pipe:0"]
    # One picture and no more, whatever a hostile stream goes on with.
    arguments += ["-frames:v", "1", "-f", "rawvideo", "pipe:1"]
    planes, log = ffmpeg.run(arguments, stream, 30 + 40e-6 * pixels, (2 << 30) + 64 * pixels)
    if len(planes) != pixels * 3 or "yuv420p10le" not in log:
        raise CodecError("the decoded planes are not those that the file declares")
    return planes


class _Parts(NamedTuple):
    width: int
    height: int
    grey: bool
    planes: int
    icc: bytes
    exif: bytes
    xmp: bytes
    stream: bytes


def _pack(width: int, height: int, grey: bool, planes: int, blocks: tuple[bytes, ...]) -> bytes:
    content = b"".join(blocks)
    lengths = [len(block) for block in blocks]
    header = _HEADER.pack(MAGIC, 1, _GREY if grey else 0, 0, width, height, *lengths, zlib.crc32(content), planes)
    return header + _CRC.pack(zlib.crc32(header)) + content


def sealed(data: bytes) -> bytes:
    """A file with its checksums made true again, after bytes of its content were changed."""
    start = _HEADER.size + _CRC.size
    fields = list(_HEADER.unpack_from(data))
    fields[-2] = zlib.crc32(data[start:])
    header = _HEADER.pack(*fields)
    return header + _CRC.pack(zlib.crc32(header)) + data[start:]


def _unpack(data: bytes, path: str | Path | None, max_pixels: int) -> _Parts:
    start = _HEADER.size + _CRC.size
    if not data.startswith(MAGIC):
        raise FormatError(path, "this is not a .jvvc file")
    if len(data) < start:
        raise DamagedError(path, "the file ends inside its header")
    if _CRC.unpack_from(data, _HEADER.size)[0] != zlib.crc32(data[: _HEADER.size]):
        raise DamagedError(path, "the header does not match its checksum")
    _, version, flags, zero, width, height, *lengths, crc, planes = _HEADER.unpack_from(data)
    if version != 1 or flags & ~_GREY or zero:
        raise FormatError(path, f"version {version} of the .jvvc format is not one this release reads")
    if not 0 < width * height <= max_pixels or max(width, height) > _SIDE:
        raise LimitError(path, f"{width} x {height} pixels are outside the limits")
    if len(data) != start + sum(lengths) or crc != zlib.crc32(data[start:]):
        raise DamagedError(path, "the content does not match its length and checksum")
    ends = np.cumsum(lengths).tolist()
    blocks = [data[start + end - length : start + end] for end, length in zip(ends, lengths, strict=True)]
    return _Parts(width, height, bool(flags & _GREY), planes, *blocks)


def versions() -> dict[str, str]:
    """Of the ffmpeg program and of libvvenc inside it."""
    return {"ffmpeg": ffmpeg.version(), "libvvenc": encoder_version()}


CARD = Card(
    name="vvc",
    codec=Vvc,
    summary="VVC intra by vvenc in ffmpeg (a GPL build, run as a program)",
    licence="BSD-3-Clause-Clear (vvenc), in a GPL build of ffmpeg",
    suffix=".jvvc",
    install=ffmpeg.INSTALL,
    present=needs("imageio_ffmpeg"),
    versions=versions,
    pace=6.4,
    sweep=(37, 32, 27, 22),
    magic=MAGIC,
    read=read,
    seal=sealed,
)
