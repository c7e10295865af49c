"""The noise test as a drawing, from rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jndkit.errors import UsageError
from jndkit.evaluation.intervals import mean
from jndkit.evaluation.noise.rows import NoiseRow
from jndkit.evaluation.noise.summary import AGAINST, Summary, readings, summaries
from jndkit.evaluation.plots import BLUE, BROWN, INK, PALE, bare, check_plot, figure, png
from jndkit.picture import write_atomic


def write_plot(rows: Sequence[NoiseRow], path: str | Path, *, force: bool = False) -> None:
    """Draw, for every model, the JND at equal noise and the PSNR at equal visibility against those of the flat map.

    path: a .png file.  force: replace an existing one.
    Raises UsageError for rows that cannot stand together, MissingError without matplotlib, OutputError.
    """
    check_plot(path)
    ranked = summaries(rows)
    if not ranked:
        raise UsageError("there is no row with a result")
    write_atomic(path, png(_drawn(rows, ranked), dpi=120), force=force)


def _drawn(rows: Sequence[NoiseRow], ranked: Sequence[Summary]) -> Any:
    target = rows[0].target
    drawn = figure(10.0, 1.9 + 0.34 * len(ranked))
    left, right = drawn.subplots(1, 2, sharey=True)
    less = [_panel(left, ranked, rows, "equal_noise", "jnd"), _panel(right, ranked, rows, "equal_visibility", "psnr")]
    left.set_title(f"Equal noise: visibility at {target['psnr']:g} dB")
    left.set_xlabel(f"JND{less[0]}; left is better")
    right.set_title(f"Equal visibility: PSNR at {target['jnd']:g} JND")
    right.set_xlabel(f"dB{less[1]}; left is better")
    left.set_yticks(range(len(ranked)), [summary.model for summary in ranked])
    for label, summary in zip(left.get_yticklabels(), ranked, strict=True):
        label.set_color(BROWN if summary.baseline else INK)
    left.invert_yaxis()
    first, pictures = rows[0], len({row.input for row in rows})
    drawn.supxlabel(
        f"{pictures} pictures (pale dots), means with 95 % intervals over pictures; baselines in brown. "
        f"Read by {first.observer}, {first.ppd:.1f} pixels per degree; no people were asked.",
        fontsize=8,
        color=INK,
    )
    return drawn


def _panel(axes: Any, ranked: Sequence[Summary], rows: Sequence[NoiseRow], part: str, kind: str) -> str:
    """One panel: every picture pale, the mean with its interval before it; what is taken off, for the axis' label.

    Pictures differ more than models do, so what is drawn is the difference from the flat map, where that is there.
    """
    by_model = readings(rows, part, kind)
    flat = by_model.get(AGAINST)
    for place, summary in enumerate(ranked):
        own = by_model[summary.model]
        values = [value - flat[name] for name, value in own.items() if name in flat] if flat else list(own.values())
        if not values:
            continue
        centre = mean(values)
        axes.plot(values, [place] * centre.n, ".", color=PALE, markersize=5, zorder=1)
        colour = BROWN if summary.baseline else BLUE
        half = centre.half if centre.n > 1 else 0.0
        axes.errorbar(centre.value, place, xerr=half, fmt="o", color=colour, capsize=3, markersize=5, zorder=3)
    axes.grid(axis="x", color="#e8e8e8", zorder=0)
    bare(axes, ("top", "right", "left"))
    axes.tick_params(axis="y", length=0)
    if not flat:
        return ""
    axes.axvline(0.0, color=BROWN, linestyle="--", linewidth=0.8, zorder=2)
    return f" minus {AGAINST} ({mean(list(flat.values())).value:.2f})"
