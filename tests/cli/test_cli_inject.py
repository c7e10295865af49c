"""jnd inject"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jndkit
from jndkit.weights import find

Run = Callable[..., Any]
Draw = Callable[..., Path]


def test_help(jnd: Run) -> None:
    said = jnd("inject", "--help")
    assert said.code == 0
    assert "Usage: jnd inject" in said.out
    assert all(option in said.out for option in ("--psnr", "--strength", "--jnd", "--seed"))


def test_inject_writes_a_png(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    said = jnd("inject", "a.png", "-o", "b.png")
    assert said.code == 0
    assert said.out.startswith("a.png -> b.png: resjnd-s (code) times 1, seed 0: PSNR ")
    by_hand = jndkit.inject("a.png")
    assert np.array_equal(jndkit.load("b.png").rgb, by_hand.picture.rgb)
    assert not jndkit.load("b.png").marked


def test_the_same_seed_gives_the_same_bytes(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    for name, seed in (("b.png", 7), ("c.png", 7), ("d.png", 8)):
        assert jnd("inject", "a.png", "--psnr", "30", "--seed", str(seed), "-o", name).code == 0
    assert Path("b.png").read_bytes() == Path("c.png").read_bytes()
    assert Path("b.png").read_bytes() != Path("d.png").read_bytes()


def test_the_row(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    said = jnd("inject", "a.png", "--model", "yang2005", "--jnd", "1", "-o", "b.png", "--json")
    (row,) = said.rows
    assert 0.99 <= row["jnd"] <= 1.0
    assert row["beta"] > 0.0
    assert row["psnr"] > 20.0
    assert (row["input"], row["output"], row["model"]) == ("a.png", "b.png", "yang2005")
    assert row["bytes"] == Path("b.png").stat().st_size
    compared = jnd("compare", "a.png", "b.png", "--json").rows[0]
    assert compared["jnd"] == pytest.approx(row["jnd"], abs=1e-6)
    assert compared["output_sha256"] == row["output_sha256"]


def test_the_row_names_the_weights_of_a_network(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    network, formula = (
        jnd("inject", "a.png", "--model", model, "-o", f"{model}.png", "--json").rows[0]["versions"]
        for model in ("resjnd-s", "wu2017")
    )
    card = find("resjnd-s").card
    assert network["weights"] == f"{card.name} {card.sha256[:12]}"
    assert "weights" not in formula


def test_what_is_refused(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    draw("b.png")
    for arguments, code in (
        (("a.png", "-o", "c.png", "--psnr", "30", "--jnd", "1"), 2),
        (("a.png", "-o", "c.png", "--strength", "1", "--jnd", "1"), 2),
        (("a.png", "-o", "c.png", "--psnr", "-3"), 2),
        (("a.png", "-o", "c.png", "--model", "nobody1900"), 2),
        (("a.png", "-o", "c.png", "--seed", "-1"), 2),
        (("a.png", "-o", "c.jpg"), 2),
        (("a.png", "-o", "a.png", "--force"), 2),
        (("a.png",), 2),
        (("a.png", "-o", "b.png"), 1),
        (("none.png", "-o", "c.png"), 1),
        (("a.png", "-o", "none/c.png"), 1),
        (("a.png", "-o", "c.png", "--psnr", "1"), 4),
    ):
        said = jnd("inject", *arguments)
        assert said.code == code, (arguments, said)
        assert said.out == ""
        assert said.err
    assert sorted(os.listdir()) == ["a.png", "b.png"]
    assert jnd("inject", "a.png", "-o", "b.png", "--force").code == 0
