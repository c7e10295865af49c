"""The marker segments of a JPEG file: what must be known before, and what a decoder does not tell.

Source: ITU-T T.81, annex B (compressed data formats).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from jndkit.errors import DamagedError, FormatError, LimitError
from jndkit.limits import MAX_SCANS, MAX_SEGMENTS
from jndkit.picture.contract import JpegCoding
from jndkit.picture.metadata.mark import is_mark

SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # frame headers; the others are tables, or reserved
_SEQUENTIAL_OR_PROGRESSIVE = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}  # what libjpeg-turbo decodes
_PROGRESSIVE, _ARITHMETIC = {0xC2, 0xCA}, {0xC9, 0xCA}
_SOI, _EOI, _SOS, _DQT, _COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xFE
APP1, APP2 = 0xE1, 0xE2
XMP = b"http://ns.adobe.com/xap/1.0/\0"  # what XMP in a segment APP1 begins with
MPF = b"MPF\0"  # what the index of a multi-picture file begins with
MARKER = re.compile(rb"\xff[^\x00\xff]")  # before 0xff a 0xff only fills, before 0 it is data
ZIGZAG = sorted(
    range(64), key=lambda place: (sum(divmod(place, 8)), place // 8 if sum(divmod(place, 8)) % 2 else place % 8)
)
"""The frequencies in the order of coding, each as eight times its row and its column.  Source: T.81, figure A.6."""
STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # no length follows them
_OUTSIDE_SCAN = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


@dataclass(frozen=True)
class Segment:
    """A marker with what follows it. at: of the marker.  body: after marker and length, cut off where the file is.

    end: where the segment ends, beyond the file where it is cut off.  junk: bytes before it belong to no segment.
    """

    marker: int
    at: int
    body: bytes
    end: int
    junk: bool


@dataclass
class Survey:
    """marked: a comment names jndkit.  several: the file holds further pictures (multi-picture format).

    app2: segments of the kind APP2: profiles, the index of further pictures, the announcement of a gain map.
    blocks: 8 x 8 blocks of all components together that a complete file codes, by Huffman codes; 0 for other codes.
    coded: bytes from the first scan to the end.  junk: bytes stand between the segments, which decoders skip.
    frame: its marker and three bytes a component: its number, its sampling factors, its table.
    tables: of quantisation, by number, as in `JpegCoding`.
    """

    width: int = 0
    height: int = 0
    blocks: int = 0
    coded: int = 0
    marked: bool = False
    app2: list[Segment] = field(default_factory=list)
    junk: bool = False
    frame: tuple[int, bytes] = (0, b"")
    tables: dict[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def coding(self) -> JpegCoding | None:
        """How the pixels are coded; None where a component's table does not stand before the first scan."""
        marker, components = self.frame
        tables = [self.tables.get(number) for number in components[2::3]]
        known = tuple(table for table in tables if table is not None)
        if not known or len(known) < len(tables):
            return None
        samplings = tuple((byte >> 4, byte & 15) for byte in components[1::3])
        return JpegCoding(known, samplings, marker in _PROGRESSIVE, marker in _ARITHMETIC)

    @property
    def several(self) -> bool:
        return any(segment.body.startswith(MPF) for segment in self.app2)


def _frame(survey: Survey, marker: int, body: bytes, path: str | None) -> None:
    if marker not in _SEQUENTIAL_OR_PROGRESSIVE:
        raise FormatError(path, "it is a lossless or hierarchical JPEG, which is not read")
    if len(body) < 6:
        raise DamagedError(path, "the JPEG frame header is cut off")
    if body[0] != 8:
        raise FormatError(path, f"it is a JPEG of {body[0]} bits per sample; only 8 bits are read")
    survey.height, survey.width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    survey.frame = marker, body[6 : 6 + 3 * body[5]]
    survey.blocks = 0 if marker in _ARITHMETIC else _blocks(survey.width, survey.height, survey.frame[1][1::3])


