"""jnd evaluate, killed in the middle: run again, it comes to the same rows and does nothing twice.

Of the noise test `test_cli_kill` shows it, beside the other commands on many pictures.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Draw = Callable[..., Path]
CODECS = ("codecs", "set", "--codec", "jpeg", "--codec", "webp")
PICTUREWISE = ("picturewise", "set", "--codec", "jpeg", "--method", "cvvdp", "--method", "knob")
HVSSD = ("hvssd", "set", "-o", "out")
OBSERVERS = ("observers", "--root", "data", "--table", "midd", "--observer", "psnr", "--observer", "cvvdp")


def command(arguments: tuple[str, ...], rows: str) -> list[str]:
    return [sys.executable, "-m", "jndkit", "evaluate", *arguments, "-j", "2", "--rows", rows]


def lines(file: Path) -> list[str]:
    """Whole lines of a file that may be in the middle of being written."""
    text = file.read_text() if file.exists() else ""
    return [line for line in text.splitlines(keepends=True) if line.endswith("\n")]


def without_seconds(file: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in lines(file)]
    for row in rows:
        row.pop("seconds", None)
        for name in ("encode", "decode"):
            row.get("levels", {}).pop(name, None)
        row.pop("processes", None)  # of a resumed run, no more than pictures are left
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [CODECS, PICTUREWISE, HVSSD, OBSERVERS], ids=lambda arguments: arguments[0])
def test_a_killed_run_is_gone_on_with(
    arguments: tuple[str, ...], draw: Draw, answered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for seed in range(5):
        draw(f"set/{seed}.png", seed=seed, width=256, height=200)
    killed = subprocess.Popen(command(arguments, "r.jsonl"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60.0
    while not lines(Path("r.jsonl")) and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    before = lines(Path("r.jsonl"))
    assert before
    again = subprocess.run(command(arguments, "r.jsonl"), capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    after = lines(Path("r.jsonl"))
    assert set(before) <= set(after)  # seconds too: what is known is not made again
    assert len(after) > len(before)
    for path in Path("out").glob("*.png"):
        path.unlink()
    whole = subprocess.run(command(arguments, "w.jsonl"), capture_output=True, text=True, check=False)
    assert whole.returncode == 0, whole.stderr
    assert without_seconds(Path("r.jsonl")) == without_seconds(Path("w.jsonl"))
