"""The second witness: another observer looks once at the file that was chosen, and may object."""

from __future__ import annotations

import numpy as np

from jndkit.observers.contract import Observer, Reading, Witness, holds_at
from jndkit.observers.objection import witness
from jndkit.picture import Picture
from jndkit.picturewise.decision import Choice
from jndkit.picturewise.goal import Goal
from jndkit.picturewise.watching import watch_under


def second_witness(second: Observer | None, original: Picture, choice: Choice, goal: Goal) -> Witness | None:
    """What the second witness says of a file; None without one, and at displays where its scale does not hold.

    second: who is asked, unless a panel judged: then its own second member was.  original: what the file was to show.
    A file that shows the very pixels reads 0, whoever looks, and is not looked at.
    """
    if choice.reading.witnesses:
        return choice.reading.witnesses[1]
    if second is None or not holds_at(second, goal.viewing):
        return None
    decoded = choice.decoded
    if _alike(original, decoded):
        return witness(second, Reading(0.0, 0.0, choice.reading.where, (0.0, 0.0)))
    return witness(second, watch_under(second, original, goal.viewing, goal.protocol)(decoded))


def _alike(original: Picture, decoded: Picture) -> bool:
    if (original.alpha is None) != (decoded.alpha is None) or not np.array_equal(original.rgb, decoded.rgb):
        return False
    return original.alpha is None or decoded.alpha is None or np.array_equal(original.alpha, decoded.alpha)
