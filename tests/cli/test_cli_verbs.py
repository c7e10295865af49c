"""decode, predict, compare, map, models, doctor, and what all verbs share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jndkit
from jndkit.cli.app import reported
from jndkit.codecs import available
from jndkit.version import VERSION

Run = Callable[..., Any]
Draw = Callable[..., Path]


def test_version_and_help(jnd: Run) -> None:
    assert jnd("--version") == type(jnd("--version"))(0, f"jnd {VERSION}\n", "")
    said = jnd("--help")
    assert said.code == 0
    verbs = ("encode", "decode", "predict", "compare", "map", "models", "doctor")
    assert all(f"  {verb} " in said.out for verb in verbs)


@pytest.mark.parametrize("verb", ["encode", "decode", "predict", "compare", "map", "models", "doctor"])
def test_every_verb_has_help(jnd: Run, verb: str) -> None:
    said = jnd(verb, "--help")
    assert said.code == 0
    assert "Usage: jnd " + verb in said.out


def test_a_typo_is_guessed(jnd: Run) -> None:
    said = jnd("encdoe", "a.png")
    assert said.code == 2
    assert "'encode'" in said.err
    assert jnd("train").code == 2


def test_decode(jnd: Run, draw: Draw) -> None:
    source = draw("a.jpg", quality=90)
    said = jnd("decode", "a.jpg", "-o", "b.png")
    assert said.code == 0
    assert said.out.startswith("a.jpg -> b.png: 96 x 80")
    assert np.array_equal(jndkit.load("b.png").rgb, jndkit.load(source).rgb)
    again = jnd("decode", "a.jpg", "-o", "b.png")
    assert again.code == 1
    assert "--force" in again.err
    assert jnd("decode", "a.jpg", "-o", "b.png", "--force").code == 0
    assert jnd("decode", "a.jpg").code == 0
    assert Path("a.png").exists()


def test_decode_refuses(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    assert jnd("decode", "a.png", "-o", "b.jpg").code == 2
    assert jnd("decode", "a.png", "--force").code == 2
    assert jnd("decode", "none.jpg").code == 1
    assert os.listdir() == ["a.png"]


@pytest.mark.skipif(available()["vvc"] != "", reason="needs jndkit[vvc]")
@pytest.mark.parametrize("suffix", [".jvvc", ".bpg"])
def test_streams_that_a_codec_alone_reads(jnd: Run, draw: Draw, suffix: str) -> None:
    draw("a.png")
    whole, cut = f"a{suffix}", f"c{suffix}"
    assert jnd("encode", "a.png", "-o", whole, "--effort", "fast").code == 0
    assert jnd("decode", whole, "-o", "b.png").code == 0
    assert jnd("compare", "a.png", whole, "--json").rows[0]["jnd"] < 0.48
    Path(cut).write_bytes(Path(whole).read_bytes()[:100])
    broken = jnd("decode", cut)
    assert broken.code == 1
    assert broken.err.startswith(f"jnd: {cut}: ")
    assert "skipped" in jnd("encode", whole).out


def test_predict(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    said = jnd("predict", "a.png", "--codec", "webp")
    assert said.code == 0
    assert said.out.startswith("a.png: webp:m4 quality ")
    assert "wanted 75 %" in said.out
    (row,) = jnd("predict", "a.png", "--codec", "webp", "--json").rows
    assert row["status"] == "predicted"
    assert row["output"] is None
    assert [line.split()[0] for line in said.out.splitlines()].count(row["codec"]) == len(row["probes"])
    assert os.listdir() == ["a.png"]


def test_predict_agrees_with_encode(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    (before,) = jnd("predict", "a.png", "--json").rows
    (after,) = jnd("encode", "a.png", "--json").rows
    assert before["output_sha256"] == after["output_sha256"]


def test_compare(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    draw("b.jpg", quality=30)
    said = jnd("compare", "a.png", "b.jpg")
    assert said.code == 0
    assert "identical to 75 % of viewers: no" in said.out
    same = jnd("compare", "a.png", "a.png", "--viewers", "90")
    assert "identical to 90 % of viewers: yes" in same.out
    assert "100 % see no difference" in same.out
    (row,) = jnd("compare", "a.png", "b.jpg", "--json").rows
    assert row["identical"] is False
    assert row["status"] == "compared"
    assert (row["input"], row["output"]) == ("a.png", "b.jpg")
    assert row["jnd"] > row["target"]["jnd"]
    assert row["viewers"] < 75.0
    assert len(row["where"]) == 4


def test_compare_where_only_the_half_is_known(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    draw("b.jpg", quality=30)
    assert jnd("compare", "a.png", "b.jpg", "--protocol", "konjnd").code == 2
    (row,) = jnd("compare", "a.png", "b.jpg", "--protocol", "konjnd", "--viewers", "50", "--json").rows
    assert row["viewers"] is None
    assert row["identical"] is (row["jnd"] <= row["target"]["jnd"])


def test_compare_draws_a_map(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    draw("b.jpg", quality=30)
    assert jnd("compare", "a.png", "b.jpg", "--map", "m.png").code == 0
    drawn = jndkit.load("m.png")
    assert drawn.width >= 96
    assert drawn.height > 80
    assert len(np.unique(drawn.rgb.reshape(-1, 3), axis=0)) > 20
    assert jnd("compare", "a.png", "b.jpg", "--map", "m.png").code == 1
    assert jnd("compare", "a.png", "b.jpg", "--map", "m.npy").code == 0
    numbers = np.load("m.npy")
    assert (numbers.shape, numbers.dtype) == ((80, 96), np.float32)
    assert numbers.max() > 0
    assert jnd("compare", "a.png", "b.jpg", "--map", "m.gif").code == 2


def test_compare_names_both_sizes(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    draw("b.png", width=100, height=70)
    said = jnd("compare", "a.png", "b.png")
    assert said.code == 2
    assert "a.png has 96 x 80 pixels, b.png has 100 x 70" in said.err


def test_map(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    said = jnd("map", "a.png", "--model", "chou1995", "-o", "m.npy", "--variant", "paper", "--border", "zero")
    assert said.code == 0
    expected = jndkit.jnd_map(jndkit.load("a.png"), "chou1995", variant="paper", border="zero")
    assert np.array_equal(np.load("m.npy"), expected)
    assert jnd("map", "a.png", "-o", "m.npy").code == 1
    assert jnd("map", "a.png", "-o", "m.png", "--side-by-side").code == 0
    assert jndkit.load("m.png").width >= 2 * 96


def test_map_refuses(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    said = jnd("map", "a.png", "--model", "wu2071", "-o", "m.npy")
    assert said.code == 2
    assert "wu2017" in said.err
    assert jnd("map", "a.png", "-o", "m.jpg").code == 2
    assert jnd("map", "a.png", "-o", "m.npy", "--side-by-side").code == 2
    assert jnd("map", "a.png").code == 2
    assert jnd("map", "none.png", "-o", "m.npy").code == 1
    assert os.listdir() == ["a.png"]


def test_models(jnd: Run) -> None:
    said = jnd("models")
    assert said.code == 0
    named = [(row["room"], row["name"]) for row in jnd("models", "--json").rows]
    assert {("pixelwise", "wu2017"), ("observers", "cvvdp"), ("codecs", "avif")} <= set(named)
    assert all(name in said.out for _, name in named)


def test_doctor(jnd: Run) -> None:
    said = jnd("doctor")
    assert said.code == 0
    parts = jnd("doctor", "--json").rows
    names = {part["name"] for part in parts}
    assert {"python", "numpy", "pillow", "jpeg", "avif", "heic", "jxl", "vvc"} <= names
    for part in parts:
        line = next(line for line in said.out.splitlines() if line.split()[1] == part["name"])
        assert part["present"] or part["install"] in line


def test_a_bug_is_one_sentence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JND_DEBUG", raising=False)
    assert reported(lambda: 1 // 0)() == 1
    said = capsys.readouterr().err
    assert said.startswith("jnd: ZeroDivisionError: ")
    assert said.endswith("this is a bug; run with JND_DEBUG=1 for the traceback\n")
    assert said.count("\n") == 1
    monkeypatch.setenv("JND_DEBUG", "1")
    assert reported(lambda: 1 // 0)() == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk(draw: Draw, tmp_path: Path) -> None:
    draw("a.png")
    for arguments in (["models"], ["encode", "a.png", "-o", "-"]):
        command = [sys.executable, "-m", "jndkit", *arguments]
        with open("/dev/full", "wb") as full:
            run = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True)
        assert run.returncode == 1
        assert "the disk is full" in run.stderr
        assert "Traceback" not in run.stderr


def test_json_is_json(jnd: Run) -> None:
    assert json.loads(jnd("doctor", "--json").out.splitlines()[0])["name"] == "python"
