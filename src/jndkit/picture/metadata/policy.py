"""Which of a picture's metadata is written back."""

from __future__ import annotations

from dataclasses import replace

from jndkit.errors import check_choice
from jndkit.picture.contract import Picture
from jndkit.picture.hdr.container import without_position
from jndkit.picture.metadata import exif as exif_blocks, xmp as xmp_packets

POLICIES = ("all", "nogps", "icc", "none")


def check_policy(policy: str) -> None:
    """Raises UsageError for a policy that is none of POLICIES."""
    check_choice("metadata policy", policy, POLICIES)


def with_metadata(picture: Picture, policy: str, *, sdr: bool = False) -> Picture:
    """The picture with what `policy` lets through.

    policy: "all" keeps icc, exif and xmp; "nogps" drops the position from exif and xmp; "icc" keeps the profile alone;
        "none" keeps nothing, and the pixels are then plain sRGB.  A block that cannot be searched for a position is
        dropped by "nogps".  The gain map stays with "all" and "nogps".
    sdr: leave the gain map out.
    Raises UsageError for another policy.
    """
    check_policy(policy)
    if sdr:
        picture = _without_gain_map(picture, "--sdr leaves the gain map out")
    if policy == "all":
        return picture
    if policy == "nogps":
        exif = None if picture.exif is None else exif_blocks.without_position(picture.exif)
        xmp = None if picture.xmp is None else xmp_packets.without_position(picture.xmp)
        gain_map = None if picture.gain_map is None else without_position(picture.gain_map)
        return replace(picture, exif=exif, xmp=xmp, gain_map=gain_map)
    picture = _without_gain_map(picture, "the gain map is left out with other metadata")
    if policy == "icc":
        return replace(picture, exif=None, xmp=None)
    return replace(picture, native=None, icc=None, exif=None, xmp=None)


def _without_gain_map(picture: Picture, reason: str) -> Picture:
    if picture.gain_map is None:
        return picture
    return replace(picture, gain_map=None, notes=(*picture.notes, f"shows as SDR: {reason}"))
