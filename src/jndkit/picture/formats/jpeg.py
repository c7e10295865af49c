"""The marker segments of a JPEG file: what must be known before, and what a decoder does not tell.

Source: ITU-T T.81, annex B (compressed data formats).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jndkit.errors import DamagedError, FormatError, LimitError
from jndkit.limits import MAX_SCANS, MAX_SEGMENTS
from jndkit.picture.metadata.mark import is_mark

SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # frame headers; the others are tables, or reserved
_SEQUENTIAL_OR_PROGRESSIVE = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}  # what libjpeg-turbo decodes
_ARITHMETIC = {0xC9, 0xCA}
_SOS, _COM, _APP2 = 0xDA, 0xFE, 0xE2
MARKER = re.compile(rb"\xff[^\x00\xff]")  # before 0xff a 0xff only fills, before 0 it is data
STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # no length follows them


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


def _frame(survey: Survey, marker: int, body: bytes, path: str | None) -> None:
    if marker not in _SEQUENTIAL_OR_PROGRESSIVE:
        raise FormatError(path, "it is a lossless or hierarchical JPEG, which is not read")
    if len(body) < 6:
        raise DamagedError(path, "the JPEG frame header is cut off")
    if body[0] != 8:
        raise FormatError(path, f"it is a JPEG of {body[0]} bits per sample; only 8 bits are read")
    survey.height, survey.width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    # Three bytes a component: its number, its sampling factors, its table.
    survey.blocks = 0 if marker in _ARITHMETIC else _blocks(survey.width, survey.height, body[7::3][: body[5]])


def _blocks(width: int, height: int, samplings: bytes) -> int:
    """Source: ITU-T T.81, A.1.1 (sampling factors) and A.2.3 (blocks of one component)."""
    factors = [(byte >> 4, byte & 15) for byte in samplings]
    across, down = (max((factor[axis] for factor in factors), default=0) for axis in (0, 1))
    if not across or not down:
        return 0
    return sum(-(-width * x // (8 * across)) * -(-height * y // (8 * down)) for x, y in factors)


def surveyed(data: bytes, path: str | None) -> Survey:
    """Walk the segments up to the first scan and look for the end of the picture.

    Raises DamagedError where the file is cut off (a decoder would paint the rest grey), FormatError for kinds of JPEG
    that are not read, LimitError for absurdly many segments or scans.
    """
    survey = Survey()
    at = 2
    for _ in range(MAX_SEGMENTS):
        survey.junk |= data[at : at + 1] != b"\xff" or data[at + 1 : at + 2] == b"\0"
        start = MARKER.search(data, at)
        at = len(data) if start is None else start.start()
        if at + 4 > len(data):
            raise DamagedError(path, "the JPEG file is truncated")
        marker = data[at + 1]
        if marker in (0xD8, 0xD9):  # a second start, or an end without a picture
            raise DamagedError(path, "the JPEG headers are corrupt")
        if marker in STANDALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        if length < 2:  # it counts itself
            raise DamagedError(path, "the JPEG headers are corrupt")
        body = data[at + 4 : at + 2 + length]
        if marker in SOF:
            _frame(survey, marker, body, path)
        elif marker == _COM:
            survey.marked |= is_mark(body)
        elif marker == _APP2 and body.startswith(b"MPF\0"):
            survey.several = True
        at += 2 + length
        if marker == _SOS:
            return _scans(data, at, survey, path)
    raise LimitError(path, f"the JPEG file has more than {MAX_SEGMENTS} segments")


def _scans(data: bytes, at: int, survey: Survey, path: str | None) -> Survey:
    end = data.find(b"\xff\xd9", at)  # in coded data 0 or the number of a restart follows 0xff
    if end < 0:
        raise DamagedError(
            path, "the JPEG file is truncated: its end marker is missing; --damaged keep takes what there is"
        )
    if data.count(b"\xff\xda", at, end) >= MAX_SCANS:
        raise LimitError(path, f"the JPEG file has more than {MAX_SCANS} scans")
    if survey.width == survey.height == 0:
        raise DamagedError(path, "the JPEG frame header is missing")
    survey.coded = end - at
    return survey


def require_enough(survey: Survey, path: str | None) -> None:
    """Raise DamagedError for fewer bytes than so many pixels need; a decoder would paint the rest grey."""
    if 8 * survey.coded < survey.blocks:  # every block has a DC code of at least one bit
        raise DamagedError(
            path,
            f"the JPEG file is truncated: {survey.coded} bytes cannot hold {survey.width} x {survey.height} pixels",
        )
