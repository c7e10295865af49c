"""A better original to judge against, in place of the picture that is coded: is it the same picture at all?"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.errors import InputError
from jndkit.picture import Picture, flatten

_SIDE = 32  # pixels that both are reduced to: what is left is what they show, not how well
_APART = 24.0  # code values, root mean square: another exposure at least
_LIKE = 0.8  # correlation: copies, however poor, stay above 0.95
_EVEN = 3.0  # code values, standard deviation: less shows nothing to compare


def check_original(picture: Picture, original: Picture | None) -> None:
    """Raises InputError where a picture cannot have been made of the original: by its size, sides or contents.

    original: None where the picture is its own.
    """
    if original is None:
        return
    if (picture.width, picture.height) != (original.width, original.height):
        turned = (picture.width, picture.height) == (original.height, original.width)
        cause = ": one of them is turned" if turned else ""
        raise InputError(
            original.name,
            f"it has {original.width} x {original.height} pixels, and {picture.name} has {picture.width} x "
            f"{picture.height}{cause}; visibility is judged pixel by pixel",
        )
    if (picture.alpha is None) != (original.alpha is None):
        clear, covered = (original, picture) if picture.alpha is None else (picture, original)
        raise InputError(original.name, f"{clear.name} is transparent in places, and {covered.name} is not")
    ours, theirs = _reduced(picture), _reduced(original)
    if _shows_the_same(ours, theirs):
        return
    ways = [np.rot90(ours, turns) for turns in range(4)]
    if any(_shows_the_same(way, theirs) for way in [*ways, *map(np.fliplr, ways)]):
        raise InputError(original.name, f"it shows {picture.name} turned or mirrored; bring both into one position")
    raise InputError(original.name, f"it shows another picture than {picture.name}")


def _reduced(picture: Picture) -> npt.NDArray[np.float32]:
    """Luma of the whole picture, float32 (32, 32), over white."""
    small = cv2.resize(flatten(picture, 255), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)


def _shows_the_same(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> bool:
    if float(np.sqrt(np.mean(np.square(one - other)))) > _APART:
        return False
    if min(float(one.std()), float(other.std())) < _EVEN:
        return True
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1]) >= _LIKE
