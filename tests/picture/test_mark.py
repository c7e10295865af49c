"""The mark: what it says is read back, and it is always of one length."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from jndkit.picture.metadata.mark import MARK, Mark, Outcome, blank_mark, filled, is_mark, parse
from jndkit.version import VERSION

SHA = "0123456789abcdef" * 4
SPECS = st.sampled_from(["jpeg:420", "webp:m4,lossless", "jxl:e9,lossless", "avif:s10,444", "jndlic"])
PER_CENT = st.floats(0, 100).map(lambda value: round(value, 6))
JND = st.floats(0, 99).map(lambda value: round(value, 6))
INTERVALS = st.none() | st.tuples(PER_CENT, PER_CENT)


@given(
    SPECS,
    st.floats(0, 100).map(lambda value: round(value, 2)),
    st.integers(1, 65535),
    JND,
    st.none() | JND,
    PER_CENT,
    INTERVALS,
    st.sampled_from(["", "viewers=90", "codec=webp viewers=90 viewing=45ppd"]),
)
def test_what_is_written_is_read(
    codec: str,
    value: float,
    side: int,
    jnd: float,
    reading: float | None,
    viewers: float,
    interval: tuple[float, float] | None,
    settings: str,
) -> None:
    read = jnd if reading is None else reading
    outcome = Outcome(codec, value, side, side, jnd, read, None if interval is None else viewers, interval)
    blank = blank_mark(SHA, settings)
    text = filled(blank, outcome)
    assert len(text) == len(blank) == len(blank_mark(SHA, ""))
    assert text != blank
    assert len(text) <= 255  # the most a .jlic file has room for
    assert parse(text) == Mark(VERSION, SHA[:16], settings, outcome)


def test_a_mark_that_was_not_filled() -> None:
    assert parse(blank_mark(SHA, "viewers=90")) == Mark(VERSION, SHA[:16], "viewers=90")
    huge = Outcome(
        "a-codec-with-a-very-long-name:with,many,options,none,of,them,short", 1, 1, 1, 1.0, 2.0, 50.0, (1.0, 2.0)
    )
    blank = blank_mark(SHA, "effort=best prefilter=resjnd-s viewing=45ppd")
    assert filled(blank, huge) == blank


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        (MARK, Mark(VERSION)),
        ("jndkit 0.0.9 or so", Mark("0.0.9")),
        ("jndkit 1.2 of 0123456789abcdef; ; jpeg:420 x 1x1 0 0 0 0", Mark("1.2", SHA[:16], "")),
        ("jndkit 1.2 of 0123456789abcdef; ; jpeg:420 1 1x1 nan 0 0 0", Mark("1.2", SHA[:16], "")),
        (f"jndkit 1.2 of 0123456789abcdef; ; jpeg:420 1 {'9' * 5000}x1 0 0 0 0", Mark("1.2", SHA[:16], "")),
        ("jndkit 1.2 of 0123456789abcdef; ; ", Mark("1.2", SHA[:16], "")),
        ("jndkit 1.2 of 0123; ; ", Mark("1.2")),
        ("made by jndkit 1.2", None),
        ("jndkit", None),
    ],
)
def test_other_texts(text: str, mark: Mark | None) -> None:
    assert parse(text) == mark
    assert mark is None or is_mark(text)
