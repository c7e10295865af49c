"""jnd evaluate picturewise"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.observers import OBSERVERS

Run = Callable[..., Any]
Draw = Callable[..., Path]
JPEG = ("--codec", "jpeg", "--method", "cvvdp", "--method", "knob", "-j", "1")


def test_a_folder_gives_tables(jnd: Run, draw: Draw) -> None:
    for seed in range(2):
        draw(f"set/{seed}.png", seed=seed)
    said = jnd("evaluate", "picturewise", "set", *JPEG)
    assert said.code == 0, said.err
    assert "| jpeg:420, desktop | 75 | 2 |" in said.out
    assert "**jpeg:420, desktop (37.8 pixels per degree)**" in said.out
    for method in ("knob", "constant", "psnr", "ssim", "bisection"):
        assert f"| 75 | {method} |" in said.out


def test_people_may_look_otherwise(jnd: Run, draw: Draw) -> None:
    draw("set/a.png", seed=1)
    said = jnd("evaluate", "picturewise", "set", *JPEG, "--protocol", "side-by-side", "--rows", "r.jsonl")
    assert said.code == 0, said.err
    assert "Protocol side-by-side." in said.out
    for method in ("knob", "constant", "psnr", "ssim"):
        assert f"| 75 | {method} |" in said.out
    mixed = jnd("evaluate", "picturewise", "set", *JPEG, "--rows", "r.jsonl")
    assert mixed.code == 2
    assert "protocol" in mixed.err


def test_rows_are_kept_and_not_made_again(jnd: Run, draw: Draw) -> None:
    draw("set/a.png", seed=1)
    assert jnd("evaluate", "picturewise", "set", *JPEG, "--rows", "r.jsonl").code == 0
    before = Path("r.jsonl").read_text()
    assert before.count("\n") == 2
    draw("set/b.png", seed=2)
    said = jnd("evaluate", "picturewise", "set", *JPEG, "--viewing", "4k", "--rows", "r.jsonl", "--json")
    assert said.code == 0, said.err
    assert len(said.rows) == 6
    after = Path("r.jsonl").read_text()
    assert set(before.splitlines()) < set(after.splitlines())
    alone = jnd("evaluate", "picturewise", "--rows", "r.jsonl")
    assert alone.code == 0
    assert "| jpeg:420, 4k | 75 | 2 |" in alone.out
    assert len(jnd("evaluate", "picturewise", "--rows", "r.jsonl", "--json").rows) == 6
    assert Path("r.jsonl").read_text() == after


def test_rows_of_other_weights_are_made_again(jnd: Run, draw: Draw) -> None:
    draw("set/a.png", seed=1)
    assert jnd("evaluate", "picturewise", "set", *JPEG, "--rows", "r.jsonl").code == 0
    truth, knob = Path("r.jsonl").read_text().splitlines()
    stale = knob.replace('"source": "', '"source": "older ')
    Path("r.jsonl").write_text(f"{truth}\n{stale}\n")
    assert jnd("evaluate", "picturewise", "set", *JPEG, "--rows", "r.jsonl").code == 0
    assert Path("r.jsonl").read_text().splitlines()[0] == truth
    assert "older" not in Path("r.jsonl").read_text()


def test_a_bad_picture_does_not_stop_it(jnd: Run, draw: Draw) -> None:
    draw("set/a.png")
    Path("set/b.png").write_bytes(b"nothing")
    said = jnd("evaluate", "picturewise", "set", *JPEG)
    assert said.code == 1
    assert said.err.count("set/b.png") == 1
    assert "| jpeg:420, desktop | 75 | 1 |" in said.out
    assert "2 rows failed" in said.out


def test_the_plot(jnd: Run, draw: Draw) -> None:
    pytest.importorskip("matplotlib")
    draw("set/a.png")
    assert jnd("evaluate", "picturewise", "set", *JPEG, "--rows", "r.jsonl", "--plot", "p.png").code == 0
    first = Path("p.png").read_bytes()
    assert first.startswith(b"\x89PNG")
    assert jnd("evaluate", "picturewise", "--rows", "r.jsonl", "--plot", "p.png").code == 2
    assert jnd("evaluate", "picturewise", "--rows", "r.jsonl", "--plot", "p.png", "--force").code == 0
    assert Path("p.png").read_bytes() == first


def test_a_missing_observer_is_named(jnd: Run, draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(OBSERVERS.table, "vpjnd")
    draw("set/a.png")
    assert jnd("evaluate", "picturewise", "set", *JPEG, "--rows", "r.jsonl").err == ""
    assert "vpjnd is not there" in jnd("evaluate", "picturewise", "--rows", "r.jsonl").err
    assert jnd("evaluate", "picturewise", "set", "--codec", "jpeg", "--method", "vpjnd").code == 2


def test_people(jnd: Run, draw: Draw) -> None:
    draw("sets/konjnd/source_image/SRC0001.png", seed=4)
    table = 'image_id,Compression type,No. of ratings,mean,ratings\nSRC0001.png,JPEG,2,41,"[41, 41]"\n'
    Path("sets/konjnd/subjective_ratings.csv").write_text(table)
    said = jnd("evaluate", "picturewise", "--root", "sets", "--method", "cvvdp", "--rows", "r.jsonl")
    assert said.code == 0, said.err
    assert "answers of people (KonJND-1k, jpeg:420)" in said.out
    assert "| ours, bisection, 50 % of viewers | 1, jpeg:420 |" in said.out
    assert Path("r.jsonl").read_text().count("\n") == 1
    again = jnd("evaluate", "picturewise", "--root", "sets", "--method", "cvvdp", "--rows", "r.jsonl")
    assert again.out == said.out


def test_a_set_that_is_interrupted_leaves_the_other_whole(
    jnd: Run, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw("sets/konjnd/source_image/SRC0001.png", seed=4)
    table = 'image_id,Compression type,No. of ratings,mean,ratings\nSRC0001.png,JPEG,2,41,"[41, 41]"\n'
    Path("sets/konjnd/subjective_ratings.csv").write_text(table)
    ask = ("evaluate", "picturewise", "--method", "cvvdp", "--rows", "r.jsonl")
    assert jnd(*ask, "--root", "sets").code == 0
    before = Path("r.jsonl").read_text()
    for path in Path("sets/konjnd").rglob("*.*"):
        path.unlink()
    draw("sets/mcl/ImageJND_SRC01.png", seed=5)
    curve = "".join(f"SRC01,{quality},{min(1.0, quality / 40)},1,1\n" for quality in range(1, 101))
    Path("sets/derived_MCL-JCI_SUR_by_QF.csv").write_text(f"ref_img,qf,first_SUR,second_SUR,third_SUR\n{curve}")

    def interrupted(row: KnobRow, *others: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jndkit.evaluation.picturewise.jobs.BY_NAME", {"cvvdp": interrupted})
    assert jnd(*ask, "--root", "sets").code == 130
    assert Path("r.jsonl").read_text() == before


def test_what_is_refused(jnd: Run, draw: Draw) -> None:
    draw("set/a.png")
    Path("empty").mkdir()
    Path("r.jsonl").write_text('{"input": "a", "model": "flat"}\n')
    for arguments, code in (
        ((), 2),
        (("set", "--root", "set"), 2),
        (("set", "--method", "nobody"), 2),
        (("set", "--codec", "png"), 2),
        (("set", "--viewing", "cinema"), 2),
        (("set", *JPEG, "-j", "0"), 2),
        (("set", "--plot", "p.svg"), 2),
        (("set", "--rows", "r.jsonl"), 2),
        (("set", "--protocol", "nobody"), 2),
        (("--root", "empty", "--protocol", "side-by-side"), 2),
        (("--root", "empty"), 1),
        (("--root", "empty", "--codec", "avif"), 2),
        (("empty",), 1),
    ):
        said = jnd("evaluate", "picturewise", *arguments)
        assert said.code == code, (arguments, said)
        assert said.out == ""
