from __future__ import annotations

import threading

import pytest

from jndkit.threads import side_by_side, together


@pytest.fixture(params=["1", "2"])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JNDKIT_THREADS", request.param)


@pytest.mark.usefixtures("threads")
def test_parts_within_parts_are_done() -> None:
    def row(number: int) -> list[int]:
        return side_by_side(lambda column: 10 * number + column, range(3))

    # More parts than threads: each of them would wait for one that is free.
    assert side_by_side(row, range(20)) == [[10 * number + column for column in range(3)] for number in range(20)]


@pytest.mark.usefixtures("threads")
def test_two_pieces_of_work_share_the_threads() -> None:
    def squares(least: int) -> list[int]:
        return side_by_side(lambda number: number**2, range(least, least + 4))

    assert together(lambda: squares(0), lambda: squares(4)) == ([0, 1, 4, 9], [16, 25, 36, 49])


@pytest.mark.usefixtures("threads")
def test_an_error_of_either_piece_comes_out_when_both_have_ended() -> None:
    ended = threading.Event()

    def fails() -> None:
        raise ValueError("here")

    with pytest.raises(ValueError, match="here"):
        together(ended.set, fails)
    assert ended.is_set()
    with pytest.raises(ValueError, match="here"):
        together(fails, lambda: None)
