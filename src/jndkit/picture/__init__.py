"""Pictures: load, save, colour. The only converter in the project."""

from jndkit.limits import MAX_BYTES, MAX_PIXELS
from jndkit.picture.compositing import flatten
from jndkit.picture.contract import Picture, Pixels, Source
from jndkit.picture.damage import check_damaged
from jndkit.picture.loading import digest, from_bytes, load
from jndkit.picture.metadata.mark import MARK
from jndkit.picture.metadata.policy import check_policy, mark_xmp, with_metadata
from jndkit.picture.raster import one_colour
from jndkit.picture.saving import append_line, make_folder, png_bytes, save_png, write_atomic

__all__ = [
    "MARK",
    "MAX_BYTES",
    "MAX_PIXELS",
    "Picture",
    "Pixels",
    "Source",
    "append_line",
    "check_damaged",
    "check_policy",
    "digest",
    "flatten",
    "from_bytes",
    "load",
    "make_folder",
    "mark_xmp",
    "one_colour",
    "png_bytes",
    "save_png",
    "with_metadata",
    "write_atomic",
]
