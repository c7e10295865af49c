"""JND-LIC: the learned codec with files of its own. docs/reference/jlic.md describes them."""

from jndkit.codecs.jndlic.codec import CARD, JndLic, read
from jndkit.codecs.jndlic.container import MAGIC

__all__ = ["CARD", "MAGIC", "JndLic", "read"]
