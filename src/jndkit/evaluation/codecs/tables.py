"""Tables of the codecs, from rows alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from jndkit.errors import UsageError
from jndkit.evaluation.codecs.rows import MEASURES, CodecRow
from jndkit.evaluation.codecs.summary import (
    AGAINST,
    RIVALS,
    Rate,
    Sizes,
    codecs,
    good,
    rates,
    rival,
    sets,
    sizes,
    times,
)
from jndkit.evaluation.intervals import Mean

_TITLES = {"jnd": "JND", "ssimulacra2": "SSIMULACRA2", "psnr": "PSNR"}


def checked(rows: Sequence[CodecRow]) -> None:
    """Raises UsageError where the rows differ in what may not be averaged, or say one thing twice."""
    kinds = {
        "protocol": {row.protocol for row in rows},
        "display": {f"{row.viewing} ({row.ppd:g} pixels per degree)" for row in rows},
        "target": {", ".join(f"{jnd:g} JND" for jnd in row.targets.values()) for row in rows},
        "observer": {row.source for row in good(rows)},
    }
    for spec in sorted({row.codec for row in rows}):
        kinds[f"what coded as {spec}"] = {row.maker for row in good(rows) if row.codec == spec}
        settings = (row.levels["value"] for row in good(rows) if row.codec == spec and row.levels)
        kinds[f"the settings of {spec}"] = {", ".join(f"{value:g}" for value in values) for values in settings}
    for what, found in kinds.items():
        if len(found) > 1:
            raise UsageError(f"these rows cannot stand in one table: they differ in {what}: {'; '.join(sorted(found))}")
    (pair, count), *_ = Counter((row.input, row.codec) for row in rows).most_common(1) or [(("", ""), 0)]
    if count > 1:
        raise UsageError(f"these rows cannot stand in one table: {pair[0]} in {pair[1]} is there {count} times")


def markdown(rows: Sequence[CodecRow]) -> str:
    """All tables with what they are of, in Markdown, for each folder of pictures and for all.

    Raises UsageError, see `checked`, and for rows without a result.
    """
    checked(rows)
    if not good(rows):
        raise UsageError("there is no row with a result")
    lines = [_heading(rows)]
    for name, some in sets(rows).items():
        if not good(some):
            continue
        lines += ["", f"**{name}, {_pictures(len({row.input for row in good(some)}))}**"]
        for share in rows[0].targets:
            lines += ["", *_bytes(some, share)]
        lines += ["", *_rates(some), "", *_times(some)]
    return "\n".join(lines)


def _heading(rows: Sequence[CodecRow]) -> str:
    first = good(rows)[0]
    makers = {row.codec: row.maker for row in good(rows)}
    at_once = " or ".join(_pictures(count) for count in sorted({row.processes for row in good(rows)}))
    return (
        f"Read by {first.source}, {first.viewing} ({first.ppd:.1f} pixels per degree), protocol {first.protocol}. "
        f"Coded by {'; '.join(f'{spec}: {makers[spec]}' for spec in codecs(good(rows)))}. "
        "Brackets: 95 % interval over pictures. Means of bytes and of their ratios are geometric. "
        "JND read: what is missing to the target is what the search, or the step of the knob, left unused. "
        f"Seconds are of wall clock, {at_once} at work at once."
    )


def _pictures(count: int) -> str:
    return f"{count} picture{'s' if count > 1 else ''}"


def _bytes(rows: Sequence[CodecRow], share: str) -> list[str]:
    rivals = [name for name in RIVALS if rival(name, codecs(good(rows)))]
    lines = [
        f"| files for {share} % of viewers | pictures | target not met | kB | JND read | bytes against {AGAINST}, % "
        f"| {' | '.join(f'fewer than {name}' for name in rivals)} |",
        f"|{'---|' * (6 + len(rivals))}",
    ]
    for each in sizes(rows, share):
        cells = (
            each.codec,
            str(each.bytes.n),
            str(each.unmet),
            f"{math.exp(each.bytes.value) / 1000.0:.1f}",
            f"{each.jnd.value:.3f}",
            _percent(each.ratio),
            *(_fewer(each, name) for name in rivals),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _rates(rows: Sequence[CodecRow]) -> list[str]:
    lines = [
        f"| bytes against {AGAINST} at equal ..., % | {' | '.join(_TITLES[name] for name in MEASURES)} |",
        f"|{'---|' * (1 + len(MEASURES))}",
    ]
    for spec in codecs(good(rows)):
        found = rates(rows, spec)
        if found and spec != rival(AGAINST, codecs(good(rows))):
            lines.append(f"| {spec} | {' | '.join(_rate(found[name]) for name in MEASURES)} |")
    return lines


def _times(rows: Sequence[CodecRow]) -> list[str]:
    lines = [
        "| median seconds | encode | decode | encode, a megapixel | decode, a megapixel | failed |",
        f"|{'---|' * 6}",
    ]
    for spec in codecs(rows):
        failed = sum(row.codec == spec and row.error is not None for row in rows)
        there = any(row.codec == spec for row in good(rows))
        cells = [f"{seconds:.3f}" for seconds in times(rows, spec)] if there else [""] * 4
        lines.append(f"| {spec} | {' | '.join(cells)} | {failed} |")
    return lines


def _fewer(each: Sizes, name: str) -> str:
    if name not in each.fewer:
        return ""
    count, both = each.fewer[name]
    return f"{count} of {both}"


def _rate(rate: Rate) -> str:
    return _percent(rate.mean) + (f" ({rate.skipped} without)" if rate.skipped else "")


def _percent(found: Mean | None) -> str:
    """A mean of logarithms as a change in per cent, with its interval; that of one picture has none."""
    if found is None:
        return ""
    if found.n == 1:
        return f"{_change(found.value):+.1f}"
    return (
        f"{_change(found.value):+.1f} [{_change(found.value - found.half):+.1f}, "
        f"{_change(found.value + found.half):+.1f}]"
    )


def _change(logarithm: float) -> float:
    return round(100.0 * math.expm1(logarithm), 1) + 0.0  # no minus before zero
