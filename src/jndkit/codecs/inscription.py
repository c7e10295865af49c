"""The mark of a finished file: what came out is known only once the file was read, and is written into its place."""

from __future__ import annotations

from jndkit.codecs import card
from jndkit.picture.metadata.mark import Outcome, filled


def inscribed(data: bytes, blank: str, outcome: Outcome) -> bytes:
    """The file with `outcome` in its mark, of the same length; checksums are made true again.

    blank: `Picture.mark` of the picture that was coded.  A file without that mark stays as it is.
    """
    before, after = blank.encode(), filled(blank, outcome).encode()
    if before == after or before not in data:
        return data
    data = data.replace(before, after, 1)
    seal = card(outcome.codec.partition(":")[0]).seal
    return data if seal is None else seal(data)
