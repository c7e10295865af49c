"""Pictures: load, save, colour. The only converter in the project."""

from jndkit.picture.compositing import flatten
from jndkit.picture.contract import Picture, Pixels, Source
from jndkit.picture.damage import check_damaged
from jndkit.picture.limits import MAX_BYTES, MAX_PIXELS
from jndkit.picture.loading import from_bytes, load
from jndkit.picture.metadata import MARK, mark_xmp, with_metadata
from jndkit.picture.saving import png_bytes, save_png, write_atomic

__all__ = [
    "MARK",
    "MAX_BYTES",
    "MAX_PIXELS",
    "Picture",
    "Pixels",
    "Source",
    "check_damaged",
    "flatten",
    "from_bytes",
    "load",
    "mark_xmp",
    "png_bytes",
    "save_png",
    "with_metadata",
    "write_atomic",
]
