"""The segments of a JPEG file whose coefficients are to be read, and what is refused before any is.

Source: ITU-T T.81, annex B (segments), annex C (codes from lengths), G.1.1.1 (what scans may hold).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.coefficients import LARGEST_SIDE, Table, blocks_of
from jndkit.codecs.jpeg.symbols import ZIGZAG
from jndkit.errors import DamagedError, FormatError, LimitError
from jndkit.limits import MAX_PIXELS, MAX_SCANS, check_size
from jndkit.picture.damage.jpeg import take_apart
from jndkit.picture.formats.jpeg import require_enough, segments, surveyed

LARGEST_SCAN = 64_000_000  # bytes, of which a reader needs about twenty times as much memory

_APP0, _APP14 = 0xE0, 0xEE
_SOF_PROGRESSIVE, _DHT, _SOS, _DQT, _DNL, _DRI = 0xC2, 0xC4, 0xDA, 0xDB, 0xDC, 0xDD
_ARITHMETIC = frozenset({0xC9, 0xCA, 0xCC})
_RESTART = re.compile(rb"\xff+[\xd0-\xd7]")
_WRONG_SCAN = "a JPEG scan header is wrong"
_LATE_HEIGHT = "it is a JPEG that states its height late, of which no coefficients are read"
_DEEPEST = 13  # bits that successive approximation may leave to later scans


@dataclass(frozen=True, eq=False)
class Words:
    """A Huffman table as a reader uses it. found: uint16 (65536,), of all that sixteen bits say the length of the word
    they begin with times 256, plus its symbol; 0 where they begin with none.
    """

    found: npt.NDArray[np.uint16]


@dataclass
class Part:
    """One component as the frame describes it. number: its own.  table: number of its quantisation table."""

    number: int
    horizontal: int
    vertical: int
    table: int


@dataclass
class Scan:
    """parts: places of its components in the frame.  dc, ac: their Huffman tables, None where there is none.

    low, high: first and last coefficient.  previous, shift: of T.81, Ah and Al.
    intervals: coded bytes between restarts, without stuffing.  restart: units between restarts, 0 for none.
    """

    parts: list[int]
    dc: list[Words | None]
    ac: list[Words | None]
    low: int
    high: int
    previous: int
    shift: int
    intervals: list[bytes]
    restart: int


@dataclass
class File:
    """path: for messages.  tables: number -> steps; a component's as they were at its first scan."""

    path: str | None
    progressive: bool = False
    width: int = 0
    height: int = 0
    parts: list[Part] = field(default_factory=list)
    tables: dict[int, Table] = field(default_factory=dict)
    words: dict[int, Words] = field(default_factory=dict)
    restart: int = 0
    scans: list[Scan] = field(default_factory=list)
    steps: dict[int, Table] = field(default_factory=dict)

    @property
    def factors(self) -> tuple[int, int]:
        return max(part.horizontal for part in self.parts), max(part.vertical for part in self.parts)

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Rows and columns of blocks of each component."""
        return [
            blocks_of(self.width, self.height, (part.horizontal, part.vertical), self.factors) for part in self.parts
        ]

    def damaged(self, reason: str) -> DamagedError:
        return DamagedError(self.path, reason)


def parsed(data: bytes, path: str | None, max_pixels: int = MAX_PIXELS) -> File:
    """Headers, tables and scans of a JPEG file.

    Raises FormatError for kinds of JPEG whose coefficients are not read, LimitError for sizes beyond the limits,
    DamagedError where the headers contradict each other or are cut off.
    """
    if not data.startswith(b"\xff\xd8"):
        raise FormatError(path, "it is not a JPEG file")
    survey = surveyed(data, path)
    if not survey.height:
        raise FormatError(path, _LATE_HEIGHT)
    check_size(path, survey.width, survey.height, max_pixels)
    require_enough(survey, path)
    file, parts = File(path), iter(take_apart(data).parts)
    for part in parts:
        marker, body = part[1], bytes(part[4:])
        if marker in _ARITHMETIC:
            raise FormatError(path, "it is an arithmetic-coded JPEG, of which no coefficients are read")
        if marker == _DNL:
            raise FormatError(path, _LATE_HEIGHT)
        if marker == _DQT:
            _read_steps(file, body)
        elif marker == _DHT:
            _read_codes(file, body)
        elif marker == _DRI:
            if len(body) < 2:
                raise file.damaged("the JPEG restart interval is cut off")
            file.restart = int.from_bytes(body[:2])
        elif marker == _SOS:
            if not body:  # whose data is not among the parts
                raise file.damaged(_WRONG_SCAN)
            _read_scan(file, body, bytes(next(parts)))
        else:
            _read_frame(file, marker, body)
    if not file.scans:
        raise file.damaged("the JPEG file has no scan")
    _check_colours(file, data)
    return file


def _check_colours(file: File, data: bytes) -> None:
    """Refuse red, green and blue, which three components are by Adobe's segment or by their numbers, as libjpeg has it.

    Of what JFIF opens they never are.
    """
    if len(file.parts) == 1:
        return
    transform = None
    for found in segments(data, file.path):
        if found.marker == _APP0 and found.body.startswith(b"JFIF\0"):
            return
        if found.marker == _APP14 and found.body.startswith(b"Adobe") and len(found.body) >= 12:
            transform = found.body[11]
    if transform == 0 or (transform is None and bytes(part.number for part in file.parts) == b"RGB"):
        raise FormatError(file.path, "it is a JPEG of red, green and blue, of which no coefficients are read")


def _read_frame(file: File, marker: int, body: bytes) -> None:
    if file.parts:
        raise file.damaged("the JPEG file has several frame headers")
    file.progressive = marker == _SOF_PROGRESSIVE
    file.height, file.width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    count = body[5]
    if count not in (1, 3):
        raise FormatError(file.path, f"it is a JPEG of {count} components; coefficients are read of one or three")
    if len(body) < 6 + 3 * count:
        raise file.damaged("the JPEG frame header is cut off")
    if max(file.width, file.height) > LARGEST_SIDE:
        size = f"{file.width} x {file.height}"
        raise LimitError(file.path, f"the JPEG file has {size} pixels; {LARGEST_SIDE} a side are the most")
    for at in range(6, 6 + 3 * count, 3):
        number, factors, table = body[at : at + 3]
        file.parts.append(Part(number, factors >> 4, factors & 15, table))
    if not all(1 <= part.horizontal <= 4 and 1 <= part.vertical <= 4 for part in file.parts):
        raise file.damaged("the JPEG sampling factors are out of range")
    if len({part.number for part in file.parts}) != count:
        raise file.damaged("two JPEG components have one number")
    if count == 1:
        file.parts[0].horizontal = file.parts[0].vertical = 1  # a component alone has no turns to take


def _read_steps(file: File, body: bytes) -> None:
    while body:
        wide, number = body[0] >> 4, body[0] & 15
        size = 64 * (wide + 1)
        if wide > 1 or number > 3 or len(body) < 1 + size:
            raise file.damaged("a JPEG quantisation table is wrong")
        steps = np.frombuffer(body[1 : 1 + size], ">u2" if wide else np.uint8)
        if not steps.all():
            raise file.damaged("a JPEG quantisation table has a step of 0")
        if steps.max() > 255:
            raise FormatError(file.path, "it is a JPEG with steps above 255, of which no coefficients are read")
        table = np.empty(64, np.uint16)
        table[ZIGZAG] = steps
        file.tables[number] = table.reshape(8, 8)
        body = body[1 + size :]


def _read_codes(file: File, body: bytes) -> None:
    while body:
        counts = np.frombuffer(body[1:17], np.uint8).astype(np.int64)
        total = int(counts.sum())
        if len(body) < 17 + total or body[0] & ~0x13 or total > 256:
            raise file.damaged("a JPEG Huffman table is wrong")
        symbols = np.frombuffer(body[17 : 17 + total], np.uint8).astype(np.uint16)
        lengths = np.repeat(np.arange(1, 17), counts)
        spans = 1 << (16 - lengths)
        if spans.sum() > 65536:
            raise file.damaged("a JPEG Huffman table has more words than fit")
        found = np.zeros(65536, np.uint16)
        found[: spans.sum()] = np.repeat((lengths << 8).astype(np.uint16) + symbols, spans)
        file.words[body[0]] = Words(found)
        body = body[17 + total :]


def _read_scan(file: File, header: bytes, coded: bytes) -> None:
    if len(file.scans) >= MAX_SCANS:
        raise LimitError(file.path, f"the JPEG file has more than {MAX_SCANS} scans")
    if len(coded) > LARGEST_SCAN:
        raise LimitError(file.path, f"a JPEG scan has more than {LARGEST_SCAN / 1e6:.0f} MB")
    count = header[0] if header else 0
    numbers = [part.number for part in file.parts]
    chosen = list(header[1 : 1 + 2 * count : 2])
    if len(header) != 4 + 2 * count or not chosen or len({*chosen}) != count or not {*chosen} <= {*numbers}:
        raise file.damaged(_WRONG_SCAN)
    parts = sorted(numbers.index(number) for number in chosen)
    if [numbers[part] for part in parts] != chosen:
        raise file.damaged("a JPEG scan has its components out of order")
    low, high, bits = header[-3:]
    previous, shift = bits >> 4, bits & 15
    _check_band(file, count, low, high, previous, shift)
    selectors = header[2 : 2 + 2 * count : 2]
    dc = [file.words.get(selector >> 4) for selector in selectors]
    ac = [file.words.get(0x10 | selector & 15) for selector in selectors]
    if (low == 0 and not previous and None in dc) or (high and None in ac):
        raise file.damaged("a JPEG scan names a Huffman table that is not there")
    for part in parts:
        table = file.tables.get(file.parts[part].table)
        if table is None:
            raise file.damaged("a JPEG component names a quantisation table that is not there")
        file.steps.setdefault(part, table)
    pieces = _RESTART.split(coded) if file.restart else [coded]
    intervals = [piece.replace(b"\xff\0", b"\xff") for piece in pieces]
    file.scans.append(Scan(parts, dc, ac, low, high, previous, shift, intervals, file.restart))


def _check_band(file: File, count: int, low: int, high: int, previous: int, shift: int) -> None:
    if not file.progressive:
        good = (low, high, previous, shift) == (0, 63, 0, 0)
    else:
        band = high == 0 if low == 0 else low <= high <= 63 and count == 1
        good = band and shift <= _DEEPEST and previous in (0, shift + 1)
    if not good:
        raise file.damaged("a JPEG scan holds what its kind of JPEG does not")
