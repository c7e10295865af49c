"""jnd predict: with encodes, and with --no-encode from the picture alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jndkit.codecs import available
from jndkit.evidence import Row

Run = Callable[..., Any]
Draw = Callable[..., Path]
PREDICTION = {"jpeg": "jpeg:tuned,420", "jpeg:444": "jpeg:tuned,444", "webp": "webp:m4", "avif": "avif:s6,420"}


def test_it_says_what_was_predicted_and_how_viewers_fare(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    (row,) = jnd("predict", "a.png", "--json").rows
    assert list(row) == list(json.loads(Row("x").to_json()))
    assert row["prediction"].keys() == {"value", "low", "high", "source"}
    assert row["prediction"]["low"] <= row["prediction"]["value"]
    curve = {value: tuple(rest) for value, *rest in row["sur"]}
    assert len(curve) == 100
    assert curve[row["knob"]["value"]] == pytest.approx((row["viewers"], *row["interval"]), abs=1e-5)
    said = jnd("predict", "a.png").out
    assert f"  {row['knob']['value']:>8g}  " in said
    assert "predicted quality" in said
    assert 4 <= said.count(" % (") <= 9


def test_rows_of_encode_carry_the_prediction_but_no_curve(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    (row,) = jnd("encode", "a.png", "--json").rows
    assert row["prediction"]["source"]
    assert row["sur"] is None


@pytest.mark.parametrize("codec", PREDICTION)
def test_no_encode_answers_from_the_picture_alone(jnd: Run, draw: Draw, codec: str) -> None:
    draw("a.png")
    (row,) = jnd("predict", "a.png", "--no-encode", "--codec", codec, "--json").rows
    assert (row["status"], row["encodes"], row["bytes"], row["probes"]) == ("predicted", 0, None, [])
    assert (row["jnd"], row["observer"], row["output"], row["error"]) == (None, None, None, None)
    assert row["codec"] == PREDICTION[codec]
    assert row["knob"]["value"] == row["prediction"]["value"]
    assert row["viewers"] >= 75.0
    assert row["interval"][0] < row["viewers"] < row["interval"][1]
    shares = [viewers for _, viewers, _, _ in row["sur"]]
    assert all(low <= viewers <= high for _, viewers, low, high in row["sur"])
    assert min(shares) < 50 < 75 <= max(shares)
    said = jnd("predict", "a.png", "--no-encode", "--codec", codec)
    assert said.code == 0
    assert said.out.startswith(f"a.png: {row['codec']} quality {row['knob']['value']:g}\n")
    assert "nothing encoded" in said.out
    assert 8 <= said.out.count("\n") <= 12
    assert os.listdir() == ["a.png"]


@pytest.mark.parametrize("codec", [name for name in ("heic", "jxl") if available()[name] == ""])
def test_no_encode_knows_the_other_formats(jnd: Run, draw: Draw, codec: str) -> None:
    draw("a.png")
    (row,) = jnd("predict", "a.png", "--no-encode", "--codec", codec, "--json").rows
    assert row["encodes"] == 0
    assert row["viewers"] >= 75.0


def test_no_encode_never_encodes_nor_looks(jnd: Run, draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    from jndkit.codecs.jpeg import Jpeg
    from jndkit.observers.cvvdp import Cvvdp

    draw("a.png")
    monkeypatch.setattr(Jpeg, "encode", None)
    monkeypatch.setattr(Cvvdp, "watch", None)
    assert jnd("predict", "a.png", "--no-encode").code == 0
    assert jnd("predict", "a.png").code == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--codec", "auto"], "auto"),
        (["--prefilter", "wu2017"], "--prefilter"),
        (["--effort", "best"], "--effort"),
        (["--observer", "wu2017"], "--observer"),
        (["--viewers", "99"], "50 and 95"),
        (["--protocol", "konjnd"], "50 %"),
    ],
)
def test_no_encode_refuses_what_needs_encodes(jnd: Run, draw: Draw, options: list[str], said: str) -> None:
    draw("a.png")
    refused = jnd("predict", "a.png", "--no-encode", *options)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err


@pytest.mark.skipif(available()["vvc"] != "", reason="needs jndkit[vvc]")
def test_no_encode_refuses_a_codec_it_does_not_know(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    refused = jnd("predict", "a.png", "--no-encode", "--codec", "vvc")
    assert (refused.code, refused.out) == (2, "")
    assert "does not know vvc" in refused.err
    (row,) = jnd("predict", "a.png", "--codec", "vvc", "--effort", "fast", "--json").rows
    assert row["prediction"]["source"] == "unknown"


def test_no_encode_of_many(jnd: Run, draw: Draw) -> None:
    for name in ("in/a.png", "in/b.png"):
        draw(name, seed=len(name))
    Path("in/c.png").write_bytes(b"no picture")
    said = jnd("predict", "in", "--no-encode", "--json", "--jobs", "2")
    assert said.code == 1
    assert [row["status"] for row in said.rows] == ["predicted", "predicted", "failed"]


def test_no_encode_is_not_an_option_of_encode(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    assert jnd("encode", "a.png", "--no-encode").code == 2
