"""The pictures that rows speak of, opened again: small ones for the list, and the worst places at full size.

They may have been moved or changed since; then the page says so. Opening is the work of `batch`: a picture that ends
its process is the loss of that picture only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from jndkit.batch import run
from jndkit.errors import InputError, JndError
from jndkit.observers import Box, Map, observer as named_observer
from jndkit.opening import load
from jndkit.picture import Picture
from jndkit.picturewise.watching import watch_under
from jndkit.protocols import protocol as named_protocol
from jndkit.report.entries import Entry
from jndkit.report.images import Image64, Overlay, exact, overlay, small
from jndkit.viewing import DISPLAYS

CROP = 224
"""Pixels a side of the worst places."""
SPOT = 32
"""Pixels a side over which the map is averaged to find where the most is seen."""
_WATCHED = 1024  # pixels a side of what is looked at again, to find the worst place of a large window
_SIDES = (160, 128, 96, 64, 48, 40)  # pixels, of small pictures
_LENGTH_48, _GROWTH = 791, 1.5  # of a photograph of 48 pixels in base64; by which power of the side it grows


@dataclass(frozen=True)
class Worst:
    """The worst place of a picture, or the reason why it is not shown.

    box: what of the picture is shown.  where: the worst spot of it, in pixels from its corner.
    seen: the observer's map of it, where it could be asked.
    """

    place: int
    box: Box | None = None
    where: Box | None = None
    original: Image64 | None = None
    coded: Image64 | None = None
    seen: Overlay | None = None
    reason: str = ""


def located(name: str | None, home: Path) -> Path | None:
    """The file of a name in a row: from where we are, or beside the rows; None where there is none."""
    if not name:
        return None
    return next((path for path in (Path(name), home / name) if os.path.isfile(path)), None)


def side_for(count: int, most: int) -> int:
    """Pixels a side of so many small pictures that shall have at most `most` bytes in base64 together."""
    each = most / max(1, count)
    return next((side for side in _SIDES if _LENGTH_48 * (side / 48) ** _GROWTH <= each), _SIDES[-1])


def thumbnails(
    entries: Sequence[Entry], side: int, *, jobs: int | None, done: Callable[[], None] | None = None
) -> dict[int, Image64]:
    """A small picture of every entry of which a file is there, by its place in the list.

    jobs: processes at work at once.  done: called after each.
    """
    work = []
    for place, entry in enumerate(entries):
        # The result first: it is smaller, and what the row is about.
        path = located(entry.output, entry.home) or located(entry.input, entry.home)
        if path is not None:
            work.append(_Small(str(path), place, side))
    made = {}
    with closing(run(work, jobs)) as rows:
        for place, image in rows:
            if image is not None:
                made[place] = image
            if done is not None:
                done()
    return made


def worst_places(
    entries: Sequence[Entry], *, jobs: int | None, done: Callable[[], None] | None = None
) -> Iterator[Worst]:
    """The worst place of every entry, in order. Arguments as of `thumbnails`."""
    work = [
        _WorstPlace(str(located(entry.original[0], entry.home) or entry.original[0]), place, entry)
        for place, entry in enumerate(entries)
    ]
    made = {}
    with closing(run(work, jobs)) as rows:
        for worst in rows:
            made[worst.place] = worst
            if done is not None:
                done()
    yield from (made[place] for place in sorted(made))


@dataclass(frozen=True)
class _Small:
    """The work on one small picture, a `batch.Job`."""

    path: str
    place: int
    side: int

    def rows(self) -> Iterator[tuple[int, Image64 | None]]:
        yield self.place, small(load(self.path, damaged="keep"), self.side)

    def failed(self, error: Exception) -> Iterator[tuple[int, Image64 | None]]:
        yield self.place, None


@dataclass(frozen=True)
class _WorstPlace:
    """The work on one worst place, a `batch.Job`."""

    path: str
    place: int
    entry: Entry

    def rows(self) -> Iterator[Worst]:
        entry = self.entry
        name, sha256 = entry.original
        original = _opened(name, entry.home, sha256)
        coded = _opened(entry.output, entry.home, entry.output_sha256)
        if original.rgb.shape != coded.rgb.shape:
            raise InputError(entry.output, "its size is not that of the original any more")
        yield _shown(entry, original, coded, self.place)

    def failed(self, error: Exception) -> Iterator[Worst]:
        yield Worst(self.place, reason=str(error) if isinstance(error, JndError) else "it could not be opened")


def _opened(name: str | None, home: Path, sha256: str | None) -> Picture:
    """The picture of a row. Raises InputError where it is not there, or not as it was."""
    path = located(name, home)
    if path is None:
        raise InputError(name, "it is not there any more")
    picture = load(path, damaged="keep")
    if sha256 is not None and picture.source is not None and picture.source.sha256 != sha256:
        raise InputError(name, "it was changed since")
    return picture


def _shown(entry: Entry, original: Picture, coded: Picture, place: int) -> Worst:
    whole = Box(0, 0, original.width, original.height)
    where = whole if entry.where is None else overlap(whole, Box(*entry.where))
    x, y = where.x + where.width // 2, where.y + where.height // 2
    near = around(x, y, min(_WATCHED, max(CROP, where.width, where.height)), whole)
    try:
        seen = _map(entry, cropped(original, near), cropped(coded, near))
    except JndError:  # of an observer that is not here, or a picture that is too small for it
        seen = None
    if seen is not None:
        x, y = spot(seen, Box(where.x - near.x, where.y - near.y, where.width, where.height))
        x, y = near.x + x, near.y + y
    box = around(x, y, CROP, near)
    part = None if seen is None else seen[box.y - near.y :, box.x - near.x :][: box.height, : box.width]
    framed = overlap(box, around(x, y, SPOT, whole))
    return Worst(
        place,
        box,
        Box(framed.x - box.x, framed.y - box.y, framed.width, framed.height),
        exact(cropped(original, box)),
        exact(cropped(coded, box)),
        None if part is None else overlay(part),
    )


def _map(entry: Entry, original: Picture, coded: Picture) -> Map:
    """What the row's observer sees, float32 (H, W), in JND. Raises JndError where it cannot be asked."""
    display = entry.viewing if entry.viewing in DISPLAYS else entry.ppd
    fit, viewing = named_protocol(entry.protocol or "aic", display)
    judge = named_observer((entry.observer or "cvvdp").partition(" ")[0])
    return watch_under(judge, original, viewing, fit).map(coded)


