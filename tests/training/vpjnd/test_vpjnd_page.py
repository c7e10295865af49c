"""What docs/training.md says of the published classifier is what the rows say."""

from __future__ import annotations

from pathlib import Path

import pytest

import vpjnd_maps
import vpjnd_search
from jndkit.codecs import codec
from jndkit.evaluation.picturewise.ground_truth import observed_ground_truth
from jndkit.observers.vpjnd_paper import CARD
from jndkit.protocols import protocol
from jndkit.weights import CURRENT, find

PAGE = (Path(__file__).parents[3] / "docs" / "training.md").read_text(encoding="utf-8")
NETWORK = CURRENT["vpjnd-paper"]


def test_the_tables_are_those_of_the_rows() -> None:
    assert vpjnd_search.table(vpjnd_search.read(vpjnd_search.ROWS)) in PAGE
    assert vpjnd_maps.table(vpjnd_maps.read(vpjnd_maps.ROWS)) in PAGE


def test_its_shares_are_those_of_its_card() -> None:
    scores = find(NETWORK).card.scores
    names = [name.removeprefix("right_") for name in scores if name.startswith("right_") and "near" not in name]
    lines = ["| versions | right, % | commoner answer | within 1.5 of the threshold | commoner answer |"]
    lines += ["|---|---|---|---|---|"]
    for name, ending in (("all", ""), *((name, f"_{name}") for name in names)):
        found = (scores[f"{key}{ending}"] for key in ("right", "commoner_answer", "right_near", "commoner_answer_near"))
        lines.append(f"| {name} | " + " | ".join(f"{share:.1f}" for share in found) + " |")
    assert "\n".join(lines) in PAGE
    assert f"right {scores['right']:.0f} times in 100, guessing {scores['commoner_answer']:.0f}" in CARD.summary


def test_searches_are_of_the_weights_that_ship_and_nearer_than_one_setting() -> None:
    rows = vpjnd_search.read(vpjnd_search.ROWS)
    # Or of those that the ones that ship were rounded from, which answer alike.
    rounded_from = find(NETWORK).card.trained["rounded_from"]
    assert {row["network"] for row in rows} <= {NETWORK, rounded_from}
    assert len({(row["input"], row["codec"]) for row in rows}) == len(rows)
    for _, found, constant in vpjnd_search.errors(rows):
        assert sum(found) < 0.5 * sum(constant)


def test_an_error_is_the_distance_of_the_knob() -> None:
    spec = "jpeg:420"
    name, observed = next(iter(vpjnd_search.truths(spec).items()))
    fit = protocol("aic")[0]
    truth = observed_ground_truth(observed, codec(spec).knob.grid, fit)
    right = truth.value(truth.boundary["75"])
    row = {"input": name, "codec": spec, "value": right - 2.0, "encodes": 9}
    [(_, found, _)] = vpjnd_search.errors([row])
    assert found == [pytest.approx(2.0)]
