"""The table of the published test, from rows alone."""

from __future__ import annotations

from collections.abc import Sequence

from jndkit.errors import UsageError
from jndkit.evaluation.hvssd.rows import CHANNELS, HvssdRow
from jndkit.evaluation.hvssd.summary import check, means
from jndkit.evaluation.tables import head, line


def markdown(rows: Sequence[HvssdRow]) -> str:
    """A table in Markdown, a line for each picture and one for the means, dB.

    Raises UsageError, see `summary.check`, and for rows without a result.
    """
    check(rows)
    good = [(row.input, row.psnr) for row in rows if row.error is None and row.psnr is not None]
    if not good:
        raise UsageError("there is no row with a result")
    lines = head(("picture", "R, dB", "G, dB", "B, dB", "total, dB"))
    for name, psnr in [*good, (f"*mean of {len(good)}*", means(rows))]:
        cells = (psnr[channel] for channel in CHANNELS)
        lines.append(line((name, *("no change" if value is None else f"{value:.2f}" for value in cells))))
    return "\n".join(lines)
