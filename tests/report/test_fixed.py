"""One setting for all: what was read tells, what was not is estimated as the search does, and the rest is not known."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from jndkit.codecs import codec
from jndkit.picturewise.curves import typical_curve
from jndkit.picturewise.search import expect
from jndkit.report.entries import Entry, entry
from jndkit.report.fixed import Told, at, fixed_settings
from jndkit.viewing import DISPLAYS
from tests.report.made_rows import row

HOME = Path()


def made(**changes: Any) -> Entry:
    return entry(row(**changes), HOME)


def test_what_was_read_at_the_setting_tells() -> None:
    assert at(made(), 86.0) == Told("fits", "read", 20_000)
    assert at(made(), 80.0) == Told("visible", "read", 16_000)
    probes = [
        {"codec": "jpeg:420", "value": 86, "bytes": 20_000, "jnd": 0.45},
        {"codec": "jpeg:420", "value": 90, "bytes": 26_000, "jnd": 0.30},
    ]
    assert at(made(probes=probes), 90.0) == Told("wasteful", "read", 26_000)


def test_what_was_not_read_is_what_the_search_would_expect() -> None:
    grid = codec("jpeg:420").knob.grid
    curve = typical_curve(codec("jpeg:420"), DISPLAYS["desktop"])
    readings = {grid.index(80): 0.6, grid.index(86): 0.45}
    for value in (60, 70, 83, 88, 95):
        told = at(made(), float(value))
        assert told is not None
        expected = math.exp(expect(curve, readings, grid.index(value))) / 0.4725
        assert told.verdict == ("visible" if expected > 1 else "wasteful" if expected < 0.9 and value > 86 else "fits")
        assert told.how == "estimated"


def test_bytes_are_known_between_two_files_only() -> None:
    between = at(made(), 83.0)
    assert between is not None
    assert between.bytes == pytest.approx(math.sqrt(16_000 * 20_000))
    beyond = at(made(), 95.0)
    assert beyond is not None
    assert beyond.bytes is None


def test_a_predicted_curve_tells_by_viewers() -> None:
    sur = [[80, 60.0, 40.0, 80.0], [86, 76.0, 60.0, 90.0], [90, 85.0, 70.0, 99.0]]
    predicted = made(status="predicted", jnd=None, observer=None, probes=[], sur=sur)
    assert at(predicted, 80.0) == Told("visible", "estimated", None)
    assert at(predicted, 86.0) == Told("fits", "estimated", None)
    assert at(predicted, 90.0) == Told("wasteful", "estimated", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"target": None},
        {"probes": []},
        {"prefilter": {"model": "wu2017"}},
        {"codec": "nobody:420", "probes": [{"codec": "nobody:420", "value": 80, "bytes": 1, "jnd": 0.6}]},
        {"viewing": "nowhere", "ppd": None},
    ],
)
def test_what_cannot_be_told_is_not(changes: dict[str, Any]) -> None:
    assert at(made(**changes), 92.0) is None


def test_a_knob_that_counts_down_is_understood() -> None:
    """Of JPEG XL a larger distance is worse."""
    pytest.importorskip("imagecodecs", reason="needs jndkit[codecs]")
    spec = codec("jxl").spec
    probes = [{"codec": spec, "value": value, "bytes": 9, "jnd": jnd} for value, jnd in ((1.0, 0.45), (0.5, 0.2))]
    jxl = made(codec=spec, knob={"name": "distance", "value": 1.0}, probes=probes)
    finer, coarser = at(jxl, 0.5), at(jxl, 3.0)
    assert finer is not None
    assert finer.verdict == "wasteful"
    assert coarser is not None
    assert coarser.verdict == "visible"


def test_pictures_are_counted() -> None:
    pictures = [
        made(),
        made(
            knob={"name": "quality", "value": 80},
            jnd=0.4,
            probes=[
                {"codec": "jpeg:420", "value": 80, "bytes": 16_000, "jnd": 0.40},
                {"codec": "jpeg:420", "value": 86, "bytes": 20_000, "jnd": 0.30},
            ],
            bytes=16_000,
        ),
        made(target=None),
    ]
    (setting,) = fixed_settings(pictures, {86.0: "median"})
    assert (setting.pictures, setting.read, setting.unknown) == (2, 2, 1)
    assert (setting.visible, setting.wasteful) == (0, 1)
    assert (setting.sized, setting.wasted) == (1, 4_000)
