"""The folder of a server: private, and gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jndkit.server.storage import Storage

_PREFIX = "jndkit-serve-"


def test_what_a_killed_server_left_is_removed_by_the_next(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from jndkit.server.storage import Storage\n"
        "kept = Storage(Path(sys.argv[1])); (kept.new() / 'picture').write_bytes(b'private')\n"
        "print(kept.folder, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True)
    left = Path(done.stdout.strip())
    assert left.is_dir()
    kept = Storage(tmp_path)
    assert not left.exists()
    kept.close()
    assert not list(tmp_path.iterdir())


def test_what_others_use_or_own_is_left_alone(tmp_path: Path) -> None:
    living = Storage(tmp_path)
    young = tmp_path / f"{_PREFIX}{'0' * 16}"  # of a server that is just starting
    young.mkdir()
    foreign = tmp_path / "jndkit-serve-notes"
    foreign.mkdir()
    target = tmp_path / "elsewhere"
    target.mkdir()
    link = tmp_path / f"{_PREFIX}{'1' * 16}"
    try:
        link.symlink_to(target)
    except OSError:
        pytest.skip("no symbolic links here")
    other = Storage(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert {young.name, foreign.name, target.name, link.name} <= names
    assert living.folder.is_dir()
    os.utime(young, (0, 0))
    third = Storage(tmp_path)
    assert not young.exists()
    for each in (living, other, third):
        each.close()
