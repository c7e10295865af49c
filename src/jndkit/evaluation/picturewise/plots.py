"""The error of the knob as a drawing, from rows alone. Needs matplotlib, which is loaded here."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jndkit.errors import UsageError
from jndkit.evaluation.intervals import mean
from jndkit.evaluation.noise.plots import INK, PALE, check_plot
from jndkit.evaluation.picturewise.methods import ORDER
from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.evaluation.picturewise.scores import Case, Score, cases
from jndkit.evaluation.picturewise.subjective import People, truths
from jndkit.evaluation.picturewise.tables import checked
from jndkit.picture import write_atomic

_SHOWN = ("75", "50")
_MODEL = "#1f6f8b"
_ACROSS = 4.6  # inches


def write_plot(rows: Sequence[KnobRow], path: str | Path, asked: People | None = None, *, force: bool = False) -> None:
    """Draw the knob error of every picture and method, a panel for each codec, display and share of viewers.

    Arguments and errors as of `tables.markdown`; path: a .png file; force: replace an existing one.
    Raises MissingError without matplotlib, OutputError.
    """
    check_plot(path)
    checked(rows)
    found = [each for each in cases(rows, None if asked is None else truths(asked, list(rows))) if each[0][2] in _SHOWN]
    if not found:
        raise UsageError("there is no row with a result")
    write_atomic(path, _drawn(found), force=force)


def _drawn(found: Sequence[tuple[Case, list[Score]]]) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    across = min(len(found), 2)
    down = -(-len(found) // across)
    figure = Figure(figsize=(_ACROSS * across, 0.4 + 2.3 * down), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes, (case, scores) in zip(panels, found, strict=False):
        _panel(axes, case, scores)
    for axes in panels[len(found) :]:
        axes.set_visible(False)
    figure.supxlabel("knob error; pictures pale, means with 95 % intervals over pictures", fontsize=8, color=INK)
    memory = io.BytesIO()
    figure.savefig(memory, format="png", dpi=110, metadata={"Software": None})
    return memory.getvalue()


def _panel(axes: Any, case: Case, scores: Sequence[Score]) -> None:
    methods = [name for name in ORDER if any(each.method == name and each.error is not None for each in scores)]
    for place, name in enumerate(methods):
        errors = [each.error for each in scores if each.method == name and each.error is not None]
        centre = mean(errors)
        axes.plot(errors, [place] * len(errors), ".", color=PALE, markersize=4, zorder=1)
        half = centre.half if centre.n > 1 else 0.0
        axes.errorbar(centre.value, place, xerr=half, fmt="o", color=_MODEL, capsize=3, markersize=4, zorder=3)
    axes.set_yticks(range(len(methods)), methods, fontsize=8)
    axes.invert_yaxis()
    axes.set_title(f"{case[0]}, {case[1]}, {case[2]} % of viewers", fontsize=9)
    axes.set_xlim(left=-0.5)
    axes.grid(axis="x", color="#e8e8e8", zorder=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
