"""Our ColorVideoVDP reads what the published package reads; `benchmarks/cvvdp_parity.py` made the rows."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import distortions
from jndkit.observers import cvvdp
from jndkit.picture import Picture
from jndkit.viewing import DISPLAYS
from jndkit.visibility import JND_PER_JOD

pytestmark = pytest.mark.shared

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TOLERANCE_JOD = 0.001
VIEWINGS = {
    "standard_fhd": "desktop",
    "standard_4k": "4k",
    "macbook_pro_16": "laptop",
    "standard_phone": "phone",
}
# The fast run reads every n-th row of a group; the steps share no divisor with the order of displays and qualities.
FAST_STEPS = {"kodak": 21, "size": 5, "small": 3, "display": 7, "case": 7}

Row = dict[str, Any]


def _rows(kind: str) -> list[Row]:
    lines = (BENCHMARKS / "rows" / "cvvdp_parity.jsonl").read_text().splitlines()
    return [row for row in map(json.loads, lines) if row["kind"] == kind]


def _by_group() -> dict[str, list[Row]]:
    groups = defaultdict(list)
    for row in _rows("jod"):
        groups[row["group"]].append(row)
    return groups


def _by_picture() -> dict[str, list[Row]]:
    chunks = defaultdict(list)
    for row in _rows("jod"):
        chunks[f"{row['group']}-{Path(row['picture']).stem}"].append(row)
    return chunks


GROUPS = _by_group()
CHUNKS = _by_picture()


def _name(row: Row) -> str:
    return json.dumps([row[key] for key in ("picture", "crop", "reference", "distortion", "display")])


class Pairs:
    """Pictures of rows made again. Counts the rows whose pixels come out otherwise, as with another JPEG decoder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.other = 0
        self.total = 0
        self._watched: tuple[tuple[str, str], Any] | None = None

    def __call__(self, row: Row) -> tuple[Any, Any] | None:
        """The watched reference and the test pixels, or None where they are not the row's."""
        self.total += 1
        reference, test = distortions.pair(self.data, row)
        if (distortions.sha256(reference), distortions.sha256(test)) != (row["sha256_reference"], row["sha256"]):
            self.other += 1
            return None
        key = (row["sha256_reference"], row["display"])
        if self._watched is None or self._watched[0] != key:
            viewing = DISPLAYS[VIEWINGS[row["display"]]]
            self._watched = (key, cvvdp.Cvvdp().watch(Picture(rgb=reference), viewing))
        return self._watched[1], test

    def report(self) -> None:
        """Skips, so that the report shows how many rows said nothing."""
        if self.other:
            pytest.skip(f"{self.other} of {self.total} rows not compared: Pillow decodes other pixels here")


def _agrees(rows: list[Row], data: Path) -> None:
    pairs = Pairs(data)
    wrong = {}
    for row in rows:
        if (pair := pairs(row)) is not None:
            watched, test = pair
            difference = watched.q_jod(test) - row["q_jod"]
            if not abs(difference) <= TOLERANCE_JOD:
                wrong[_name(row)] = difference
    assert not wrong
    pairs.report()


@pytest.mark.parametrize("group", GROUPS)
def test_reads_the_packages_jod(group: str, shared: Path) -> None:
    _agrees(GROUPS[group][:: FAST_STEPS[group]], shared / "data")


@pytest.mark.slow
@pytest.mark.parametrize("chunk", CHUNKS)
def test_reads_the_packages_jod_on_every_row(chunk: str, shared: Path) -> None:
    _agrees(CHUNKS[chunk], shared / "data")


@pytest.mark.parametrize("row", _rows("heatmap"), ids=lambda row: f"{Path(row['picture']).stem}-{row['display']}")
def test_maps_what_the_package_maps(row: Row, shared: Path) -> None:
    """Means over 12 x 8 cells. The package's raw heatmap holds a tenth of the local loss in JOD."""
    pairs = Pairs(shared / "data")
    if (pair := pairs(row)) is not None:
        watched, test = pair
        assert abs(watched.q_jod(test) - row["q_jod"]) <= TOLERANCE_JOD
        ours = np.array(distortions.grid_means(watched.map(Picture(rgb=test)), *row["grid"])) / JND_PER_JOD
        np.testing.assert_allclose(ours, 10.0 * np.array(row["means"]), rtol=0.0, atol=TOLERANCE_JOD)
    pairs.report()
