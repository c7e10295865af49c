"""How far steps are moved from the fitted ones for a picture, as a word of a spec: `steps-`, and a letter a group."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase

import numpy as np
import numpy.typing as npt

from jndkit.codecs.jpeg.encoder import Factors
from jndkit.codecs.jpeg.spectra import SIDE
from jndkit.codecs.jpeg.tables import GROUPS

Move = npt.NDArray[np.float64]

_PREFIX = "steps-"
_LETTERS = ascii_uppercase + ascii_lowercase[:-1]  # the middle one, `Z`, moves nothing
_UNMOVED = len(_LETTERS) // 2
_LARGEST = 1.0  # of ln(step)

FORM = f"{_PREFIX}[{_LETTERS}]{{{len(GROUPS)}}}"
"""Regular expression of the words that moves have."""


def told(move: Move) -> Move:
    """A move as far as a word tells it: a twenty-fifth of ln(step), and 1 at most.

    move: ln of what steps are multiplied by, float64 (groups,).
    """
    return move_of(word_of(move))


def word_of(move: Move) -> str:
    """The word of a move, which is the nearest that has one."""
    places = np.rint(np.clip(move / _LARGEST, -1.0, 1.0) * _UNMOVED).astype(int) + _UNMOVED
    return _PREFIX + "".join(_LETTERS[place] for place in places)


def move_of(word: str) -> Move:
    """The move of a word, float64 (groups,)."""
    places = np.array([_LETTERS.index(letter) for letter in word.removeprefix(_PREFIX)])
    move: Move = (places - _UNMOVED) * (_LARGEST / _UNMOVED)
    return move


def factors_of(move: Move) -> Factors:
    """What steps are multiplied by. move: as in `told`."""
    factors = [np.ones((SIDE, SIDE)) for _ in range(3)]
    for (number, inside), factor in zip(GROUPS, np.exp(np.clip(move, -_LARGEST, _LARGEST)), strict=True):
        factors[number][inside] = factor
    return tuple(factors)
