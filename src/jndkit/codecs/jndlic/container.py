"""The `.jlic` file: a header, and streams whose kinds and lengths it lists. docs/reference/jlic.md has every byte.

What a file says is believed only where a checksum stands behind it, and nothing is allocated before its size is known
to lie within the limits.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from jndkit.codecs.jndlic.layout import LAYOUTS, SERIAL
from jndkit.errors import DamagedError, FormatError, LimitError
from jndkit.limits import MAX_BLOCK, check_size

# Like PNG's: a byte above 127, CR LF and the old end of text give transfers away that took the file for text.
MAGIC = b"\x89JLIC\r\n\x1a"
VERSIONS = frozenset((*LAYOUTS, SERIAL.version))  # of the format; others are refused
SIDE = 65535  # pixels, a limit of the format
GREY = 1
DIGEST = 8  # bytes of the weights' sha256 that are kept

SYMBOLS, ALPHA, ICC, EXIF, XMP, MARK = range(1, 7)
# A stream of symbols or of alpha may be as long as a file; the others are text and small tables.
_MOST = {ICC: MAX_BLOCK, EXIF: MAX_BLOCK, XMP: MAX_BLOCK, MARK: 255}

_HEADER = struct.Struct("<8sBBHII8sIIBB")  # docs/reference/jlic.md, offsets 0 to 37
_ENTRY = struct.Struct("<BI")
_CRC = struct.Struct("<I")


@dataclass(frozen=True)
class Contents:
    """What a file holds.

    width, height: of the picture, pixels.  knob: the whole number the networks are told.  grey: one channel is meant.
    weights: name of the weights.  digest: the first bytes of their sha256.
    checksum: CRC-32 of the decoded symbols.  streams: kind -> bytes, without empty ones.
    version: of the format, which says in what order symbols are coded.
    """

    width: int
    height: int
    knob: int
    grey: bool
    weights: str
    digest: bytes
    checksum: int
    streams: dict[int, bytes] = field(default_factory=dict)
    version: int = 1


def pack(contents: Contents) -> bytes:
    """The bytes of a file."""
    name = contents.weights.encode("ascii")
    # The format wants kinds ascending.
    streams = {kind: stream for kind, stream in sorted(contents.streams.items()) if stream}
    body = b"".join(streams.values())
    header = _HEADER.pack(
        MAGIC,
        contents.version,
        GREY if contents.grey else 0,
        contents.knob,
        contents.width,
        contents.height,
        contents.digest,
        contents.checksum,
        zlib.crc32(body),
        len(streams),
        len(name),
    )
    header += name + b"".join(_ENTRY.pack(kind, len(stream)) for kind, stream in streams.items())
    return header + _CRC.pack(zlib.crc32(header)) + body


def sealed(data: bytes) -> bytes:
    """A file with its checksums made true again, after bytes of its streams were changed."""
    fields = list(_HEADER.unpack_from(data))
    *_, crc, count, letters = range(len(fields))
    end = _HEADER.size + fields[letters] + fields[count] * _ENTRY.size
    fields[crc] = zlib.crc32(data[end + _CRC.size :])
    header = _HEADER.pack(*fields) + data[_HEADER.size : end]
    return header + _CRC.pack(zlib.crc32(header)) + data[end + _CRC.size :]


def unpack(data: bytes, path: str | Path | None, max_pixels: int) -> Contents:
    """What a file holds; every length and checksum but that of the symbols has been checked.

    path: named in errors.  max_pixels: the largest width times height.
    Raises FormatError, LimitError, DamagedError.
    """
    if not data.startswith(MAGIC):
        raise FormatError(path, "this is not a .jlic file")
    if len(data) < _HEADER.size:
        raise DamagedError(path, "the file ends inside its header")
    _, version, flags, knob, width, height, digest, checksum, crc, count, letters = _HEADER.unpack_from(data)
    if version not in VERSIONS:
        raise FormatError(path, f"version {version} of the .jlic format is not one this release reads")
    start = _HEADER.size + letters + count * _ENTRY.size
    if len(data) < start + _CRC.size:
        raise DamagedError(path, "the file ends inside its header")
    if _CRC.unpack_from(data, start)[0] != zlib.crc32(data[:start]):
        raise DamagedError(path, "the header does not match its checksum")
    if flags & ~GREY:
        raise FormatError(path, f"it uses features of the .jlic format that this release does not read (flags {flags})")
    named = None if path is None else str(path)
    check_size(named, width, height, max_pixels)
    if max(width, height) > SIDE:
        raise LimitError(path, f"{width} x {height} pixels are more than {SIDE} a side")
    lengths = _lengths(data[_HEADER.size + letters : start], path)
    body = data[start + _CRC.size :]
    if len(body) != sum(lengths.values()):
        wrong = "ends before its streams do" if len(body) < sum(lengths.values()) else "goes on after its last stream"
        raise DamagedError(path, f"the file {wrong}")
    if crc != zlib.crc32(body):
        raise DamagedError(path, "the streams do not match their checksum")
    streams, at = {}, 0
    for kind, length in lengths.items():
        streams[kind] = body[at : at + length]
        at += length
    # Latin-1 decodes anything; `weights.check_name` judges what came of it.
    name = data[_HEADER.size : _HEADER.size + letters].decode("latin-1")
    return Contents(width, height, knob, bool(flags & GREY), name, digest, checksum, streams, version)


def _lengths(entries: bytes, path: str | Path | None) -> dict[int, int]:
    """Kind -> length of the streams that are listed."""
    lengths: dict[int, int] = {}
    for kind, length in _ENTRY.iter_unpack(entries):
        if not SYMBOLS <= kind <= MARK:
            raise FormatError(path, f"it has a stream of kind {kind}, which this release does not read")
        if kind <= max(lengths, default=0):
            raise DamagedError(path, "its streams are not in their order")
        if length == 0:
            raise DamagedError(path, "it lists a stream that is empty")
        if length > _MOST.get(kind, length):
            raise LimitError(path, f"a block of metadata of {length / 1e6:.1f} MB is more than the limit")
        lengths[kind] = length
    return lengths
