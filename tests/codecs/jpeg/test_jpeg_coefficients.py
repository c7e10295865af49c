from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jndkit.codecs.jpeg import Coefficients, Component
from jndkit.errors import CodecError
from tests.codecs.jpeg.made_coefficients import FULL, GREY, QUARTER, random_coefficients

TABLE = np.full((8, 8), 16, np.uint16)


def blocks(rows: int = 1, columns: int = 1, at: tuple[int, int] = (0, 0), value: int = 0) -> Any:
    made = np.zeros((rows, columns, 8, 8), np.int16)
    made[0, 0, *at] = value
    return made


@pytest.mark.parametrize(("at", "value"), [((0, 0), -1024), ((0, 0), 1023), ((7, 7), 1023), ((0, 1), -1023)])
def test_the_ends_of_the_ranges_are_held(at: tuple[int, int], value: int) -> None:
    assert Component(blocks(at=at, value=value), TABLE).coefficients[0, 0, *at] == value


@pytest.mark.parametrize(
    ("at", "value", "says"),
    [
        ((0, 0), -1025, "a DC coefficient .* -1024 to 1023, not -1025"),
        ((0, 0), 1024, "a DC coefficient"),
        ((7, 7), 1024, "an AC coefficient .* -1023 to 1023, not 0 to 1024"),
        ((0, 1), -1024, "an AC coefficient"),
        ((0, 1), -32768, "an AC coefficient"),
    ],
)
def test_larger_coefficients_are_refused(at: tuple[int, int], value: int, says: str) -> None:
    with pytest.raises(CodecError, match=says):
        Component(blocks(at=at, value=value), TABLE)


@pytest.mark.parametrize(("step", "says"), [(0, "1 to 255, not 0 to 16"), (256, "1 to 255, not 16 to 256")])
def test_steps_are_bytes_other_than_zero(step: int, says: str) -> None:
    table = TABLE.copy()
    table[3, 4] = step
    with pytest.raises(CodecError, match=says):
        Component(blocks(), table)


def test_shapes_and_types_are_checked() -> None:
    with pytest.raises(CodecError, match=r"int16 \(rows, columns, 8, 8\), not int32"):
        Component(blocks().astype(np.int32), TABLE)
    with pytest.raises(CodecError, match=r"not int16 \(8, 8\)"):
        Component(blocks()[0, 0], TABLE)
    with pytest.raises(CodecError, match=r"uint16 \(8, 8\), not uint16 \(64,\)"):
        Component(blocks(), TABLE.reshape(64))
    with pytest.raises(CodecError, match="sampling factors are 1 to 4, not 5 and 1"):
        Component(blocks(), TABLE, 5, 1)


def test_sizes_have_to_fit() -> None:
    one = Component(blocks(), TABLE)
    assert Coefficients(8, 8, (one,)).blocks_of(0) == (1, 1)
    with pytest.raises(CodecError, match=r"component 0 has \(1, 1\) rows and columns of blocks, and \(1, 2\) are due"):
        Coefficients(9, 8, (one,))
    with pytest.raises(CodecError, match="1 to 65500 pixels a side, not 0 x 8"):
        Coefficients(0, 8, (one,))
    with pytest.raises(CodecError, match="one or three components"):
        Coefficients(8, 8, (one, one))
    large = Component(blocks(4, 4), TABLE, 4, 4)
    with pytest.raises(CodecError, match="more than 10 blocks"):
        Coefficients(32, 32, (large, one, one))


def test_chroma_of_odd_sizes() -> None:
    made = random_coefficients(17, 33, QUARTER)
    assert [made.blocks_of(number) for number in range(3)] == [(5, 3), (3, 2), (3, 2)]
    assert made.factors == (2, 2)
    assert [random_coefficients(17, 33, factors).blocks_of(0) for factors in (GREY, FULL)] == [(5, 3)] * 2
