"""What is known of a gain map."""

from __future__ import annotations

from dataclasses import dataclass

ULTRA_HDR, ISO, APPLE = "Ultra HDR", "ISO 21496-1", "Apple"
"""Kinds, by who reads them: Android's first format (XMP), the standard that followed, and Apple's first format."""


@dataclass(frozen=True)
class GainMapMetadata:
    """How the gain map makes one rendition of a picture from the other.

    least, most: log2 of the gain that the smallest and the largest code value stand for, one number or one a channel.
    gamma: to which the map's samples were raised.  base_offset, alternate_offset: added to linear light, where 1 is SDR
    white, before the gain is taken.
    base_headroom, alternate_headroom: log2 of a display's peak over SDR white, for which the picture as it stands is
    meant, and for which the other rendition is.
    Source: ISO 21496-1:2025; Ultra HDR Image Format 1.1, "Gain map generation".
    """

    least: tuple[float, ...]
    most: tuple[float, ...]
    gamma: tuple[float, ...]
    base_offset: tuple[float, ...]
    alternate_offset: tuple[float, ...]
    base_headroom: float
    alternate_headroom: float

    @property
    def stops(self) -> float:
        """How far beyond SDR white the brighter rendition reaches, in factors of two."""
        return max(self.base_headroom, self.alternate_headroom)


@dataclass(frozen=True)
class GainMap:
    """A gain map, and what of its file has to be written again for it.

    data: its JPEG file, as it was.  kinds: by whom it is understood, of ULTRA_HDR, ISO and APPLE.
    metadata: None for a map of Apple's kind alone, whose metadata is in maker notes, or of a later version.
    orientation: EXIF orientation, 1 to 8, in which it and the picture it belongs to were stored.
    attribute: its attribute in the index of pictures.
    announcement: what the file's own segment of ISO 21496-1 says, after its name; None where it had none.
    version: of the Ultra HDR metadata, "1.0"; None where there was none.
    """

    data: bytes
    kinds: tuple[str, ...]
    metadata: GainMapMetadata | None = None
    orientation: int = 1
    attribute: int = 0
    announcement: bytes | None = None
    version: str | None = None

    def __str__(self) -> str:
        """What notes call it: "Ultra HDR and ISO 21496-1, 2.3 stops"."""
        kinds = " and ".join(self.kinds)
        return kinds if self.metadata is None else f"{kinds}, {self.metadata.stops:.1f} stops"
