"""How long a picture will take, said beforehand where it is minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jndkit.batch.pixels import header_pixels
from jndkit.codecs import card
from jndkit.conversion.outputs import Task
from jndkit.settings import Settings

_ENCODES = 2.0  # of a search, on average
_READING = 0.3  # seconds for a megapixel
_WORTH_SAYING = 60.0  # seconds


@dataclass(frozen=True)
class Wait:
    """The picture that takes longest, by which codec, and about how long: that depends on picture and machine."""

    path: str
    pixels: int
    codec: str
    seconds: float


def longest_wait(tasks: Sequence[Task], settings: Settings) -> Wait | None:
    """The longest wait among tasks that are still to be done; None where none takes a minute.

    Of formats whose header is not read nothing is said; and headers are read only where the codec is slow enough for
    the largest picture that is let through to take so long.
    """
    if not settings.encode:
        return None
    paces = [card(spec.partition(":")[0]).pace for spec in settings.codec_specs]
    rate = 1e-6 * sum(_ENCODES * (pace + _READING) for pace in paces)
    waiting = [str(task.path) for task in tasks if task.ready is None]
    if not waiting or rate * settings.max_pixels < _WORTH_SAYING:
        return None
    known = ((header_pixels(path) or 0, path) for path in waiting)
    pixels, path = max((size for size in known if size[0] <= settings.max_pixels), default=(0, ""))
    if rate * pixels < _WORTH_SAYING:
        return None
    by = "all codecs" if settings.codec == "auto" else settings.codec.partition(":")[0]
    return Wait(path, pixels, by, rate * pixels)
