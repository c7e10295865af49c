"""What the drawings of every evaluation share. They need matplotlib, which is loaded where one is drawn."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jndkit.errors import MissingError, UsageError

INK, PALE, BLUE, BROWN = "#202020", "#b4bec8", "#1f6f8b", "#9a6324"


def check_plot(path: str | Path) -> None:
    """Raises UsageError unless the name ends in .png, MissingError without matplotlib. Before any work is done."""
    if Path(path).suffix.lower() != ".png":
        raise UsageError(f"{path}: a plot is written as .png")
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingError("matplotlib", "pip install 'jndkit[plot]'")


def figure(width: float, height: float) -> Any:
    """An empty matplotlib figure. width, height: inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    empty = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(empty)  # by pyplot it would need a display, and stay in memory
    return empty


def png(drawn: Any, dpi: int) -> bytes:
    """A figure as a PNG file."""
    memory = io.BytesIO()
    # Without the version of the library in it, equal rows give equal files.
    drawn.savefig(memory, format="png", dpi=dpi, metadata={"Software": None})
    return memory.getvalue()


def bare(axes: Any, sides: Iterable[str] = ("top", "right")) -> None:
    """Take sides of the frame away."""
    for side in sides:
        axes.spines[side].set_visible(False)
