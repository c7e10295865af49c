"""jnd datasets as people see it: its bar on a terminal, and nothing of it elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def broken(folder: Path, count: int) -> None:
    """Pictures that fail at once, so that nothing has to be searched."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.png").write_bytes(b"no picture")


def build(source: Path, target: Path, *further: str, stderr: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jndkit", "datasets", "build", "cpl", str(source), "-o", str(target), "-j", "1"]
    return subprocess.run([*command, *further], stdout=subprocess.PIPE, stderr=stderr, text=True, check=False)


@pytest.mark.skipif(os.name == "nt", reason="terminals are of POSIX")
def test_a_terminal_gets_a_bar(tmp_path: Path) -> None:
    broken(tmp_path / "in", 3)
    ours, theirs = os.openpty()
    done = build(tmp_path / "in", tmp_path / "set", stderr=theirs)
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.returncode == 1
    assert done.stdout == f"{tmp_path / 'set'}: 0 pairs, 0 skipped, 3 failed\n"
    assert "] 0/3" in shown
    assert "] 3/3, 0 s left" in shown
    assert shown.count("0.png") == 1
    assert shown.endswith("\r\x1b[K")  # the bar is gone at the end


def test_elsewhere_there_is_none(tmp_path: Path) -> None:
    broken(tmp_path / "in", 2)
    done = build(tmp_path / "in", tmp_path / "set")
    assert len(done.stderr.splitlines()) == 2
    assert "/2" not in done.stderr.replace(str(tmp_path), "")
    assert len(build(tmp_path / "in", tmp_path / "other", "--json").stdout.splitlines()) == 2
