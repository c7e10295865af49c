"""Shares predicted against shares observed, and the threshold of every picture, as a drawing.

What people answered is not in the rows: it is read from the data folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.errors import UsageError
from jndkit.evaluation.observers import shares
from jndkit.evaluation.observers.measures import LOOK, TEXTURE
from jndkit.evaluation.observers.rows import ScoreRow
from jndkit.evaluation.observers.subjective import Shares
from jndkit.evaluation.observers.tables import check
from jndkit.evaluation.plots import BLUE, BROWN, INK, PALE, bare, check_plot, figure, png
from jndkit.picture import write_atomic
from jndkit.study.psychometric import Floats

_SHOWN = ("cvvdp", f"cvvdp, {LOOK}")
_COLOURS = {"jpeg": BLUE, "webp-off": BROWN}
_TITLES = {"jpeg": "JPEG", "webp-off": "WebP"}


def write_plot(rows: Sequence[ScoreRow], answers: Shares, path: str | Path, *, force: bool = False) -> None:
    """Draw the shares of one share a setting, of the reading and of the look, and the thresholds of the latter two.

    answers: of people.  path: a .png file.  force: replace an existing one.
    Raises UsageError, see `tables.check`, and where one of the latter has no row, MissingError without matplotlib,
    OutputError.
    """
    check_plot(path)
    check(rows)
    by_measure = {row.measure: row for row in rows if row.table == shares.TABLE and row.error is None}
    if missing := [name for name in _SHOWN if name not in by_measure]:
        raise UsageError(f"there is nothing to draw: {shares.TABLE} has no row of {missing[0]}")
    shown = [by_measure[name] for name in _SHOWN]
    if strange := [str(file) for file in answers.file if not all(str(file) in row.predicted for row in shown)]:
        raise UsageError(f"the rows say nothing of {strange[0]}, which people judged")
    write_atomic(path, png(_drawn(shown, answers), dpi=110), force=force)


def _drawn(rows: Sequence[ScoreRow], answers: Shares) -> Any:
    drawn = figure(13.0, 4.1)
    viewers = int(answers.counts.viewers.max())
    panels = drawn.subplots(1, len(rows) + 2)
    _agreement(panels[0], shares.FIXED, shares.fixed(answers), answers)
    for axes, row in zip(panels[1:-1], rows, strict=True):
        _agreement(axes, row.measure, np.array([row.predicted[str(file)] for file in answers.file]), answers)
    panels[0].set_ylabel("share who noticed")
    panels[0].legend(fontsize=8, frameon=False, loc="upper left")
    _thresholds(panels[-1], rows)
    drawn.supxlabel(
        f"{len(answers.pictures)} pictures, {len(answers.file)} versions, {viewers} viewers: MIDD-GAR. "
        "Shares are predicted without the picture. Grey: where 90 in 100 would lie by chance alone.",
        fontsize=8,
        color=INK,
    )
    return drawn


def _agreement(axes: Any, name: str, share: Floats, answers: Shares) -> None:
    """Observed over predicted, a dot for each version."""
    line = np.linspace(0.0, 1.0, 101)
    # The normal approximation of 90 in 100, among as many viewers as there are on average.
    half = 1.645 * np.sqrt(line * (1.0 - line) / answers.counts.viewers.mean())
    axes.fill_between(line, np.maximum(line - half, 0.0), np.minimum(line + half, 1.0), color="#eeeeee", linewidth=0)
    axes.plot(line, line, color=PALE, linewidth=0.8)
    for codec in sorted(set(answers.codec.tolist())):
        own = answers.codec == codec
        axes.plot(
            share[own], answers.counts.share[own], ".", color=_COLOURS.get(codec, INK), label=_TITLES.get(codec, codec)
        )
    error = float(np.sqrt(np.mean((share - answers.counts.share) ** 2)))
    axes.set_title(f"{name}: error {error:.3f}", fontsize=9)
    axes.set_xlabel("share predicted")
    _plain(axes)


def _thresholds(axes: Any, rows: Sequence[ScoreRow]) -> None:
    """Over how busy the picture is, where half of the viewers notice, as a share of the mean over pictures."""
    for row, colour in zip(rows, ("#8a8a8a", "#6c4f9c"), strict=True):
        names = [name for name in row.thresholds if name in row.texture]
        logs = np.log([row.thresholds[name] for name in names])
        busy = [row.texture[name] for name in names]
        axes.plot(busy, np.exp(logs - logs.mean()), "o", color=colour, markersize=4, label=row.measure)
    axes.axhline(1.0, color=PALE, linewidth=0.8)
    axes.set_yscale("log")
    ticks = (0.5, 0.7, 1.0, 1.4, 2.0)
    axes.yaxis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.yaxis.set_ticks([], minor=True)
    axes.set_title("half notice at, over the mean of all pictures", fontsize=9)
    axes.set_xlabel(f"mean {TEXTURE} map, code values")
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    _plain(axes)


def _plain(axes: Any) -> None:
    axes.grid(color="#eeeeee", linewidth=0.6, zorder=0)
    bare(axes)
