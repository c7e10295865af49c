"""Frozen splits by picture."""

from __future__ import annotations

import hashlib
import json

import pytest

from jndkit.datasets import konjnd, mcl_jci
from jndkit.datasets.splits import NAMES, split
from jndkit.errors import UsageError

SIZES = {"mcl-jci": (30, 10, 10), "konjnd": (604, 202, 202)}
PICTURES = {"mcl-jci": mcl_jci.names(), "konjnd": konjnd.names()}
# Whoever changes a list changes what every score on it means.
FROZEN = {"mcl-jci": "59de0937d4ee8775", "konjnd": "e0dd595bbb3fb8d0"}


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_is_in_one_part(name: str) -> None:
    parts = split(name)
    assert list(parts) == ["train", "valid", "test"]
    assert tuple(map(len, parts.values())) == SIZES[name]
    assert sorted(picture for part in parts.values() for picture in part) == PICTURES[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_lists_do_not_change(name: str) -> None:
    assert hashlib.sha256(json.dumps(split(name)).encode()).hexdigest()[:16] == FROZEN[name]


def test_an_unknown_set_is_refused() -> None:
    with pytest.raises(UsageError, match="no split of 'kodak': choose konjnd, mcl-jci"):
        split("kodak")
