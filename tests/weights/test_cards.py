"""Every network that ships has a whole card: what it learned from, under which licences, scores that rows bear out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from jndkit import weights
from jndkit.inference import available, session
from jndkit.injection import libraries
from jndkit.pixelwise import model_card
from jndkit.protocols import protocol
from jndkit.registry import models
from jndkit.training.recipe import load_recipe
from jndkit.visibility import jnd_for
from jndkit.weights import CURRENT, PACKAGED, find, read_card
from tests.weights import made_networks as made

ROWS = Path(__file__).parents[2] / "benchmarks" / "rows"
NAMES = sorted(path.stem for path in PACKAGED.glob("*.toml"))
# The codec is used through several graphs.
NETWORK_OF = {name: re.sub(r"^(jndlic\.[^-]*)-.*", r"\1", name) for name in NAMES}
# Of the inputs, where they are not one picture.
SHAPES = {
    "knob": ((3, 56),),
    "shen2020": ((1, 1, 64, 64),),
    "hvssd": ((1, 3, 64, 72), (1, 1, 64, 72), (1, 3, 64, 72)),
    "vpjnd": ((2, 3, 128, 128), (2, 3, 128, 128), (2, 1, 128, 128), (2, 2)),
    "vpjnd-paper": ((2, 3, 128, 128), (2, 3, 128, 128), (2, 1, 128, 128)),
}


def test_every_file_has_its_card_and_all_are_small() -> None:
    files = sorted(path.stem for path in PACKAGED.glob("*.onnx"))
    assert files == NAMES
    assert sum(path.stat().st_size for path in PACKAGED.iterdir()) < 40e6
    # What was once written with earlier weights must decode for ever.
    assert {NETWORK_OF[name] for name in NAMES} - set(CURRENT.values()) == {"jndlic.pictures.v1", "jndlic.pictures.v2"}


def test_a_networks_own_name_stands_for_its_newest_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.one.v2", "a.one.v10", "a-b.one.v1", "c.one.v1-part", "c.one.v2-part-0", "c.one.v2-part-1", "d"):
        (tmp_path / f"{name}.toml").touch()
    monkeypatch.setattr(weights, "PACKAGED", tmp_path)
    assert weights._newest() == {"a": "a.one.v10", "a-b": "a-b.one.v1", "c": "c.one.v2"}


def test_no_two_weights_of_a_network_are_of_one_version() -> None:
    """So that which are the newest is never a matter of their letters."""
    versions = {(name.partition(".")[0], name.rpartition(".v")[2]) for name in set(NETWORK_OF.values())}
    assert len(versions) == len(set(NETWORK_OF.values()))


def test_a_network_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path))
    made.write_weights(tmp_path / "weights", "mine")
    made.write_weights(tmp_path / "weights", "for-nothing", architecture="something")
    networks = weights.networks()
    assert set(networks) == {*NETWORK_OF.values(), "mine", "for-nothing"}
    codec = networks[CURRENT["jndlic"]]
    graphs = [find(name).card for name in NAMES if NETWORK_OF[name] == codec.name]
    assert (codec.files, codec.bytes) == (len(graphs), sum(card.bytes for card in graphs))
    assert codec.about()["trained"] == dict(graphs[0].trained)
    assert "sha256" not in codec.about()  # of which there are as many as files
    assert networks["mine"].about()["sha256"] == find("mine").card.sha256
    # A network that is a model by its own name is a line among the models.
    rooms = models()
    assert "mine" in rooms["pixelwise"]
    assert "mine" not in rooms["weights"]
    assert "for-nothing" in rooms["weights"]
    assert not set(rooms["pixelwise"]) & set(NETWORK_OF.values())
    # And its versions can be named all the same.
    assert model_card("resjnd-s.cpl.v2").weights == "resjnd-s.cpl.v2"
    assert libraries("resjnd-s.cpl.v2") == libraries("resjnd-s")
    assert libraries("mine")["weights"].startswith("mine ")
    assert "weights" not in libraries("wu2017")


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_whole(name: str) -> None:
    found = find(name)
    card = found.card
    assert (card.name, card.bytes) == (name, found.path.stat().st_size)
    assert card.licence == "Apache-2.0"
    assert card.parameters > 0 or name.endswith("-tables")  # from version 4 on they are no network's
    assert (card.macs_per_pixel > 0) == (card.architecture != "knob" and not name.endswith("-tables"))  # no pixels
    assert card.remaining_gain
    assert card.data
    assert all(each["licence"] not in ("", "unstated") and each["pictures"] > 0 for each in card.data)
    assert {"recipe", "steps", "hours", "hardware"} <= set(card.trained)
    assert load_recipe(card.trained["recipe"]).name == card.architecture
    assert card.scores["command"].startswith(("python benchmarks/", "python tools/", "jnd "))
    assert card.needs in ("", *NAMES)
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


def test_shen2020_scores_come_from_rows() -> None:
    scores = read_card(PACKAGED / "shen2020.vvc.v1.toml").scores
    rows = [json.loads(line) for line in (ROWS / "networks.jsonl").read_text().splitlines()]
    for split, pictures in (("valid", 49), ("kodak", 24)):
        some = [row for row in rows if row["kind"] == "scores" and row["split"] == split]
        assert len({row["picture"] for row in some}) == len(some) == pictures
        assert {row["weights"] for row in some} == {"shen2020.vvc.v1"}
        for name in ("shen2020", "blur", "identity"):
            assert scores[f"{split}_{name}"][0] == pytest.approx(np.mean([row[name] for row in some]), abs=1e-3)
        # What it must bring to ship: less error than the picture's own structure and than the best blur, beyond doubt.
        for other in ("identity", "blur"):
            less = [row[other] - row["shen2020"] for row in some]
            assert np.mean(less) > 1.96 * np.std(less, ddof=1) / len(less) ** 0.5
    assert scores["valid_shen2020_gain"][0] > 10


def test_hvssd_scores_come_from_rows() -> None:
    scores = read_card(PACKAGED / "hvssd.pictures.v1.toml").scores
    for split, file, pictures in (("valid", "noise_valid", 49), ("kodak", "noise", 24)):
        rows = [json.loads(line) for line in (ROWS / f"{file}.jsonl").read_text().splitlines()]
        read = {
            model: {row["input"]: row["equal_noise"]["jnd"] for row in rows if row["model"] == model}
            for model in ("hvssd", "flat", "chou1995")
        }
        assert {len(each) for each in read.values()} == {pictures}
        named = {row["versions"]["weights"] for row in rows if row["model"] == "hvssd"}
        names = ("hvssd.pictures.v1", "hvssd-degradation.pictures.v1")
        assert named == {", ".join(f"{name} {read_card(PACKAGED / f'{name}.toml').sha256[:12]}" for name in names)}
        assert scores[f"{split}_hvssd"][0] == pytest.approx(np.mean(list(read["hvssd"].values())), abs=1e-3)
        # What it must bring to ship: noise in its shape is seen less than flat noise and chou1995's, beyond doubt.
        for other in ("flat", "chou1995"):
            less = [read[other][name] - seen for name, seen in read["hvssd"].items()]
            assert scores[f"{split}_below_{other}"][0] == pytest.approx(np.mean(less), abs=1e-3)
            assert np.mean(less) > 1.96 * np.std(less, ddof=1) / len(less) ** 0.5


def test_vpjnd_scores_come_from_rows() -> None:
    scores = read_card(PACKAGED / "vpjnd.photos.v1.toml").scores
    rows = [json.loads(line) for line in (ROWS / "vpjnd.jsonl").read_text().splitlines()]
    assert len({row["input"] for row in rows}) == len(rows) == 49
    assert {row["network"] for row in rows} == {"vpjnd.photos.v1"}
    assert all(row["viewings"][0] == "desktop" for row in rows)
    pairs = np.array([(each["cvvdp"][0], each["jnd"][0]) for row in rows for each in row["versions"]])
    pairs = pairs[(pairs[:, 0] >= 0.1) & (pairs[:, 0] <= 4.0)]
    assert scores["desktop"] == pytest.approx(np.abs(np.log(pairs[:, 1] / pairs[:, 0])).mean(), abs=1e-4)
    # What it must bring to ship: a sixteenth of JND, where the typical curve is a third out.
    assert scores["desktop_jpeg"] < 0.06
    assert scores["desktop"] < 0.2 * scores["desktop_constant_guess"]


def test_the_published_classifier_is_right_more_often_than_a_guess() -> None:
    name = CURRENT["vpjnd-paper"]
    scores = read_card(PACKAGED / f"{name}.toml").scores
    rows = [json.loads(line) for line in (ROWS / "vpjnd_paper.jsonl").read_text().splitlines()]
    assert len({row["input"] for row in rows}) == len(rows) == 49
    assert {row["network"] for row in rows} == {name}
    every = [each for row in rows for each in row["versions"] if each["cvvdp"] > 0]
    target = jnd_for(75.0, protocol("aic")[0])
    near = [each for each in every if abs(np.log(each["cvvdp"] / target)) < np.log(1.5)]
    for some, ending in ((every, ""), (near, "_near")):
        right = np.mean([(each["answer"] > 0) == (each["cvvdp"] > target) for each in some])
        seen = np.mean([each["cvvdp"] > target for each in some])
        assert scores[f"right{ending}"] == pytest.approx(100.0 * right, abs=0.05)
        assert scores[f"commoner_answer{ending}"] == pytest.approx(100.0 * max(seen, 1.0 - seen), abs=0.05)
    # What it must bring to ship, where the commoner answer is right on 76 and 55 of 100.
    assert scores["right"] >= 92
    assert scores["right_near"] >= 80


def test_jndlic_scores_come_from_rows() -> None:
    scores = read_card(PACKAGED / f"{CURRENT['jndlic']}-synthesis.toml").scores
    rows = [json.loads(line) for line in (ROWS / "codecs.jsonl").read_text().splitlines()]
    assert {CURRENT["jndlic"] in row["versions"]["weights"] for row in rows if row["codec"] == "jndlic"} == {True}
    for split, pictures in (("valid", 49), ("kodak", 24)):
        some = [row for row in rows if row["input"].startswith(f"{split}/")]
        sizes = {
            codec: {row["input"]: row["answers"]["50"]["bytes"] for row in some if row["codec"] == codec}
            for codec in ("jndlic", "jpeg")
        }
        assert {len(each) for each in sizes.values()} == {pictures}
        ratios = np.log([size / sizes["jpeg"][name] for name, size in sizes["jndlic"].items()])
        assert scores[f"{split}_jndlic_at_50"][0] == pytest.approx(100.0 * np.expm1(ratios.mean()), abs=0.1)
        assert scores[f"{split}_fewer_than_jpeg_at_50"] == [int((ratios < 0).sum()), pictures]
    # What it must bring to ship: fewer bytes than JPEG for half of the viewers on at least 18 of the Kodak pictures.
    assert scores["kodak_fewer_than_jpeg_at_50"][0] >= 18
    decoding = [read_card(PACKAGED / f"{name}.toml") for name in NAMES if NETWORK_OF[name] == CURRENT["jndlic"]]
    spent = sum(card.macs_per_pixel for card in decoding if not card.name.endswith("-analysis"))
    assert scores["decode_kmac_per_pixel"] == pytest.approx(spent / 1000.0, abs=0.05)


def test_every_log_of_a_card_is_there() -> None:
    for name in NAMES:
        log = read_card(PACKAGED / f"{name}.toml").trained["log"]
        events = [json.loads(line) for line in (ROWS.parents[1] / log).read_text().splitlines()]
        assert {event["event"] for event in events} >= {"start", "validate"}


@pytest.mark.skipif(len(available()) < 2, reason="only one runtime is installed")
@pytest.mark.parametrize("name", [name for name in NAMES if NETWORK_OF[name] == name])  # jndlic: test_jlic_runtimes
def test_every_runtime_says_the_same(name: str) -> None:
    found = find(name)
    random = np.random.default_rng(0)
    given = [random.random(shape, np.float32) for shape in SHAPES.get(found.card.architecture, ((1, 3, 64, 72),))]
    outputs = [session(found.path, runtime=runtime)(*given) for runtime in available()]
    for other in outputs[1:]:
        for own, theirs in zip(outputs[0], other, strict=True):
            np.testing.assert_allclose(theirs, own, atol=2e-4)
