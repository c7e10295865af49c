"""The block search is exact on clean answers, near on answers with isolated errors, always ends, and asks little."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st

from jndkit.errors import UsageError
from jndkit.picturewise.blocks import BLOCK, VOTES, Boundary, block_search


def most(count: int, block: int = BLOCK) -> int:
    """Answers that may be asked for."""
    halvings = 0
    while count > block:
        count, halvings = count // 2, halvings + 1
    return block * (halvings + 1)


def searched(answers: list[bool], block: int = BLOCK, votes: int = VOTES) -> Boundary:
    asked: list[int] = []

    def visible(level: int) -> bool:
        asked.append(level)
        return answers[level]

    boundary = block_search(visible, len(answers), block, votes)
    assert len(set(asked)) == len(asked) == boundary.asked <= most(len(answers), block)
    assert (boundary.last_visible is None) == (boundary.first_invisible == 0)
    assert (boundary.first_invisible is None) == (boundary.last_visible == len(answers) - 1)
    if boundary.last_visible is not None and boundary.first_invisible is not None:
        assert boundary.first_invisible == boundary.last_visible + 1
    return boundary


def turn(boundary: Boundary, count: int) -> int:
    """How many levels are visible."""
    return count if boundary.first_invisible is None else boundary.first_invisible


@st.composite
def rows(draw: st.DrawFn) -> tuple[int, int]:
    count = draw(st.integers(1, 2000))
    return count, draw(st.integers(0, count))


@given(row=rows(), size=st.sampled_from([(1, 1), (3, 3), (5, 4), (5, 5), (8, 7), (9, 7)]))
@example(row=(1, 0), size=(5, 4))
@example(row=(1, 1), size=(5, 4))
def test_clean_answers_give_the_exact_boundary(row: tuple[int, int], size: tuple[int, int]) -> None:
    count, visible = row
    boundary = searched([level < visible for level in range(count)], *size)
    assert turn(boundary, count) == visible


def test_every_boundary_of_every_short_row() -> None:
    for count in range(1, 40):
        for visible in range(count + 1):
            assert turn(searched([level < visible for level in range(count)]), count) == visible


@given(row=rows(), data=st.data())
def test_isolated_errors_move_it_by_one_level_at_most(row: tuple[int, int], data: st.DataObject) -> None:
    count, visible = row
    answers = [level < visible for level in range(count)]
    level = data.draw(st.integers(0, count))
    gaps = st.integers(BLOCK, 3 * BLOCK)
    wrong = []
    while level < count:
        wrong.append(level)
        level += data.draw(gaps)
    for place in wrong:
        answers[place] = not answers[place]
    level = turn(searched(answers), count)
    assert abs(level - visible) <= 1
    if not any(abs(place - visible + 0.5) < 2 for place in wrong):  # within two levels of the boundary on either side
        assert level == visible


def test_every_single_error_of_a_jpeg_grid() -> None:
    for visible in range(101):
        clean = [level < visible for level in range(100)]
        for wrong in range(100):
            answers = [answer != (level == wrong) for level, answer in enumerate(clean)]
            assert abs(turn(searched(answers), 100) - visible) <= 1


@given(answers=st.lists(st.booleans(), min_size=1, max_size=300))
def test_any_answers_at_all_come_to_an_end(answers: list[bool]) -> None:
    searched(answers)


def test_a_grid_of_a_hundred_takes_at_most_thirty() -> None:
    assert most(100) == 30
    assert max(searched([level < visible for level in range(100)]).asked for visible in range(101)) <= 27


def test_ends() -> None:
    assert searched([True] * 50).first_invisible is None
    assert searched([False] * 50).last_visible is None


@pytest.mark.parametrize(("count", "block", "votes"), [(0, 5, 4), (10, 4, 3), (10, 5, 6), (10, 0, 0), (10, 5, 3)])
def test_requests_without_sense(count: int, block: int, votes: int) -> None:
    with pytest.raises(UsageError):
        block_search(lambda level: False, count, block, votes)
