from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
from hypothesis import given, strategies as st

from jndkit import toml_writer

PLAIN = st.none().map(lambda _: 0) | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(PLAIN | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=8)


@given(st.dictionaries(TEXT, VALUES))
def test_what_is_written_is_read_back(table: dict[str, Any]) -> None:
    assert tomllib.loads(toml_writer.lines(table)) == table


def test_numbers_of_numpy_and_names_that_are_no_text() -> None:
    assert toml_writer.lines({"a": np.float32(0.5), "b": (np.int64(3), True)}) == "a = 0.5\nb = [3, true]\n"
    assert toml_writer.lines({"name": "\udcff.png"}) == 'name = "\\\\udcff.png"\n'
