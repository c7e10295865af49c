"""Which codecs can hold the gain map that makes a picture HDR, and what is said where one cannot."""

from __future__ import annotations

from collections.abc import Sequence

from jndkit.codecs.contract import Codec
from jndkit.picture import Picture


def loses_hdr(picture: Picture, codec: Codec) -> bool:
    """Whether the picture has a gain map that files of this codec cannot hold."""
    return picture.gain_map is not None and "gain map" not in codec.carries


def refusal(names: Sequence[str]) -> str:
    """Why nothing is written by these codecs."""
    return (
        f"{' and '.join(names)} cannot hold the gain map that makes the picture HDR: --sdr writes the picture without "
        "it, --codec jpeg keeps it"
    )


def passed_over(names: Sequence[str]) -> str:
    """The note where codecs were not tried for that reason, and another was."""
    return f"{', '.join(names)} not tried, since the gain map cannot go into such files; --sdr leaves it out"
