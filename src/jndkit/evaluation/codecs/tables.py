"""Tables of the codecs, from rows alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jndkit.errors import UsageError
from jndkit.evaluation.codecs.rows import MEASURES, CodecRow
from jndkit.evaluation.codecs.summary import (
    AGAINST,
    RIVALS,
    Rate,
    Sizes,
    check,
    codecs,
    good,
    rates,
    rival,
    sets,
    sizes,
    times,
)
from jndkit.evaluation.intervals import Mean
from jndkit.evaluation.tables import head, line

_TITLES = {"jnd": "JND", "ssimulacra2": "SSIMULACRA2", "psnr": "PSNR"}


def markdown(rows: Sequence[CodecRow]) -> str:
    """All tables with what they are of, in Markdown, for each folder of pictures and for all.

    Raises UsageError, see `summary.check`, and for rows without a result.
    """
    check(rows)
    if not good(rows):
        raise UsageError("there is no row with a result")
    lines = [_heading(rows)]
    for name, own in sets(rows).items():
        if not good(own):
            continue
        lines += ["", f"**{name}, {_pictures(len({row.input for row in good(own)}))}**"]
        for share in rows[0].targets:
            lines += ["", *_bytes(own, share)]
        lines += ["", *_rates(own), "", *_times(own)]
    return "\n".join(lines)


def _heading(rows: Sequence[CodecRow]) -> str:
    first = good(rows)[0]
    coded_by = {row.codec: row.coded_by for row in good(rows)}
    at_once = " or ".join(_pictures(count) for count in sorted({row.processes for row in good(rows)}))
    return (
        f"Read by {first.source}, {first.viewing} ({first.ppd:.1f} pixels per degree), protocol {first.protocol}. "
        f"Coded by {'; '.join(f'{spec}: {coded_by[spec]}' for spec in codecs(good(rows)))}. "
        "Brackets: 95 % interval over pictures. Means of bytes and of their ratios are geometric. "
        "JND read: what is missing to the target is what the search, or the step of the knob, left unused. "
        f"Seconds are of wall clock, {at_once} at work at once."
    )


def _pictures(count: int) -> str:
    return f"{count} picture{'s' if count > 1 else ''}"


def _bytes(rows: Sequence[CodecRow], share: str) -> list[str]:
    rivals = [name for name in RIVALS if rival(name, codecs(good(rows)))]
    titles = (f"files for {share} % of viewers", "pictures", "target not met", "kB", "JND read")
    lines = head((*titles, f"bytes against {AGAINST}, %", *(f"fewer than {name}" for name in rivals)))
    for files in sizes(rows, share):
        cells = (
            files.codec,
            str(files.bytes.n),
            str(files.unmet),
            f"{math.exp(files.bytes.value) / 1000.0:.1f}",
            f"{files.jnd.value:.3f}",
            _percent(files.ratio),
            *(_fewer(files, name) for name in rivals),
        )
        lines.append(line(cells))
    return lines


def _rates(rows: Sequence[CodecRow]) -> list[str]:
    lines = head((f"bytes against {AGAINST} at equal ..., %", *(_TITLES[name] for name in MEASURES)))
    for spec in codecs(good(rows)):
        by_measure = rates(rows, spec)
        if by_measure and spec != rival(AGAINST, codecs(good(rows))):
            lines.append(line((spec, *(_rate(by_measure[name]) for name in MEASURES))))
    return lines


def _times(rows: Sequence[CodecRow]) -> list[str]:
    lines = head(("median seconds", "encode", "decode", "encode, a megapixel", "decode, a megapixel", "failed"))
    for spec in codecs(rows):
        failed = sum(row.codec == spec and row.error is not None for row in rows)
        there = any(row.codec == spec for row in good(rows))
        cells = [f"{seconds:.3f}" for seconds in times(rows, spec)] if there else [""] * 4
        lines.append(line((spec, *cells, str(failed))))
    return lines


def _fewer(files: Sizes, name: str) -> str:
    if name not in files.fewer:
        return ""
    count, both = files.fewer[name]
    return f"{count} of {both}"


def _rate(rate: Rate) -> str:
    return _percent(rate.mean) + (f" ({rate.skipped} without)" if rate.skipped else "")


def _percent(logarithm: Mean | None) -> str:
    """A mean of logarithms as a change in per cent, with its interval; that of one picture has none."""
    if logarithm is None:
        return ""
    value, half, count = logarithm
    if count == 1:
        return f"{_change(value):+.1f}"
    return f"{_change(value):+.1f} [{_change(value - half):+.1f}, {_change(value + half):+.1f}]"


def _change(logarithm: float) -> float:
    return round(100.0 * math.expm1(logarithm), 1) + 0.0  # no minus before zero
