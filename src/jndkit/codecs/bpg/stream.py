"""The NAL units of a picture: taken apart, put together, and checked against the hash that an encoder may add.

Source: ITU-T Rec. H.265, clauses 7.3.1.2, 7.4.2.2 (kinds), B.2 (start codes), D.2.19 and D.3.19 (picture hash).
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from jndkit.codecs.bpg.bits import BitReader, unescaped
from jndkit.codecs.bpg.parameters import PPS, nal_header

START = b"\0\0\1"
SUFFIX_SEI = 40
FIRST_KEY, LAST_KEY = 16, 23  # kinds of slices that need no other picture
_SLICES = 32  # kinds below it are slices
_PICTURE_HASH = 132
_MOST_SEI = 128  # bytes of a unit that a hash takes at most, with what keeps start codes out of it
_CRC = 1
_CRC_START = 0x1D0F  # what 0xFFFF becomes over 16 zero bits: the standard appends these, and `crc_hqx` does not

Plane = npt.NDArray[np.unsignedinteger]


def kind(nal: bytes) -> int:
    return nal[0] >> 1 & 63


def layer(nal: bytes) -> int:
    return (nal[0] & 1) << 5 | nal[1] >> 3


def in_layer(nal: bytes, number: int) -> bytes:
    """The same NAL unit with another layer."""
    return nal_header(kind(nal), number) + nal[2:]


def joined(nals: Iterable[bytes]) -> bytes:
    """NAL units, each after a start code."""
    return b"".join(START + nal for nal in nals)


def split(data: bytes) -> list[bytes]:
    """The NAL units between start codes, without the zeros that may precede one. Units too short for one are left out.

    data: may begin with a unit or with a start code.
    """
    parts = (part.rstrip(b"\0") for part in data.split(START))
    return [part for part in parts if len(part) > 2]


def first_picture(nals: Iterable[bytes], number: int) -> list[bytes]:
    """Of the NAL units of a layer those of its first picture, in layer 0: its PPS, slices and hash."""
    wanted: list[bytes] = []
    begun = False
    for nal in nals:
        if layer(nal) != number or not (kind(nal) < _SLICES or kind(nal) in (PPS, SUFFIX_SEI)):
            continue
        if kind(nal) < _SLICES and nal[2] & 128:  # first_slice_segment_in_pic_flag
            if begun:
                break
            begun = True
        elif kind(nal) == PPS and begun:
            break
        wanted.append(in_layer(nal, 0))
    return wanted


def is_key_picture(nals: Iterable[bytes]) -> bool:
    """Whether there are slices, and all of them need no other picture."""
    slices = [kind(nal) for nal in nals if kind(nal) < _SLICES]
    return bool(slices) and all(FIRST_KEY <= each <= LAST_KEY for each in slices)


def picture_hash(nals: Iterable[bytes]) -> tuple[int, bytes] | None:
    """(0 MD5, 1 CRC or 2 checksum; the hashes of the planes), where an encoder put one in.

    Raises ValueError for a message that is cut off.
    """
    for nal in nals:
        if kind(nal) != SUFFIX_SEI:
            continue
        bits = BitReader(unescaped(nal[2 : 2 + _MOST_SEI]))
        message, size = _numbered(bits), _numbered(bits)
        if message == _PICTURE_HASH and size > 1:
            return bits.u(8), bits.u(8 * (size - 1)).to_bytes(size - 1)
    return None


def agrees(planes: Sequence[Plane], how: int, stated: bytes) -> bool:
    """Whether decoded planes have the hash that an encoder stated of them.

    planes: uint8, or uint16 beyond 8 bits, (H, W) each.  how, stated: as `picture_hash` returns them.
    """
    if how >= len(_HASHES):
        return True  # a kind that is yet to come
    if how == _CRC:  # x265 up to 4.2 states a wrong one of chroma
        planes, stated = planes[:1], stated[:2]
    return b"".join(_HASHES[how](plane) for plane in planes) == stated


def _numbered(bits: BitReader) -> int:
    """A number as a sum of bytes, of which all but the last are 255."""
    total = 0
    while (step := bits.u(8)) == 255:
        total += step
    return total + step


def _stored(plane: Plane) -> bytes:
    return plane.astype(plane.dtype.newbyteorder("<")).tobytes()


def _md5(plane: Plane) -> bytes:
    return hashlib.md5(_stored(plane), usedforsecurity=False).digest()


def _crc16(plane: Plane) -> bytes:
    return binascii.crc_hqx(_stored(plane), _CRC_START).to_bytes(2)


def _checksum(plane: Plane) -> bytes:
    """The sum of all bytes, each turned over by a mask made of its place."""
    y, x = np.arange(plane.shape[0])[:, None], np.arange(plane.shape[1])
    mask = ((x & 255) ^ (y & 255) ^ (x >> 8) ^ (y >> 8)).astype(np.uint8)
    total = int(((plane & 255).astype(np.uint8) ^ mask).sum(dtype=np.uint64))
    if plane.dtype != np.uint8:
        total += int(((plane >> 8).astype(np.uint8) ^ mask).sum(dtype=np.uint64))
    return (total & 0xFFFFFFFF).to_bytes(4)


_HASHES = (_md5, _crc16, _checksum)
