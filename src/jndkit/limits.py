"""What an input may ask of us at most, checked before anything is decoded.

It loads no library: the command line takes its defaults from here.
"""

from __future__ import annotations

from jndkit.errors import DamagedError, LimitError, UsageError

MAX_PIXELS = 100_000_000  # of a picture, unless the caller says otherwise
MAX_BYTES = 200_000_000  # of a file
MAX_BLOCK = 4_000_000  # one metadata block, bytes
MAX_CHUNKS = 100_000  # PNG chunks in a file
MAX_SEGMENTS = 10_000  # JPEG segments before the pixels
MAX_SCANS = 100  # of a progressive JPEG, each a pass over all pixels; encoders write about 10
MAX_STRIPS = 1_000_000  # strips or tiles of a TIFF picture
MAX_RUN_LENGTH_BYTES = 16_000_000  # of a BMP file


def check_size(path: str | None, width: int, height: int, max_pixels: int) -> None:
    """Raise LimitError for more than `max_pixels` pixels, DamagedError for none."""
    if width < 1 or height < 1:
        raise DamagedError(path, f"the header claims {width} x {height} pixels")
    if width * height > max_pixels:
        raise LimitError(
            path, f"{width} x {height} pixels are more than the limit of {max_pixels}; --max-pixels raises it"
        )


def check_bytes(path: str | None, count: int) -> None:
    """Raise LimitError for more than 200 MB, DamagedError for an empty file."""
    if count == 0:
        raise DamagedError(path, "the file is empty")
    if count > MAX_BYTES:
        raise LimitError(path, f"{count / 1e6:.0f} MB are more than the limit of {MAX_BYTES / 1e6:.0f} MB")


def check_max_pixels(max_pixels: int) -> None:
    if max_pixels < 1:
        raise UsageError(f"max_pixels must be at least 1, not {max_pixels}")
