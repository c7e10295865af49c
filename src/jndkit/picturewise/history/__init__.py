"""What a picture lost before it came here: by its file's headers, and by traces in its pixels."""

from __future__ import annotations

from dataclasses import dataclass

from jndkit.picture import JpegCoding, Picture
from jndkit.picturewise.history.tables import Quality, nearest_quality
from jndkit.picturewise.history.traces import earlier_quality

__all__ = ["History", "Quality", "history", "nearest_quality"]

_SAMPLINGS = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (4, 1): "4:1:1", (1, 2): "4:4:0", (4, 2): "4:1:0"}
_NAMES = {"JPEG": "JPEG", "WEBP": "WebP", "AVIF": "AVIF", "HEIF": "HEIC", "JXL": "JPEG XL"}


@dataclass(frozen=True)
class History:
    """How a picture was coded before.

    format: of the file.  lossy: whether its own coding loses something; None where that is not known.
    quality, sampling, progressive: of a JPEG file; sampling is "4:2:0" and the like, "" for grey and for odd ones.
    earlier: quality of the JPEG that the pixels were before this file was made, where they show it.
    """

    format: str
    lossy: bool | None
    quality: Quality | None = None
    sampling: str = ""
    progressive: bool | None = None
    earlier: int | None = None

    def __str__(self) -> str:
        """What the input is, in a half-sentence; "" where it lost nothing that is known of."""
        parts = []
        if self.quality is not None:
            parts.append(f"the input is itself a JPEG {_of(self.quality)}")
        elif self.lossy:
            parts.append(f"the input is itself a lossy {_NAMES.get(self.format, self.format)}")
        if self.earlier is not None and parts:
            parts.append(f"and was one of about quality {self.earlier} before")
        elif self.earlier is not None:
            parts.append(f"the input was once a JPEG of about quality {self.earlier}")
        return " ".join(parts)


def history(picture: Picture) -> History | None:
    """What is known of a picture's earlier losses; None where it comes from no file.

    Pixels are asked where the file itself loses nothing, or is a JPEG whose grid they still lie on.
    """
    source = picture.source
    if source is None:
        return None
    coding = source.jpeg
    upright = source.orientation == 1
    if coding is None:
        earlier = earlier_quality(picture.coded) if source.lossy is False and upright else None
        return History(source.format, source.lossy, earlier=earlier)
    # Of four components, inks, the pixels are a mixture.
    earlier = earlier_quality(picture.coded, coding.tables[0]) if upright and len(coding.tables) < 4 else None
    return History(
        source.format,
        source.lossy,
        nearest_quality(coding.tables),
        _sampling(coding),
        coding.progressive,
        earlier,
    )


def _sampling(coding: JpegCoding) -> str:
    """The usual name of how much smaller chroma is stored than luma."""
    if len(coding.samplings) != 3 or coding.samplings[1] != coding.samplings[2]:
        return ""
    luma, chroma = coding.samplings[:2]
    if 0 in chroma or luma[0] % chroma[0] or luma[1] % chroma[1]:
        return ""
    return _SAMPLINGS.get((luma[0] // chroma[0], luma[1] // chroma[1]), "")


def _of(quality: Quality) -> str:
    if quality.family == "unknown":
        return f"with tables of its own, about as fine as quality {quality.value}"
    return f"of {'' if quality.exact else 'about '}quality {quality.value}"