def spot(seen: Map, where: Box) -> tuple[int, int]:
    """The pixel around which the most is seen, inside a place. seen: float32 (H, W), JND."""
    inside = overlap(Box(0, 0, seen.shape[1], seen.shape[0]), where)
    spots = cv2.blur(seen, (SPOT, SPOT))[inside.y :, inside.x :]
    _, _, _, (column, line) = cv2.minMaxLoc(np.ascontiguousarray(spots[: inside.height, : inside.width]))
    return inside.x + column, inside.y + line


def cropped(picture: Picture, box: Box) -> Picture:
    """A part of a picture, in sRGB."""
    rows, columns = slice(box.y, box.y + box.height), slice(box.x, box.x + box.width)
    alpha = None if picture.alpha is None else picture.alpha[rows, columns]
    return replace(picture, rgb=picture.rgb[rows, columns].copy(), alpha=alpha, native=None, icc=None)


def around(x: int, y: int, side: int, frame: Box) -> Box:
    """A square about a point, moved into the frame and no larger than that."""
    width, height = min(side, frame.width), min(side, frame.height)
    left = min(max(frame.x, x - width // 2), frame.x + frame.width - width)
    top = min(max(frame.y, y - height // 2), frame.y + frame.height - height)
    return Box(left, top, width, height)


def overlap(one: Box, other: Box) -> Box:
    """What two boxes have in common; `one` where that is nothing."""
    left, top = max(one.x, other.x), max(one.y, other.y)
    right = min(one.x + one.width, other.x + other.width)
    bottom = min(one.y + one.height, other.y + other.height)
    return Box(left, top, right - left, bottom - top) if right > left and bottom > top else one
