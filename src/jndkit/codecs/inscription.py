"""The mark of a finished file: what came out is known only once the file was read, and is written into its place."""

from __future__ import annotations

import struct
import zlib

from jndkit.picture.metadata.mark import Outcome, filled

_PNG = b"\x89PNG\r\n\x1a\n"
_JVVC = b"\x89JVVC\r\n\x1a"
_JLIC = b"\x89JLIC\r\n\x1a"


def inscribed(data: bytes, blank: str, outcome: Outcome) -> bytes:
    """The file with `outcome` in its mark, of the same length; checksums are made true again.

    blank: `Picture.mark` of the picture that was coded.  A file without that mark stays as it is.
    """
    before, after = blank.encode(), filled(blank, outcome).encode()
    if before == after or before not in data:
        return data
    data = data.replace(before, after, 1)
    if data.startswith(_PNG):
        return _png_sealed(data, data.index(after))
    if data.startswith(_JLIC):
        from jndkit.codecs.jndlic import container

        return container.sealed(data)
    if data.startswith(_JVVC):
        from jndkit.codecs import vvc

        return vvc.sealed(data)
    return data


def _png_sealed(data: bytes, at: int) -> bytes:
    """The PNG file with the checksum of the chunk around byte `at` made true."""
    start = len(_PNG)
    while True:
        (length,) = struct.unpack_from(">I", data, start)
        end = start + 8 + length
        if at < end:
            return data[:end] + struct.pack(">I", zlib.crc32(data[start + 4 : end])) + data[end + 4 :]
        start = end + 4
