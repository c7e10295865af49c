"""Histograms as SVG, with their numbers in a table for those who do not see them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor, log10
from typing import NamedTuple

from jndkit.report.page import escaped

_WIDTH, _HEIGHT = 640, 200  # of the drawing, in its own units
_LEFT, _BOTTOM, _TOP = 44, 24, 36  # around the bars; above them, two lines for the names of marks
_LABELS = 9  # at most, under the bars
_END = 14  # before the right edge, where a value would be cut off
_BARS = 60
_FEW = 12  # bars that a histogram has at least, or a single one would be as wide as the page


class Bar(NamedTuple):
    """start, end: what is counted in it, the start included.  pictures: how many."""

    start: float
    end: float
    pictures: int


class Mark(NamedTuple):
    """A line across the bars. at: where, as the bars count."""

    at: float
    name: str


def bars_of(counts: dict[float, int], step: float | None = None) -> list[Bar]:
    """Bars of settings and how often each was given: one for each step where these are few, else of equal width.

    step: between settings; the least distance of two that were given where None.
    """
    values = sorted(counts)
    low, high = values[0], values[-1]
    step = step or min((after - before for before, after in pairwise(values)), default=1.0)
    step = max(step, (high - low) / (_BARS - 1))
    places = [round((value - low) / step) for value in values]
    bars = [0] * (max(places) + 1)
    for value, place in zip(values, places, strict=True):
        bars[place] += counts[value]
    before = max(0, _FEW - len(bars)) // 2
    bars = [0] * before + bars + [0] * max(0, _FEW - len(bars) - before)
    starts = [low + (place - before - 0.5) * step for place in range(len(bars) + 1)]
    return [Bar(starts[place], starts[place + 1], count) for place, count in enumerate(bars)]


def round_values(low: float, high: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between two values, as many as have room, `high` left out."""
    power = 10.0 ** floor(log10((high - low) / _LABELS))
    steps = (power * times for times in (1, 2, 5, 10, 20))
    found = ([n * step for n in range(ceil(low / step), ceil(high / step))] for step in steps)
    return next(values for values in found if len(values) <= _LABELS)


def histogram(
    name: str, title: str, bars: Sequence[Bar], unit: str, *, marks: Sequence[Mark] = (), centred: bool = True
) -> str:
    """A figure. name: of its elements.  unit: of what is counted along.  centred: a bar stands for its middle."""
    low, high = bars[0].start, bars[-1].end
    most = max(1, *(bar.pictures for bar in bars))
    across = (_WIDTH - _LEFT) / (high - low)
    height = _HEIGHT - _BOTTOM - _TOP

    def x(value: float) -> float:
        return _LEFT + (value - low) * across

    drawn = []
    for bar in bars:
        tall = height * bar.pictures / most
        wide = max(1.0, x(bar.end) - x(bar.start) - 1.0)
        top = _HEIGHT - _BOTTOM - tall
        drawn.append(f'<rect class="bar" x="{x(bar.start):.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}"/>')
    for at in round_values(low, high):
        if x(at) <= _WIDTH - _END:
            drawn.append(f'<text x="{x(at):.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{at:.4g}</text>')
    ground = _HEIGHT - _BOTTOM
    drawn.append(f'<line class="axis" x1="{_LEFT}" y1="{ground}" x2="{_WIDTH}" y2="{ground}"/>')
    drawn.append(f'<text x="{_LEFT - 6}" y="{_TOP + 5}" text-anchor="end">{most:,}</text>')
    drawn.append(f'<text x="{_LEFT - 6}" y="{ground}" text-anchor="end">0</text>')
    for number, mark in enumerate(marks):
        if low <= mark.at <= high:
            at, line = x(mark.at), 12 if number % 2 == 0 else 28
            side = "end" if at > _WIDTH * 0.75 else "start"
            drawn.append(f'<line class="mark" x1="{at:.1f}" y1="{line - 8}" x2="{at:.1f}" y2="{ground}"/>')
            shift = -4 if side == "end" else 4
            words = f'<text class="mark-name" x="{at + shift:.1f}" y="{line}" text-anchor="{side}">'
            drawn.append(f"{words}{escaped(mark.name)}</text>")
    svg = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escaped(title)}">{"".join(drawn)}</svg>'
    table = _numbers(title, bars, unit, centred=centred)
    return f'<figure class="chart" id="{name}"><figcaption>{escaped(title)}</figcaption>{svg}{table}</figure>\n'


def _numbers(title: str, bars: Sequence[Bar], unit: str, *, centred: bool) -> str:
    lines = []
    for bar in bars:
        if bar.pictures:
            words = f"{(bar.start + bar.end) / 2:.4g}" if centred else f"{bar.start:.4g} to {bar.end:.4g}"
            lines.append(f'<tr><th scope="row">{words}</th><td class="number">{bar.pictures:,}</td></tr>')
    head = f'<tr><th scope="col">{escaped(unit)}</th><th scope="col" class="number">pictures</th></tr>'
    table = f"<table><thead>{head}</thead><tbody>{''.join(lines)}</tbody></table>"
    return f"<details><summary>Numbers: {escaped(title)}</summary>{table}</details>"