def _tables(survey: Survey, body: bytes) -> None:
    """Source: ITU-T T.81, B.2.4.1 (quantisation tables)."""
    at = 0
    while at < len(body):
        width = 2 if body[at] >> 4 else 1
        steps = body[at + 1 : at + 1 + 64 * width]
        if len(steps) < 64 * width:
            return
        values = [int.from_bytes(steps[start : start + width]) for start in range(0, len(steps), width)]
        table = [0] * 64
        for place, value in zip(ZIGZAG, values, strict=True):
            table[place] = value
        survey.tables[body[at] & 15] = tuple(table)
        at += 1 + 64 * width


def _blocks(width: int, height: int, samplings: bytes) -> int:
    """Source: ITU-T T.81, A.1.1 (sampling factors) and A.2.3 (blocks of one component)."""
    factors = [(byte >> 4, byte & 15) for byte in samplings]
    across, down = (max((factor[axis] for factor in factors), default=0) for axis in (0, 1))
    if not across or not down:
        return 0
    return sum(-(-width * x // (8 * across)) * -(-height * y // (8 * down)) for x, y in factors)


def segments(data: bytes, path: str | None) -> Iterator[Segment]:
    """The segments of a JPEG file up to the header of its first scan, which is the last.

    Raises DamagedError where the file is cut off or the headers are corrupt, LimitError for absurdly many segments.
    """
    at = 2
    junk = False
    for _ in range(MAX_SEGMENTS):
        junk |= data[at : at + 1] != b"\xff" or data[at + 1 : at + 2] == b"\0"
        start = MARKER.search(data, at)
        at = len(data) if start is None else start.start()
        if at + 4 > len(data):
            raise DamagedError(path, "the JPEG file is truncated")
        marker = data[at + 1]
        if marker in (_SOI, _EOI):  # a second start, or an end without a picture
            raise DamagedError(path, "the JPEG headers are corrupt")
        if marker in STANDALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        if length < 2:  # it counts itself
            raise DamagedError(path, "the JPEG headers are corrupt")
        end = at + 2 + length
        yield Segment(marker, at, data[at + 4 : end], end, junk)
        if marker == _SOS:
            return
        at, junk = end, False
    raise LimitError(path, f"the JPEG file has more than {MAX_SEGMENTS} segments")


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG file. body: at most 65,533 bytes."""
    return b"\xff" + bytes([marker]) + (2 + len(body)).to_bytes(2) + body


def surveyed(data: bytes, path: str | None) -> Survey:
    """Walk the segments up to the first scan and look for the end of the picture.

    Raises DamagedError where the file is cut off (a decoder would paint the rest grey), FormatError for kinds of JPEG
    that are not read, LimitError for absurdly many segments or scans.
    """
    survey = Survey()
    end = 0
    for segment in segments(data, path):
        survey.junk |= segment.junk
        if segment.marker in SOF:
            _frame(survey, segment.marker, segment.body, path)
        elif segment.marker == _DQT:
            _tables(survey, segment.body)
        elif segment.marker == _COM:
            survey.marked |= is_mark(segment.body)
        elif segment.marker == APP2:
            survey.app2.append(segment)
        end = segment.end
    return _scans(data, end, survey, path)


def picture_end(data: bytes, start: int = 0) -> int | None:
    """Where the picture that begins at `start` ends, after its end marker; None where that is missing.

    Unlike a search for the two bytes of the marker it minds that tables between the scans may hold them.
    """
    at = start + 2
    for _ in range(MAX_SEGMENTS):
        marker = _OUTSIDE_SCAN.search(data, at)
        if marker is None:
            return None
        kind, at = data[marker.end() - 1], marker.end()
        if kind == _EOI:
            return at
        if kind not in STANDALONE and kind != _SOI:
            at += max(2, int.from_bytes(data[at : at + 2]))
    return None


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
