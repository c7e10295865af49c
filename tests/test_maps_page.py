"""The maps of Shen et al. 2020 and ResJND: the page's tables are made from the rows, which bear its words out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import resjnd_edges
import shen2020_terms
from jndkit.evaluation.intervals import mean
from jndkit.pixelwise.terms.structure import TERMS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
ROWS = shen2020_terms._read(shen2020_terms.ROWS)
EDGES = [json.loads(line) for line in resjnd_edges.ROWS.read_text(encoding="utf-8").splitlines()]


def test_the_tables_are_made_from_the_rows() -> None:
    assert shen2020_terms.table(ROWS) in PAGE
    assert resjnd_edges.table(EDGES) in PAGE


def test_the_curve_of_resjnd_is_that_of_its_log() -> None:
    log = (ROOT / "benchmarks" / "rows" / "training" / "resjnd.jsonl").read_text(encoding="utf-8").splitlines()
    events = [event for event in map(json.loads, log) if event["event"] == "validate"]
    second = next(index for index, event in enumerate(events) if event["step"] == 400) + 1
    curves = (
        [event["psnr_gain"] for event in events[second - 5 : second]],
        [event["psnr_gain"] for event in events[second:] if event["step"] % 600 == 300 or event["step"] == 4600],
    )
    assert [len(gains) for gains in curves] == [5, 9]
    best = max(events[second:], key=lambda event: float(event["psnr_gain"]))
    assert best["step"] == 3900
    for gains in (curves[0], curves[1][:7] + curves[1][8:]):
        assert f"| gain, dB | {' | '.join(f'{gain:+.2f}' for gain in gains)} |" in PAGE


def test_weights_that_went_on_hide_noise_no_worse() -> None:
    lines = (ROOT / "benchmarks" / "rows" / "resjnd.jsonl").read_text(encoding="utf-8").splitlines()
    read = {
        model: [row for row in map(json.loads, lines) if row.get("model") == model and row["kind"] == "noise"]
        for model in ("resjnd", "version 1", "flat")
    }
    assert len({tuple(row["picture"] for row in rows) for rows in read.values()}) == 1
    pairs = list(zip(read["resjnd"], read["version 1"], strict=True))
    seen = mean([float(before["jnd"] - own["jnd"]) for own, before in pairs])
    more = mean([float(before["psnr"] - own["psnr"]) for own, before in pairs])
    assert seen.value > -seen.half
    assert f"it reads {seen.value:.2f} ± {seen.half:.2f} JND less than that of version 1" in PAGE
    assert f"at 1 JND it has {more.value:.2f} ± {more.half:.2f} dB more of it" in PAGE


def test_every_picture_has_every_combination() -> None:
    forms: dict[str, set[tuple[str, str]]] = {}
    for row in ROWS:
        forms.setdefault(row["input"], set()).add((row["form"], row["terms"]))
    assert len(forms) == 49
    assert {len(arms) for arms in forms.values()} == {16}
    assert len(ROWS) == 49 * 16


def over_flat(form: str, terms: str, key: str) -> Any:
    flat = {row["input"]: row[key] for row in ROWS if row["form"] == "flat"}
    return np.array([row[key] - flat[row["input"]] for row in ROWS if (row["form"], row["terms"]) == (form, terms)])


@pytest.mark.parametrize("key", ["jnd", "psnr"])
def test_the_default_hides_noise_and_the_published_form_does_not(key: str) -> None:
    """Noise in the shape of the default is seen less than flat noise, and than that of the published form."""
    smooth, code = (
        over_flat("smooth", "contrast+structure", key),
        over_flat("code", "+".join(TERMS), key),
    )
    for less in (smooth, smooth - code):
        assert less.mean() < -1.96 * less.std(ddof=1) / len(less) ** 0.5


def test_steps_are_found_where_patches_are() -> None:
    rows, columns = np.mgrid[:164, :164]
    even = np.full((164, 164), 2.0, np.float32)
    patches = even + (columns // 50 == 1)
    assert shen2020_terms.steps(even) == {"edge": 0, "edge_inside": 0, "level": 0, "level_inside": 0}
    found = shen2020_terms.steps(patches.astype(np.float32))
    assert found["edge"] == pytest.approx(0.25)  # at every other border, along one of two axes
    assert found["edge_inside"] == found["level_inside"] == 0
    assert found["level"] == pytest.approx(0.5)
    slope = shen2020_terms.steps((rows / 10).astype(np.float32))
    assert slope["edge"] == pytest.approx(slope["edge_inside"], abs=1e-3) == pytest.approx(0.05, abs=1e-3)


def test_clean_edges_are_found_and_others_are_not() -> None:
    plane = np.full((64, 96), 80, np.uint8)
    plane[:, 44:] = 140
    edge, _ = resjnd_edges.clean_edges(plane)
    assert set(np.nonzero(edge[8:56, 8:88])[1] + 8) <= {43, 44}
    assert edge[8:56, 40:48].any(axis=1).all()
    noise = np.random.default_rng(0).normal(0, 12, plane.shape)
    noisy = np.clip(plane + noise, 0, 255).astype(np.uint8)
    assert resjnd_edges.clean_edges(noisy)[0].mean() < 0.001
    found = resjnd_edges.blocks(plane)
    assert found.edge == [(0, 32), (32, 32)]
    assert (0, 64) in found.flat
    assert not found.texture
    assert resjnd_edges.blocks(noisy).texture


def test_blocks_are_matched_by_brightness_each_once() -> None:
    plane = np.repeat(np.repeat(np.array([[10, 60, 100, 140, 64]], np.uint8), 32, axis=0), 32, axis=1)
    corners = [(0, 32 * at) for at in range(5)]
    assert resjnd_edges.alike(plane, corners[1:2] + corners[4:], corners[:1] + corners[2:4]) == [(0, 64), (0, 0)]
