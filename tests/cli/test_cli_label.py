"""jnd label"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Draw = Callable[..., Path]
QUICK = ("--codec", "jpeg", "--knobs", "40,90")


def test_a_folder_gives_a_table(jnd: Run, draw: Draw) -> None:
    draw("in/a.png")
    draw("in/sub/b.png", seed=2)
    said = jnd("label", "in", "-o", "l.csv", "-r", "--codec", "jpeg", "--codec", "webp", "--knobs", "40,90", "-j", "2")
    assert (said.code, said.out, said.err) == (0, "l.csv: 8 labels of 2 pictures, 0 failed\n", "")
    lines = Path("l.csv").read_text().splitlines()
    assert lines[0] == "file,width,height,sha256,codec,knob,value,bytes,psnr,jnd_desktop,jod_desktop,observer,versions"
    assert [line.split(",")[0] for line in lines[1:]] == ["a.png"] * 4 + ["sub/b.png"] * 4
    again = jnd("label", "in", "-o", "l.csv", "-r", *QUICK)
    assert again.out == "l.csv: 0 labels of 0 pictures, 2 known before, 0 failed\n"
    assert Path("l.csv").read_text().splitlines() == lines


def test_people_may_look_from_place_to_place(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    assert jnd("label", "a.png", "-o", "l.csv", *QUICK, "--protocol", "side-by-side").code == 0
    head = Path("l.csv").read_text().splitlines()[0]
    assert ",jnd_desktop,reading_desktop,jod_desktop," in head
    assert jnd("label", "a.png", "-o", "l.csv", *QUICK).code == 2
    said = jnd("label", "a.png", "-o", "m.csv", *QUICK, "--protocol", "mcl-jci", "--viewing", "phone")
    assert said.code == 2
    assert "no fit" in said.err


def test_ten_settings_of_three_codecs_by_default(jnd: Run, draw: Draw) -> None:
    draw("a.png")
    assert jnd("label", "a.png", "-o", "l.csv").code == 0
    lines = Path("l.csv").read_text().splitlines()[1:]
    assert {spec: sum(f"{spec}:" in line for line in lines) for spec in ("jpeg", "webp", "avif")} == {
        "jpeg": 10, "webp": 10, "avif": 10
    }  # fmt: skip


def test_coded_files_are_kept_and_not_taken_for_pictures(jnd: Run, draw: Draw) -> None:
    draw("in/a.png")
    for jobs in ("1", "2"):
        said = jnd("label", "in", "-o", "in/l.csv", "--keep", "in/kept", "-r", *QUICK, "-j", jobs)
        assert said.code == 0
    assert "1 known before" in said.out
    assert sorted(path.name for path in Path("in/kept/a.png").iterdir()) == ["jpeg-420-q40.jpg", "jpeg-420-q90.jpg"]


def test_a_bad_picture_is_one_sentence(jnd: Run, draw: Draw) -> None:
    for name in ("in/a.png", "in/c.png"):
        draw(name)
    Path("in/b.png").write_bytes(b"nothing")
    for jobs in ("1", "2"):
        said = jnd("label", "in", "-o", f"{jobs}.csv", *QUICK, "-j", jobs)
        assert said.code == 1
        assert said.out == f"{jobs}.csv: 4 labels of 3 pictures, 1 failed\n"
        assert said.err.startswith("jnd: in/b.png: ")
        assert said.err.count("\n") == 1


def test_what_is_refused(jnd: Run, draw: Draw) -> None:
    draw("in/a.png")
    Path("empty").mkdir()
    for arguments, code in (
        (("in",), 2),
        (("in", "-o", "l.csv", "--codec", "jpg"), 2),
        (("in", "-o", "l.csv", "--knobs", "40;90"), 2),
        (("in", "-o", "l.csv", "--knobs", "400"), 2),
        (("in", "-o", "l.csv", "--viewing", "tv"), 2),
        (("in", "-o", "l.csv", "-j", "0"), 2),
        (("empty", "-o", "l.csv"), 1),
        (("in", "-o", "none/l.csv"), 1),
        (("in", "-o", "empty", "--keep", "../kept"), 2),
        (("in", "-o", "in/a.png"), 1),
        (("none.png", "-o", "l.csv", *QUICK), 1),
    ):
        before = Path("in/a.png").read_bytes()
        said = jnd("label", *arguments)
        assert said.code == code, (arguments, said)
        assert "Traceback" not in said.err
        assert Path("in/a.png").read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="signals to groups of processes are POSIX")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_keeps_what_is_there(draw: Draw, tmp_path: Path, jobs: str) -> None:
    for index in range(40):
        draw(f"in/{index:02}.png", seed=index, width=200, height=150)
    command = [sys.executable, "-m", "jndkit", "label", "in", "-o", "l.csv", "--codec", "jpeg", "-j", jobs]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        table = tmp_path / "l.csv"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (table.exists() and table.read_bytes().count(b"\n") > 10):
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)
        out, err = run.communicate(timeout=30)
    assert run.returncode == 130
    assert err == "jnd: interrupted\n"
    assert out == ""
    lines = table.read_text().splitlines()
    assert 10 < len(lines) < 401
    assert len({line.count(",") for line in lines}) == 1
    assert len(lines) % 10 == 1
