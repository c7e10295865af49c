"""What is stated of a source and a codec that took no part: parts of a known error are found, and intervals hold."""

from __future__ import annotations

import numpy as np
import pytest

from jndkit.evaluation.observers.units import line
from jndkit.evaluation.observers.unseen import components, held_out, left_out, stated
from jndkit.study.psychometric import Floats


def crossed(sources: int, codecs: int, levels: int) -> tuple[np.ndarray, np.ndarray]:
    """Names of source and codec of every stimulus."""
    source = np.repeat([f"s{i}" for i in range(sources)], codecs * levels)
    codec = np.tile(np.repeat([f"c{i}" for i in range(codecs)], levels), sources)
    return source, codec


def erring(random: np.random.Generator, source: np.ndarray, codec: np.ndarray, *sds: float) -> Floats:
    """Errors with standard deviations of source, codec, pair and the rest."""
    pair = np.char.add(source, codec)
    error = sds[3] * random.standard_normal(len(source))
    for names, sd in ((source, sds[0]), (codec, sds[1]), (pair, sds[2])):
        _, place = np.unique(names, return_inverse=True)
        error += sd * random.standard_normal(place.max() + 1)[place]
    return np.asarray(error, np.float64)


def test_the_parts_of_an_error_are_found() -> None:
    source, codec = crossed(60, 50, 5)
    found = components(erring(np.random.default_rng(0), source, codec, 0.3, 0.2, 0.15, 0.1), source, codec)
    parts = np.sqrt([found.source, found.codec, found.pair, found.rest])
    assert parts == pytest.approx([0.3, 0.2, 0.15, 0.1], rel=0.15)
    assert found.sd == pytest.approx(np.sqrt(0.09 + 0.04 + 0.0225 + 0.01), rel=0.15)


def test_few_sources_leave_doubt() -> None:
    random, widths = np.random.default_rng(1), []
    for sources in (4, 40):
        source, codec = crossed(sources, 6, 6)
        found = [components(erring(random, source, codec, 0.2, 0.0, 0.0, 0.1), source, codec) for _ in range(30)]
        widths.append(float(np.mean([each.sd / np.sqrt(each.total + each.mean**2) for each in found])))
    assert widths[0] > 1.1 > widths[1] > 1.0


def test_errors_all_alike_are_no_more_than_that() -> None:
    source, codec = crossed(3, 3, 2)
    assert components(np.full(len(source), -0.2), source, codec).sd == pytest.approx(0.2, rel=0.01)


def test_cells_without_a_stimulus_are_no_matter() -> None:
    source, codec = crossed(6, 6, 4)
    error = erring(np.random.default_rng(2), source, codec, 0.1, 0.1, 0.1, 0.1)
    kept = ~((source == "s0") & (codec == "c0"))
    whole, some = (components(error[rows], source[rows], codec[rows]).sd for rows in (np.full(len(kept), True), kept))
    assert some == pytest.approx(whole, rel=0.1)


def test_intervals_hold_for_a_source_and_a_codec_not_seen() -> None:
    """As many as were stated, or a little more: over forty samples as large as that of AIC-4."""
    random, inside = np.random.default_rng(3), []
    source, codec = crossed(5, 6, 10)
    x = np.tile(np.linspace(9.95, 9.1, 10), 30)
    for _ in range(40):
        people = np.maximum(3.2 * (10.0 - x) + erring(random, source, codec, 0.11, 0.07, 0.16, 0.13), 0.0)
        inside.append(held_out(line, x, people, source, codec).holds(people).mean())
    assert 0.88 < float(np.mean(inside)) < 0.97


def test_what_is_stated_is_of_near_and_far() -> None:
    source, codec = crossed(5, 6, 10)
    x = np.tile(np.linspace(9.9, 9.0, 10), 30)
    people = 3.2 * (10.0 - x) * np.exp(erring(np.random.default_rng(4), source, codec, 0.1, 0.1, 0.1, 0.05))
    error = stated(left_out(line, x, people, source), people, source, codec)
    assert 0.05 < error.floor < 0.5
    assert 0.1 < error.share < 0.4
