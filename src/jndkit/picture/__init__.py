"""Pictures: load, save, colour. The only converter in the project."""

from jndkit.picture.contract import Picture, Pixels, Source

__all__ = ["Picture", "Pixels", "Source"]
