"""The metadata of a gain map, as its own file says it.

Source: ISO 21496-1:2025, in the binary form that libultrahdr 1.4 writes and reads; Ultra HDR Image Format 1.1,
"HDR gain map metadata".
"""

from __future__ import annotations

import math
import struct

from jndkit.picture.hdr.gain_map import GainMapMetadata
from jndkit.picture.metadata.xmp import HDRGM
from jndkit.picture.metadata.xmp_properties import properties

ISO_NAME = b"urn:iso:std:iso:ts:21496:-1\0"
"""What an APP2 segment of ISO 21496-1 begins with."""

_THREE_CHANNELS, _ONE_DENOMINATOR = 0x80, 0x08
_KNOWN_VERSION = 0  # the least version that a reader must know
_MOST_STOPS = 64.0  # log2; displays have 4, and float32 holds no more than 128


def from_iso(block: bytes) -> GainMapMetadata | None:
    """What the segment of a gain map says after its name; None for a version to come.

    Besides the standard's form, in which each number has its own denominator, that with one for all is read, which
    libultrahdr writes. Raises ValueError for damaged ones.
    """
    try:
        needed, _, flags = struct.unpack_from(">HHB", block)
        if needed > _KNOWN_VERSION:
            return None
        channels = 3 if flags & _THREE_CHANNELS else 1
        if flags & _ONE_DENOMINATOR:
            below, *above = struct.unpack_from(f">III{'iiIii' * channels}", block, 5)
            numbers = [value / below for value in above]
        else:
            pairs = struct.unpack_from(f">IIII{'iIiIIIiIiI' * channels}", block, 5)
            numbers = [value / below for value, below in zip(pairs[::2], pairs[1::2], strict=True)]
    except (struct.error, ZeroDivisionError):
        raise ValueError("its metadata is damaged") from None
    base, alternate, *rest = numbers
    least, most, gamma, base_offset, alternate_offset = (tuple(rest[place::5]) for place in range(5))
    return _checked(GainMapMetadata(least, most, gamma, base_offset, alternate_offset, base, alternate))


def from_xmp(packet: bytes) -> GainMapMetadata | None:
    """What the XMP packet of a gain map says; None where it says nothing. Raises ValueError for damage."""
    said = properties(packet, HDRGM)
    if "Version" not in said:
        return None

    def numbers(name: str, usual: str | None = None) -> tuple[float, ...]:
        written = said.get(name) or ((usual,) if usual is not None else ())
        if len(written) not in (1, 3):
            raise ValueError(f"its gain map says {len(written)} numbers for {name}")
        return tuple(map(float, written))  # raises ValueError itself

    try:
        capacity = numbers("HDRCapacityMin", "0")[0], numbers("HDRCapacityMax")[0]
        # Where the picture as it stands is the bright one, the two change places.
        base, alternate = capacity[::-1] if said.get("BaseRenditionIsHDR", ("False",)) == ("True",) else capacity
        metadata = GainMapMetadata(
            least=numbers("GainMapMin", "0"),
            most=numbers("GainMapMax"),
            gamma=numbers("Gamma", "1"),
            base_offset=numbers("OffsetSDR", "0.015625"),
            alternate_offset=numbers("OffsetHDR", "0.015625"),
            base_headroom=base,
            alternate_headroom=alternate,
        )
    except ValueError:
        raise ValueError("its metadata is damaged") from None
    return _checked(metadata)


def _checked(metadata: GainMapMetadata) -> GainMapMetadata:
    """The metadata. Raises ValueError for what no gain map can mean."""
    gains = (*metadata.least, *metadata.most)
    headrooms = metadata.base_headroom, metadata.alternate_headroom
    offsets = (*metadata.base_offset, *metadata.alternate_offset)
    sound = (
        all(abs(gain) <= _MOST_STOPS for gain in gains)
        and all(0 <= headroom <= _MOST_STOPS for headroom in headrooms)
        and all(math.isfinite(offset) for offset in offsets)
        and all(0 < gamma < math.inf for gamma in metadata.gamma)
    )
    if not sound:  # NaN fails every comparison, too
        raise ValueError("its metadata is damaged")
    return metadata
