"""BPG: HEVC intra in the small container of F. Bellard. docs/reference/bpg.md describes every byte."""

from jndkit.codecs.bpg.codec import CARD, Bpg, read
from jndkit.codecs.bpg.container import MAGIC

__all__ = ["CARD", "MAGIC", "Bpg", "read"]
