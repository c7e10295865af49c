"""How the pictures of a trial stand in a window, and how large that must be, for the plan and for the page."""

from __future__ import annotations

from collections.abc import Sequence

from jndkit.study.plan import Arrangement, Stimulus

GAP = 24
"""Device pixels between pictures."""
TOP = 28
"""CSS pixels above the pictures, of the progress."""
CONTROLS: dict[Arrangement, int] = {"single": 136, "pair": 136, "row": 92, "above": 92}
"""CSS pixels below the pictures, of the question and its answers."""
NARROW, TALLER = 480, 24
"""In a window of fewer CSS pixels, the controls are taller by so many."""
GRIDS: dict[Arrangement, tuple[int, int]] = {"single": (1, 1), "pair": (2, 1), "row": (3, 1), "above": (2, 2)}
"""Columns and rows."""


def window_for(arrangement: Arrangement, width: int, height: int) -> tuple[int, int]:
    """Width and height of the window that pictures of a size need, where a CSS pixel is one of the display's."""
    columns, rows = GRIDS[arrangement]
    beside = columns * width + (columns - 1) * GAP
    narrow = TALLER if beside < NARROW else 0
    return beside, rows * height + (rows - 1) * GAP + TOP + CONTROLS[arrangement] + narrow


def largest(stimuli: Sequence[Stimulus]) -> tuple[int, int]:
    """Width and height of the largest pictures that are shown, boosted ones among them."""
    sizes = [stimulus.size(boosted=stimulus.boosted is not None) for stimulus in stimuli]
    return max(width for width, _ in sizes), max(height for _, height in sizes)
