"""Pictures: load, save, colour. The only converter in the project."""

from jndkit.picture.contract import Picture, Pixels, Source
from jndkit.picture.metadata import MARK, mark_xmp, with_metadata

__all__ = ["MARK", "Picture", "Pixels", "Source", "mark_xmp", "with_metadata"]
