"""Pictures: from any file to upright sRGB, and back into files. The only converter in the project.

    sniff (formats) -> decode (decoding, sandbox) -> Raster -> damage -> orientation, colour, metadata -> Picture

`contract` has the Picture, `loading` the way to it, `raster` what decoders hand over, `colour` what pixels mean,
`metadata` what stands beside them, `hdr` the gain map behind them, `damage` what is wrong with them although they
decode. `resampling` makes them smaller, `saving` writes any file whole or not at all, `png_writer` every PNG.
"""

from jndkit.limits import MAX_BYTES, MAX_PIXELS
from jndkit.picture.compositing import flatten
from jndkit.picture.contract import JpegCoding, Picture, Pixels, Source
from jndkit.picture.damage import Damaged, check_damaged
from jndkit.picture.hdr.gain_map import GainMap, GainMapMetadata
from jndkit.picture.loading import digest, from_bytes, from_raster, load, load_carried_jpeg
from jndkit.picture.metadata.mark import MARK
from jndkit.picture.metadata.policy import check_policy, with_metadata
from jndkit.picture.metadata.xmp import mark_xmp
from jndkit.picture.png_writer import png_bytes, save_png
from jndkit.picture.raster import one_colour
from jndkit.picture.resampling import check_width, resampled
from jndkit.picture.saving import make_folder, replacing, write_atomic

__all__ = [
    "MARK",
    "MAX_BYTES",
    "MAX_PIXELS",
    "Damaged",
    "GainMap",
    "GainMapMetadata",
    "JpegCoding",
    "Picture",
    "Pixels",
    "Source",
    "check_damaged",
    "check_policy",
    "check_width",
    "digest",
    "flatten",
    "from_bytes",
    "from_raster",
    "load",
    "load_carried_jpeg",
    "make_folder",
    "mark_xmp",
    "one_colour",
    "png_bytes",
    "replacing",
    "resampled",
    "save_png",
    "with_metadata",
    "write_atomic",
]
