"""The error of the knob as a drawing, from rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jndkit.errors import UsageError
from jndkit.evaluation.intervals import mean
from jndkit.evaluation.picturewise.estimates import ORDER
from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.evaluation.picturewise.scores import Case, Score, cases
from jndkit.evaluation.picturewise.subjective import SubjectiveSet, ground_truths
from jndkit.evaluation.picturewise.summary import check
from jndkit.evaluation.plots import BLUE, INK, PALE, bare, check_plot, figure, png
from jndkit.picture import write_atomic

_SHOWN = ("75", "50")
_ACROSS = 4.6  # inches


def write_plot(
    rows: Sequence[KnobRow], path: str | Path, judged: SubjectiveSet | None = None, *, force: bool = False
) -> None:
    """Draw the knob error of every picture and method, a panel for each codec, display and share of viewers.

    Arguments and errors as of `tables.markdown`; path: a .png file; force: replace an existing one.
    Raises MissingError without matplotlib, OutputError.
    """
    check_plot(path)
    check(rows)
    every = cases(rows, None if judged is None else ground_truths(judged, rows))
    shown = [(case, scores) for case, scores in every if case[2] in _SHOWN]
    if not shown:
        raise UsageError("there is no row with a result")
    write_atomic(path, png(_drawn(shown), dpi=110), force=force)


def _drawn(shown: Sequence[tuple[Case, list[Score]]]) -> Any:
    across = min(len(shown), 2)
    # Rounded up.
    down = -(-len(shown) // across)
    drawn = figure(_ACROSS * across, 0.4 + 2.3 * down)
    panels = drawn.subplots(down, across, squeeze=False).ravel()
    # Of an odd number of cases the last panel stays empty.
    for axes, (case, scores) in zip(panels, shown, strict=False):
        _panel(axes, case, scores)
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    drawn.supxlabel("knob error; pictures pale, means with 95 % intervals over pictures", fontsize=8, color=INK)
    return drawn


def _panel(axes: Any, case: Case, scores: Sequence[Score]) -> None:
    by_method = {name: [score.error for score in scores if score.method == name] for name in ORDER}
    errors = {name: [error for error in own if error is not None] for name, own in by_method.items()}
    methods = [name for name in ORDER if errors[name]]
    for place, name in enumerate(methods):
        centre = mean(errors[name])
        axes.plot(errors[name], [place] * centre.n, ".", color=PALE, markersize=4, zorder=1)
        half = centre.half if centre.n > 1 else 0.0
        axes.errorbar(centre.value, place, xerr=half, fmt="o", color=BLUE, capsize=3, markersize=4, zorder=3)
    axes.set_yticks(range(len(methods)), methods, fontsize=8)
    axes.invert_yaxis()
    axes.set_title(f"{case[0]}, {case[1]}, {case[2]} % of viewers", fontsize=9)
    axes.set_xlim(left=-0.5)
    axes.grid(axis="x", color="#e8e8e8", zorder=0)
    bare(axes, ("top", "right", "left"))
