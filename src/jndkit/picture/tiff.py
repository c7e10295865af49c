"""What a TIFF file asks for, read before a decoder is let at it.

Source: TIFF 6.0, sections 2 and 8; TIFF Technical Note 1 (sub-images).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from jndkit.errors import DamagedError, FormatError, JndError, LimitError
from jndkit.picture import ifd
from jndkit.picture.limits import MAX_STRIPS, check_size

_KIND, _WIDTH, _LENGTH, _BITS, _ORIENTATION = 254, 256, 257, 258, 274
_TILE_WIDTH, _TILE_LENGTH = 322, 323
_STRIPS, _TILES = 273, 324
_SUB_TABLES = (0x8769, 0x8825, 0xA005)
_DNG_VERSION = 50706
_MOST_PAGES = 1000


@dataclass
class Survey:
    """width, height: of the first page.  bits: of its deepest channel.  previews: how many reduced copies follow."""

    width: int = 0
    height: int = 0
    bits: int = 1
    orientation: int = 1
    previews: int = 0


def _number(data: bytes, order: str, table: ifd.Directory, tag: int, otherwise: int) -> int:
    entry = table.find(tag)
    return otherwise if entry is None else max(ifd.numbers(data, order, entry), default=otherwise)


def _check_tags(data: bytes, order: str, table: ifd.Directory, path: str | None) -> None:
    """A directory whose values add up to more than the file could hold makes a reader copy without end."""
    tables = [table]
    for tag in _SUB_TABLES:
        for parent in list(tables):
            entry = parent.find(tag)
            if entry is not None:
                tables.append(ifd.directory(data, order, ifd.numbers(data, order, entry)[0]))
    if sum(entry.size for each in tables for entry in each.entries) > len(data):
        raise LimitError(path, "the TIFF tags claim more bytes than the file has")
    if any(entry.count > MAX_STRIPS for entry in table.entries if entry.tag in (_STRIPS, _TILES)):
        raise LimitError(path, f"the TIFF picture is cut into more than {MAX_STRIPS} pieces")


def _pages(data: bytes, order: str, after: int, path: str | None) -> int:
    """How many further pages there are, all of which must be previews or masks of the first."""
    seen: set[int] = set()
    while after:
        if after in seen or len(seen) > _MOST_PAGES:
            raise DamagedError(path, "the TIFF pages run in a circle")
        seen.add(after)
        table = ifd.directory(data, order, after)
        if not _number(data, order, table, _KIND, 0) & 0b101:
            raise LimitError(path, "the TIFF file has several pages; only single pictures are read")
        after = table.after
    return len(seen)


def survey(data: bytes, path: str | None, max_pixels: int) -> Survey:
    """The first page's header. Raises FormatError, LimitError, DamagedError."""
    try:
        order, at = ifd.header(data)
        table = ifd.directory(data, order, at)
        if table.find(_DNG_VERSION) is not None or data[8:10] == b"CR":
            raise FormatError(path, "it is a camera's raw file, which is not read")
        if _number(data, order, table, _KIND, 0) & 1:
            raise FormatError(path, "its first page is only a preview; camera raw files are not read")
        found = Survey(
            width=_number(data, order, table, _WIDTH, 0),
            height=_number(data, order, table, _LENGTH, 0),
            bits=_number(data, order, table, _BITS, 1),
            orientation=_number(data, order, table, _ORIENTATION, 1),
        )
        check_size(path, found.width, found.height, max_pixels)
        tile = _number(data, order, table, _TILE_WIDTH, 1), _number(data, order, table, _TILE_LENGTH, 1)
        check_size(path, *tile, max_pixels)
        _check_tags(data, order, table, path)
        found.previews = _pages(data, order, table.after, path)
    except JndError:
        raise
    except (ValueError, IndexError, struct.error) as error:
        raise DamagedError(path, f"the TIFF header is damaged: {error}") from None
    if not 1 <= found.orientation <= 8:
        found.orientation = 1
    return found
