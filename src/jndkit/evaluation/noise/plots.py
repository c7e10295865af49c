"""The noise test as a drawing, from rows alone. Needs matplotlib, which is loaded here and nowhere else."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jndkit.errors import MissingError, UsageError
from jndkit.evaluation.intervals import mean
from jndkit.evaluation.noise.rows import NoiseRow
from jndkit.evaluation.noise.tables import AGAINST, Standing, readings, standings
from jndkit.picture import write_atomic

INK, PALE, _MODEL, _BASELINE = "#202020", "#b4bec8", "#1f6f8b", "#9a6324"


def check_plot(path: str | Path) -> None:
    """Raises UsageError unless the name ends in .png, MissingError without matplotlib. Before any work is done."""
    if Path(path).suffix.lower() != ".png":
        raise UsageError(f"{path}: a plot is written as .png")
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingError("matplotlib", "pip install 'jndkit[plot]'")


def write_plot(rows: Sequence[NoiseRow], path: str | Path, *, force: bool = False) -> None:
    """Draw, for every model, the JND at equal noise and the PSNR at equal visibility against those of the flat map.

    path: a .png file.  force: replace an existing one.
    Raises UsageError for rows that cannot stand together, MissingError without matplotlib, OutputError.
    """
    check_plot(path)
    ranked = standings(rows)
    if not ranked:
        raise UsageError("there is no row with a result")
    write_atomic(path, _drawn(rows, ranked), force=force)


def _drawn(rows: Sequence[NoiseRow], ranked: Sequence[Standing]) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    target = rows[0].target
    figure = Figure(figsize=(10.0, 1.9 + 0.34 * len(ranked)), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    less = [_panel(left, ranked, rows, "equal_noise", "jnd"), _panel(right, ranked, rows, "equal_visibility", "psnr")]
    left.set_title(f"Equal noise: visibility at {target['psnr']:g} dB")
    left.set_xlabel(f"JND{less[0]}; left is better")
    right.set_title(f"Equal visibility: PSNR at {target['jnd']:g} JND")
    right.set_xlabel(f"dB{less[1]}; left is better")
    left.set_yticks(range(len(ranked)), [each.model for each in ranked])
    for label, each in zip(left.get_yticklabels(), ranked, strict=True):
        label.set_color(_BASELINE if each.baseline else INK)
    left.invert_yaxis()
    first, pictures = rows[0], len({row.input for row in rows})
    figure.supxlabel(
        f"{pictures} pictures (pale dots), means with 95 % intervals over pictures; baselines in brown. "
        f"Read by {first.observer}, {first.ppd:.1f} pixels per degree; no people were asked.",
        fontsize=8,
        color=INK,
    )
    memory = io.BytesIO()
    # Without the version of the library in it, equal rows give equal files.
    figure.savefig(memory, format="png", dpi=120, metadata={"Software": None})
    return memory.getvalue()


def _panel(axes: Any, ranked: Sequence[Standing], rows: Sequence[NoiseRow], part: str, kind: str) -> str:
    """One panel: every picture pale, the mean with its interval before it; what is taken off, for the axis' label.

    Pictures differ more than models do, so what is drawn is the difference from the flat map, where that is there.
    """
    seen = readings(rows, part, kind)
    flat = seen.get(AGAINST)
    for place, each in enumerate(ranked):
        own = seen[each.model]
        values = [value - flat[name] for name, value in own.items() if name in flat] if flat else list(own.values())
        if not values:
            continue
        found = mean(values)
        axes.plot(values, [place] * found.n, ".", color=PALE, markersize=5, zorder=1)
        colour = _BASELINE if each.baseline else _MODEL
        half = found.half if found.n > 1 else 0.0
        axes.errorbar(found.value, place, xerr=half, fmt="o", color=colour, capsize=3, markersize=5, zorder=3)
    axes.grid(axis="x", color="#e8e8e8", zorder=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    if not flat:
        return ""
    axes.axvline(0.0, color=_BASELINE, linestyle="--", linewidth=0.8, zorder=2)
    return f" minus {AGAINST} ({mean(list(flat.values())).value:.2f})"
