"""Damage in the scans of a JPEG file, as libjpeg-turbo sees it.

The decoder warns where the entropy-coded data of a scan holds fewer or more blocks than the frame has, or codes that
are not in its tables. What surrounds the scans is left out of the stream it gets, since odd headers harm no pixel.

Source: ITU-T T.81, annex B (compressed data formats), annexes F and G (sequential and progressive coding).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jndkit.limits import MAX_SEGMENTS
from jndkit.picture.formats.jpeg import MARKER, SOF, STANDALONE

_START, _END = b"\xff\xd8", b"\xff\xd9"
_DHT, _DAC, _SOS, _DQT, _DNL, _DRI = 0xC4, 0xCC, 0xDA, 0xDB, 0xDC, 0xDD
_KEPT = SOF | {_DHT, _DAC, _SOS, _DQT, _DNL, _DRI}
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # restart markers belong to the scan
_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_STRAY = 2  # bytes that cameras leave before the end marker; the decoder does not count what it had read ahead
_PADDING = 16  # zeros that writers leave there
_SECTOR = bytes(512)  # what a lost sector of a disk reads as


@dataclass
class Stream:
    """What of a JPEG stream makes its pixels. parts: its segments and scans.  scanned: components that have a DC scan.

    width, height, components: of the frame, 0 or none where it has no frame.  ended: an end marker follows.
    holed: a refinement of AC coefficients has a long run of zeros, which decodes to no change and soon falls into step
        again. A coder writes at most 117, as 937 correction bits follow each code.
    """

    parts: list[bytes | memoryview] = field(default_factory=list)
    width: int = 0
    height: int = 0
    components: bytes = b""
    scanned: set[int] = field(default_factory=set)
    ended: bool = False
    holed: bool = False

    def joined(self, tables: Stream | None = None) -> bytes:
        """A whole stream again, with the tables of an abbreviated one before it."""
        return b"".join([_START, *(tables.parts if tables else ()), *self.parts, _END])

    @property
    def ending(self) -> bytes:
        """The last bytes of the last scan."""
        return bytes(self.parts[-1][-_PADDING:]) if self.parts else b""


def take_apart(data: bytes | memoryview) -> Stream:
    """The segments of a JPEG stream up to its end marker, those that a decoder of pixels does not need left out."""
    view, stream, at = memoryview(data), Stream(), 2
    for _ in range(MAX_SEGMENTS):
        marker = MARKER.search(view, at)
        if marker is None:
            break
        if view[marker.end() - 1] == _END[1]:
            stream.ended = True
            break
        kind, at = view[marker.end() - 1], marker.end()
        if kind in STANDALONE or kind == _START[1]:  # a second start, as of a thumbnail, is passed over
            continue
        length = int.from_bytes(view[at : at + 2])
        body = view[at + 2 : at + length]
        at += max(length, 2)
        if kind not in _KEPT:
            continue
        stream.parts.append(b"\xff" + bytes([kind]) + view[at - max(length, 2) : at])
        if kind in SOF and len(body) >= 6:
            stream.height, stream.width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
            stream.components = bytes(body[6::3])
        elif kind == _SOS and body:
            end = _AFTER_SCAN.search(view, at)
            coded = view[at:] if end is None else view[at : end.start()]
            _scan(stream, body, coded)
            at += len(coded)
    return stream


def _scan(stream: Stream, header: memoryview, coded: memoryview) -> None:
    stream.parts.append(coded)
    selectors = 1 + 2 * header[0]
    spectral, approximation = header[selectors : selectors + 1], header[selectors + 2 : selectors + 3]
    if bytes(spectral) == b"\0":  # it begins at the DC coefficient
        stream.scanned |= set(header[1:selectors:2])
    elif bytes(approximation) > b"\x0f":  # bits of coefficients that earlier scans began
        stream.holed |= _SECTOR in bytes(coded)


def damage(data: bytes) -> str | None:
    """What is wrong with the scans of a whole JPEG file, or None."""
    stream = take_apart(data)
    reason = scan_damage(stream, stream.joined())
    return reason if reason or stream.ended else "the JPEG file is truncated: its end marker is missing"


def scan_damage(stream: Stream, whole: bytes) -> str | None:
    """The same of a stream that was taken apart, and put together with its tables."""
    if not set(stream.components) <= stream.scanned:
        return "the JPEG scans do not hold every colour component"
    if stream.holed:
        return "a block of a JPEG scan is zeros"
    warning = _warning(whole, len(stream.components))
    if warning is None or _is_padding(warning, stream.ending):
        return None
    return f"a JPEG scan is damaged ({warning})"


def _warning(whole: bytes, components: int) -> str | None:
    """The first warning of libjpeg-turbo, which decodes an eighth of the size: all codes are read all the same."""
    from simplejpeg import decode_jpeg

    space = "CMYK" if components == 4 else "GRAY"
    try:
        decode_jpeg(whole, space, fastdct=True, fastupsample=True, min_height=1, min_width=1, min_factor=8)
    except ValueError as error:
        text = str(error)
        warning = text.removeprefix("Corrupt JPEG data: ")
        # What this decoder cannot do at all says nothing about the file.
        if warning != text or text.startswith(("Premature end", "Inconsistent progression")):
            return warning
    return None


def _is_padding(warning: str, ending: bytes) -> bool:
    """Whether the scan is whole and a few bytes of no meaning follow it."""
    extraneous = _EXTRANEOUS.fullmatch(warning)
    if extraneous is None:
        return False
    count = int(extraneous[1])
    return count <= _STRAY or (count <= _PADDING and ending.endswith(bytes(count)))


def completed(data: bytes) -> bytes:
    """The file with an end marker, where it has a scan and lost the marker."""
    stream = take_apart(data)
    return data if stream.ended or not stream.scanned else data + _END
