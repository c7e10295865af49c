"""Every network that ships has a whole card: what it learned from, under which licences, scores that rows bear out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jndkit.inference import available, session
from jndkit.training.recipe import load_recipe
from jndkit.weights import CURRENT, PACKAGED, find, read_card

ROWS = Path(__file__).parents[2] / "benchmarks" / "rows"
NAMES = sorted(path.stem for path in PACKAGED.glob("*.toml"))


def test_every_file_has_its_card_and_all_are_small() -> None:
    files = sorted(path.stem for path in PACKAGED.glob("*.onnx"))
    assert files == NAMES
    assert sum(path.stat().st_size for path in PACKAGED.iterdir()) < 40e6
    assert set(CURRENT.values()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_whole(name: str) -> None:
    found = find(name)
    card = found.card
    assert (card.name, card.bytes) == (name, found.path.stat().st_size)
    assert card.licence == "Apache-2.0"
    assert card.parameters > 0
    assert card.macs_per_pixel > 0
    assert card.promise
    assert card.data
    assert all(each["licence"] not in ("", "unstated") and each["pictures"] > 0 for each in card.data)
    assert {"recipe", "steps", "hours", "hardware"} <= set(card.trained)
    assert load_recipe(card.trained["recipe"]).name == card.architecture
    assert card.scores["command"].startswith("python benchmarks/")
    assert {"onnxruntime", "openvino"} <= set(card.parity)
    assert all(difference <= 2e-4 for difference in card.parity.values())


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("resjnd")])
def test_resjnd_scores_come_from_rows(name: str) -> None:
    model, scores = name.split(".")[0], read_card(PACKAGED / f"{name}.toml").scores
    rows = [json.loads(line) for line in (ROWS / "resjnd.jsonl").read_text().splitlines()]
    for split, pictures in (("valid", 49), ("kodak", 24)):
        some = [row for row in rows if row["kind"] == "scores" and row["split"] == split]
        gains = [row[model] - row["identity"] for row in some]
        assert len(gains) == pictures
        assert scores[f"{split}_gain"][0] == pytest.approx(np.mean(gains), abs=1e-3)
        assert scores[f"{split}_over_blur"][0] == pytest.approx(
            np.mean([row[model] - row["blur"] for row in some]), abs=1e-3
        )
    # What a network must bring to ship: nearer than the pristine picture, beyond doubt, and than the best blur.
    mean, spread = scores["valid_gain"]
    assert mean >= 0.3
    assert mean - spread > 0
    assert scores["valid_over_blur"][0] > 0


@pytest.mark.skipif(len(available()) < 2, reason="only one runtime is installed")
@pytest.mark.parametrize("name", NAMES)
def test_every_runtime_says_the_same(name: str) -> None:
    found = find(name)
    shape = (1, 1, 64, 64) if found.card.architecture == "shen2020" else (1, 3, 64, 72)
    given = np.random.default_rng(0).random(shape, np.float32)
    outputs = [session(found.path, runtime=runtime)(given)[0] for runtime in available()]
    for other in outputs[1:]:
        np.testing.assert_allclose(other, outputs[0], atol=2e-4)
