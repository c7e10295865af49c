"""What is wrong with coded pixels although a decoder gives a picture of them.

Decoders paint on over damage. What can be known of it differs by format: a JPEG scan that does not hold exactly the
blocks its frame promises, checksums of PNG (`formats.png`) and of Deflate strips, streams whose length does not fit,
long runs of zeros where a coder writes none. Where bits were flipped and the length still fits, nobody can know.
"""

from __future__ import annotations

from typing import Literal, cast, get_args

from jndkit.errors import check_choice
from jndkit.picture.damage import heif, jpeg, tiff, webp

Damaged = Literal["refuse", "keep"]
"""What happens to a picture whose coded data is damaged: it is an error, or what decodes of it is taken."""

_CHECKS = {
    "JPEG": jpeg.damage,
    "TIFF": tiff.damage,
    "WEBP": webp.damage,
    "AVIF": heif.av1_damage,
    "HEIF": heif.hevc_damage,
}


def check_damaged(policy: str) -> Damaged:
    """The policy. Raises UsageError for one that is neither "refuse" nor "keep"."""
    check_choice("treatment of damaged pictures", policy, get_args(Damaged))
    return cast(Damaged, policy)


def find_damage(data: bytes, format_name: str) -> str | None:
    """What is wrong with the pixels of a file that was decoded, in a few words; None where nothing is seen."""
    check = _CHECKS.get(format_name)
    return None if check is None else check(data)


def completed(data: bytes, format_name: str) -> bytes:
    """The file with the end marker that a truncated JPEG has lost, so that what there is of it can be decoded."""
    return jpeg.completed(data) if format_name == "JPEG" else data
