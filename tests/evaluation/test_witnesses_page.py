"""The page of the two judges says what the rows say, and its pictures are there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from jndkit.observers import observer
from jndkit.observers.objection import factor
from objection import objecting
from witnesses import DARKER, DISTORTIONS, STRONG, TARGET, darkened, markdown, strength_at

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "witnesses.md").read_text(encoding="utf-8")


def rows(name: str) -> list[dict[str, Any]]:
    lines = (ROOT / "benchmarks" / "rows" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_table_is_that_of_the_rows() -> None:
    assert markdown(rows("witnesses")) in PAGE


def test_the_rows_are_of_the_observers_in_use() -> None:
    for row in rows("witnesses"):
        for name in ("cvvdp", "ssimulacra2"):
            assert row[f"{name} version"] == observer(name).version
        # The wanted reading is met from below, as far as whole steps allow.
        assert row["picture"] == "even grey" or 0.75 * row["wanted"] <= row["cvvdp"] <= row["wanted"] + 1e-4


def test_the_shares_of_objections_are_those_of_the_rows() -> None:
    fit = next(row for row in rows("objection") if "fit" in row)
    for split in ("train", "valid"):
        assert f"{fit[f'{split}_objections']} of {fit[f'{split}_encodes']}" in PAGE
    read = [row for row in rows("objection") if "picture" in row]
    assert sum(objecting(read, factor("ssimulacra2"))) == fit["train_objections"] + fit["valid_objections"]


def test_every_picture_of_the_page_is_there() -> None:
    shown = re.findall(r"\((witnesses/[\w-]+\.png)\)", PAGE)
    assert len(shown) == len(DISTORTIONS)
    assert all((ROOT / "docs" / name).exists() for name in shown)


@pytest.mark.parametrize("name", DISTORTIONS)
def test_a_distortion_of_no_strength_changes_nothing_much_and_grows(name: str) -> None:
    rgb = cv2.GaussianBlur(np.random.default_rng(4).integers(0, 256, (64, 96, 3), np.uint8), (0, 0), 1.5)
    distortion = DISTORTIONS[name]
    before = distortion.before(rgb)
    part = distortion.most / (50.0 if name == "JPEG" else 10.0)
    some, more = (distortion.change(before, round(at, distortion.digits)) for at in (part, 6.0 * part))
    errors = [float(np.mean((test.astype(float) - before) ** 2)) for test in (some, more)]
    assert some.shape == before.shape
    assert some.dtype == np.uint8
    assert 0.0 < errors[0] < errors[1]


def test_chroma_leaves_luma_as_it_is() -> None:
    """But for the rounding to whole code values."""
    rgb = darkened(np.full((200, 300, 3), 160, np.uint8))
    assert rgb.max() == round(160 * DARKER)
    test = DISTORTIONS["chroma in the dark"].change(rgb, 8.0)
    weights = np.array([0.299, 0.587, 0.114])
    assert np.abs(test @ weights - rgb @ weights).max() < 0.5


@pytest.mark.parametrize(("digits", "expected"), [(0, 13.0), (1, 13.3)])
def test_the_strength_is_the_last_that_passes(digits: int, expected: float) -> None:
    assert strength_at(13.34, lambda strength: strength, 60.0, digits) == pytest.approx(expected, abs=0.11)
    assert strength_at(100.0, lambda strength: strength, 60.0, digits) == pytest.approx(60.0, abs=1.01)
    assert STRONG > TARGET
