"""`jnd encode --engine`: what is printed, what is left, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TextIO, cast

import pytest

from jndkit.batch.counts import Counts
from jndkit.cli import main
from jndkit.cli.corpus import said
from jndkit.cli.engines import Parted
from jndkit.opening import load
from jndkit.picture import save_png

LAKE = Path(__file__).parents[2] / "examples" / "lake.png"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    lake = load(LAKE).rgb
    for number, name in enumerate(("a.png", "b.png", "sub/c.png")):
        save_png(lake[64 * number : 64 * number + 64, :64], folder / name)
    return folder


def encode(photos: Path, *more: str) -> int:
    return main(["encode", str(photos), "-o", f"{photos.parent}/to", "--effort", "fast", *more])


def test_a_run_with_a_ledger_goes_on_by_the_same_command(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = photos.parent / "to"
    assert encode(photos, "-r", "--engine", "local", "--jobs", "1") == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert "3 pictures: 3 written" in err
    assert {path.name for path in to.iterdir()} == {".jnd", "a.jpg", "b.jpg", "sub", "status.json", "report.html"}
    assert b"3 rows" in (to / "report.html").read_bytes()
    (to / "b.jpg").unlink()
    (photos / "bad.png").write_bytes(b"no picture")
    assert encode(photos, "-r", "--resume", "yes", "--jobs", "1", "--json") == 1
    out, err = capsys.readouterr()
    *rows, last = map(json.loads, out.splitlines())
    assert sorted((os.path.basename(row["input"]), row["status"]) for row in rows) == [
        ("b.png", "written"),
        ("bad.png", "failed"),
    ]
    assert {key: last["summary"][key] for key in ("state", "total", "done", "known")} == {
        "state": "done",
        "total": 4,
        "done": 4,
        "known": 2,
    }
    assert "(2 known before)" in err
    assert b"4 rows" in (to / "report.html").read_bytes()


def test_the_report_may_lie_elsewhere(
    photos: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = photos.parent / "page.html"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert encode(photos, "--engine", "local", "--jobs", "1", "--report", str(page)) == 0
    assert page.exists()
    assert not (photos.parent / "to" / "report.html").exists()
    # The bar is there before the first picture is done.
    bars = [part for part in capsys.readouterr().err.split("\r\x1b[K") if part.startswith("[")]
    assert bars[0] == f"[{'.' * 24}] 0 of 2: 0.0 a second"


def test_other_settings_are_said(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert encode(photos, "--engine", "local", "--jobs", "1") == 0
    assert encode(photos, "--engine", "local", "--jobs", "1", "--viewers", "90") == 0
    assert "2 rows of another request (viewers 75.0 before, 90.0 now): this is new work" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--engine", "spark"], "engine"),
        (["--engine", "local", "--address", "auto"], "--address is of a Ray cluster: add --engine ray"),
        (["--engine", "local", "--max-failures", "-1"], "--max-failures must be at least 0"),
        (["--engine", "local", "--max-seconds", "0"], "--max-seconds must be more than 0"),
        (["--engine", "local", "--resume", "maybe"], "resume"),
        (["--engine", "local", "--jobs", "0"], "--jobs must be at least 1"),
    ],
)
def test_what_makes_no_sense_is_said(
    photos: Path, capsys: pytest.CaptureFixture[str], more: list[str], why: str
) -> None:
    assert encode(photos, *more) == 2
    assert why in capsys.readouterr().err
    assert not (photos.parent / "to").exists()


def test_places_that_are_none_are_said(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["encode", str(photos), "--engine", "local"]) == 2
    assert main(["encode", str(photos), "-o", str(photos), "--engine", "local"]) == 2
    assert main(["encode", str(photos), str(photos), "-o", "x", "--engine", "local"]) == 2
    assert main(["encode", str(photos / "a.png"), "-o", "x", "--engine", "local"]) == 1
    err = capsys.readouterr().err
    for why in ("needs a place for its results: -o DIR", "the results would go among the pictures", "there are 2"):
        assert why in err


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_ctrl_c_ends_it_and_the_rows_stay(photos: Path) -> None:
    lake = load(LAKE).rgb
    for number in range(40):
        save_png(lake[number : number + 160, :160], photos / f"{number}.png")
    to = photos.parent / "to"
    command = [sys.executable, "-m", "jndkit", "encode", str(photos), "-o", str(to), "--engine", "local", "-j", "1"]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 100
    while len(list(to.glob("*.jpg"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert json.loads((to / "status.json").read_text())["state"] == "running"
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Traceback" not in err
    status = json.loads((to / "status.json").read_text())
    assert status["state"] == "interrupted"
    rows = [line for path in (to / ".jnd" / "rows").rglob("*-*.jsonl") for line in path.read_text().splitlines()]
    assert len(rows) == status["done"] >= 2


def test_progress_in_words() -> None:
    counts = Counts(total=1000, known=20, fresh=100, before=20_000_000, after=5_000_000)
    counts._clock -= 50
    counts.failures = Counter({"FormatError": 2, "LimitError": 1})
    text = said(counts)
    assert text == "120 of 1,000: 2.0 a second, 7 min left, 15.0 MB saved, 3 failed (2 FormatError, 1 LimitError)"
    assert said(Counts(total=5)) == "0 of 5: 0.0 a second"


def test_pairs_of_a_table(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = photos / "pairs.csv"
    table.write_text(f"test,reference\nb.png,a.png\na.png,{photos / 'a.png'}\nnone.png,a.png\n")
    assert main(["compare", "--pairs", str(table), "--json", "--engine", "local", "--jobs", "1"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted((os.path.basename(row["output"]), row["status"]) for row in rows) == [
        ("a.png", "compared"),
        ("b.png", "compared"),
        ("none.png", "failed"),
    ]
    for text, why in (
        ("a,b\n1,2\n", "the columns reference and test"),
        ("", "it has no rows"),
        ("test,reference\nx,\n", "line 2"),
    ):
        table.write_text(text)
        assert main(["compare", "--pairs", str(table)]) == 1
        assert why in capsys.readouterr().err
    assert main(["compare", "--pairs", str(table), "x.png"]) == 2
    assert main(["compare"]) == 2


def test_what_the_threads_of_an_engine_print_is_not_among_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.redirect_stdout(cast(TextIO, Parted(sys.stdout))):
        print("a row", flush=True)
        thread = threading.Thread(target=print, args=("a node was lost",))
        thread.start()
        thread.join()
    assert capsys.readouterr() == ("a row\n", "a node was lost\n")
