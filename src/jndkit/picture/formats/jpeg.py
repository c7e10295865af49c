"""The marker segments of a JPEG file: what must be known before, and what a decoder does not tell.

Source: ITU-T T.81, annex B (compressed data formats).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jndkit.errors import DamagedError, FormatError, LimitError
from jndkit.limits import MAX_SCANS, MAX_SEGMENTS
from jndkit.picture.metadata.mark import is_mark

_SOF = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL_OR_PROGRESSIVE = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
_ARITHMETIC = {0xC9, 0xCA}
_SOS, _COM, _APP2 = 0xDA, 0xFE, 0xE2
_MARKER = re.compile(rb"\xff[^\x00\xff]")  # before 0xff a 0xff only fills, before 0 it is data
_STANDALONE = {0x01, *range(0xD0, 0xD8)}


@dataclass
class Survey:
    """marked: a comment names jndkit.  several: the file holds further pictures (multi-picture format).

    blocks: 8 x 8 blocks of all components together that a complete file codes, by Huffman codes; 0 for other codes.
    coded: bytes from the first scan to the end.  junk: bytes stand between the segments, which decoders skip.
    """

    width: int = 0
    height: int = 0
    blocks: int = 0
    coded: int = 0
    marked: bool = False
    several: bool = False
    junk: bool = False


def _frame(found: Survey, marker: int, body: bytes, path: str | None) -> None:
    if marker not in _SEQUENTIAL_OR_PROGRESSIVE:
        raise FormatError(path, "it is a lossless or hierarchical JPEG, which is not read")
    if len(body) < 6:
        raise DamagedError(path, "the JPEG frame header is cut off")
    if body[0] != 8:
        raise FormatError(path, f"it is a JPEG of {body[0]} bits per sample; 8 are read")
    found.height, found.width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    found.blocks = 0 if marker in _ARITHMETIC else _blocks(found.width, found.height, body[7::3][: body[5]])


def _blocks(width: int, height: int, samplings: bytes) -> int:
    """Source: ITU-T T.81, A.1.1 (sampling factors) and A.2.3 (blocks of one component)."""
    factors = [(byte >> 4, byte & 15) for byte in samplings]
    across, down = (max((factor[axis] for factor in factors), default=0) for axis in (0, 1))
    if not across or not down:
        return 0
    return sum(-(-width * x // (8 * across)) * -(-height * y // (8 * down)) for x, y in factors)


def survey(data: bytes, path: str | None) -> Survey:
    """Walk the segments up to the first scan and look for the end of the picture.

    Raises DamagedError where the file is cut off (a decoder would paint the rest grey), FormatError for kinds of JPEG
    that are not read, LimitError for absurdly many segments or scans.
    """
    found = Survey()
    at = 2
    for _ in range(MAX_SEGMENTS):
        found.junk |= data[at : at + 1] != b"\xff" or data[at + 1 : at + 2] == b"\0"
        start = _MARKER.search(data, at)
        at = len(data) if start is None else start.start()
        if at + 4 > len(data):
            raise DamagedError(path, "the JPEG file is truncated")
        marker = data[at + 1]
        if marker in (0xD8, 0xD9):
            raise DamagedError(path, "the JPEG headers are corrupt")
        if marker in _STANDALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        if length < 2:  # it counts itself
            raise DamagedError(path, "the JPEG headers are corrupt")
        body = data[at + 4 : at + 2 + length]
        if marker in _SOF:
            _frame(found, marker, body, path)
        elif marker == _COM:
            found.marked |= is_mark(body)
        elif marker == _APP2 and body.startswith(b"MPF\0"):
            found.several = True
        at += 2 + length
        if marker == _SOS:
            return _scans(data, at, found, path)
    raise LimitError(path, f"the JPEG file has more than {MAX_SEGMENTS} segments")


def _scans(data: bytes, at: int, found: Survey, path: str | None) -> Survey:
    end = data.find(b"\xff\xd9", at)
    if end < 0:
        raise DamagedError(
            path, "the JPEG file is truncated: its end marker is missing; --damaged keep takes what there is"
        )
    if data.count(b"\xff\xda", at, end) >= MAX_SCANS:
        raise LimitError(path, f"the JPEG file has more than {MAX_SCANS} scans")
    if found.width == found.height == 0:
        raise DamagedError(path, "the JPEG frame header is missing")
    found.coded = end - at
    return found


def require_enough(found: Survey, path: str | None) -> None:
    """Raise DamagedError for fewer bytes than so many pixels need; a decoder would paint the rest grey."""
    if 8 * found.coded < found.blocks:  # every block has a DC code of at least one bit
        raise DamagedError(
            path, f"the JPEG file is truncated: {found.coded} bytes cannot hold {found.width} x {found.height} pixels"
        )
