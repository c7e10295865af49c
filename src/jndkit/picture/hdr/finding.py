"""Where the gain map of a JPEG file lies.

Programs that edit pictures leave wrong offsets behind, or take the gain map off and leave the words that announce it.
So every place that the index, the directory or the end of the first picture points to is looked at, and a gain map is
only what has a gain map's metadata of its own. What the search costs is bounded by the numbers of places and segments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from jndkit.errors import InputError
from jndkit.picture.formats.jpeg import APP1, APP2, MPF, XMP, Segment, Survey, picture_end, segments, surveyed
from jndkit.picture.hdr import gcontainer, mpf
from jndkit.picture.hdr.gain_map import APPLE, ISO, ULTRA_HDR, GainMap
from jndkit.picture.hdr.metadata import ISO_NAME, from_iso, from_xmp
from jndkit.picture.metadata.xmp import HDRGM
from jndkit.picture.metadata.xmp_properties import properties

_LOOKS = 3  # at every byte: by the index, by the directory, and behind the picture
_START = b"\xff\xd8\xff"
_APPLE_IMAGE = "http://ns.apple.com/pixeldatainfo/1.0/"
_APPLE_GAIN_MAP = "urn:com:apple:photo:2020:aux:hdrgainmap"
_VERSION_ALONE = 4  # bytes of a segment of ISO 21496-1 that says only that a file has a gain map
_VERSION = re.compile(r"[0-9.]{1,16}")


@dataclass
class Further:
    """What a JPEG file holds behind its first picture. notes: what is left out of it, and why."""

    gain_map: GainMap | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """Where a picture should lie. size: bytes, None for up to its own end.  listed: its entry in the index."""

    start: int
    size: int | None
    listed: mpf.Entry | None = None

    def reach(self, length: int) -> int:
        """Bytes to be walked, of a file of so many."""
        return max(0, min(length - self.start, length if self.size is None else self.size))


@dataclass
class _Said:
    """What the first picture says of those behind it. reasons: why some of it cannot be read.

    announcement: as of `GainMap`.  version: as the XMP packet has it.
    """

    listed: tuple[mpf.Entry, ...] = ()
    media: tuple[gcontainer.Item, ...] = ()
    announcement: bytes | None = None
    version: str | None = None
    reasons: list[str] = field(default_factory=list)

    @property
    def gain_map(self) -> bool:
        """Whether there should be a gain map; Apple's files do not say so."""
        named = any(item.semantic == "GainMap" for item in self.media)
        return named or self.announcement is not None or self.version is not None


def further_pictures(data: bytes, survey: Survey, xmp: bytes | None) -> Further:
    """The gain map of a JPEG file, and what else lies behind its first picture.

    survey: of the file.  xmp: its packet.
    """
    said = _said(survey, xmp)
    further = Further()
    others = list(said.listed)
    end = picture_end(data) if said.gain_map or said.listed else None
    left = _LOOKS * len(data)
    for place in () if end is None else _places(data, end, said):
        left -= place.reach(len(data))
        if left < 0:
            said.reasons.append("the places that the file names lie over each other")
            break
        try:
            further.gain_map = _gain_map(data, place, end or 0, survey.width * survey.height, said)
        except ValueError as error:
            said.reasons.append(str(error))
        if further.gain_map is not None:
            others = [entry for entry in others if entry != place.listed]
            break
    if further.gain_map is None and said.gain_map:
        why = next(iter(said.reasons), "there is none behind the picture")
        further.notes.append(f"the gain map for HDR that the file announces is left out: {why}")
    elif others or (survey.several and not said.listed):
        kinds = ", ".join(dict.fromkeys(entry.kind for entry in others))
        further.notes.append(f"the file holds further pictures (MPO{': ' if kinds else ''}{kinds}); the first is taken")
    if any(item.mime.startswith("video/") or item.semantic == "MotionPhoto" for item in said.media):
        further.notes.append("the video of a motion photo is left out")
    return further


def _said(survey: Survey, xmp: bytes | None) -> _Said:
    said = _Said()
    index = next((segment for segment in survey.app2 if segment.body.startswith(MPF)), None)
    said.announcement = next(_bodies(survey.app2, APP2, ISO_NAME), None)
    said.version = _version(xmp)
    try:
        said.listed = () if index is None else mpf.entries(index)
    except ValueError as error:
        said.reasons.append(str(error))
    try:
        said.media = () if xmp is None else gcontainer.items(xmp)
    except ValueError as error:
        said.reasons.append(str(error))
    return said


def _version(xmp: bytes | None) -> str | None:
    """hdrgm:Version of a packet; "1.0" where it is no number."""
    if xmp is None or HDRGM.encode() not in xmp:
        return None
    said = properties(xmp, HDRGM).get("Version")
    if said is None:
        return None
    return said[0] if said and _VERSION.fullmatch(said[0]) else "1.0"


def _places(data: bytes, end: int, said: _Said) -> Iterator[_Place]:
    """Where the gain map may lie: by the index, by the directory, or right behind the picture, which ends at `end`."""
    for entry in said.listed:
        yield _Place(entry.start, entry.size, entry)
    if not said.gain_map:
        return
    start = end + (said.media[0].padding if said.media else 0)
    for item in said.media[1:]:
        yield _Place(start, item.length)
        start += item.length + item.padding
    if data.startswith(_START, end):
        yield _Place(end, None)


def _gain_map(data: bytes, place: _Place, end: int, pixels: int, said: _Said) -> GainMap | None:
    """The gain map at a place; None where another picture lies there.

    end, pixels: of the first picture.  Raises ValueError where it is damaged.
    """
    if place.start < end:
        raise ValueError("the file says that it lies inside the picture")
    stop = picture_end(data, place.start) if place.size is None else place.start + place.size
    if stop is None or stop > len(data):
        raise ValueError("it is cut off")
    own = data[place.start : stop]
    if not own.startswith(_START):
        raise ValueError("no picture lies where it should")
    if picture_end(own) is None:
        raise ValueError("it is cut off")
    try:
        header = list(segments(own, None))
        size = surveyed(own, None)
    except InputError as error:
        raise ValueError(f"of its own file, {error.reason}") from None
    if size.width * size.height > pixels:
        raise ValueError("it is larger than the picture")
    iso = next((body for body in _bodies(header, APP2, ISO_NAME) if len(body) > _VERSION_ALONE), None)
    xmp = next(_bodies(header, APP1, XMP), None)
    version = _version(xmp)
    kinds: tuple[str, ...] = (ULTRA_HDR,) if version is not None else ()
    kinds += (ISO,) if iso is not None else ()
    kinds += (APPLE,) if xmp is not None and _is_apples(xmp) else ()
    if not kinds:
        return None
    metadata = None if iso is None else from_iso(iso)
    if metadata is None and xmp is not None and ULTRA_HDR in kinds:
        metadata = from_xmp(xmp)
    directed = any(item.semantic == "GainMap" for item in said.media)
    return GainMap(
        own,
        kinds,
        metadata,
        attribute=0 if place.listed is None else place.listed.attribute,
        announcement=said.announcement,
        # Without the first picture's word nobody takes this for Ultra HDR, and so it stays.
        version=said.version or (version if directed else None),
    )


def _bodies(found: Iterable[Segment], marker: int, name: bytes) -> Iterator[bytes]:
    """What segments with this marker and name say after it."""
    return (one.body[len(name) :] for one in found if one.marker == marker and one.body.startswith(name))


def _is_apples(xmp: bytes) -> bool:
    return _APPLE_GAIN_MAP in properties(xmp, _APPLE_IMAGE).get("AuxiliaryImageType", ())
