"""Every committed input of the fuzzer, read again: our errors alone, in little time and memory."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from jndkit.errors import JndError
from tests.fuzz import run, targets

HERE = Path(__file__).resolve().parent


INPUTS = sorted(path for folder in ("seeds", "found") for path in (HERE / folder).glob("*/*"))


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(HERE)))
def test_committed_input(path: Path) -> None:
    data = path.read_bytes()
    tracemalloc.start()
    started = time.process_time()
    try:
        targets.TARGETS[path.parent.name](data)
    except JndError as error:
        message = str(error)
    else:
        message = ""
    finally:
        seconds, memory = time.process_time() - started, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert "\n" not in message
    assert seconds < targets.SECONDS
    assert memory < targets.MEGABYTES * 1e6


def test_every_target_can_be_run_and_has_seeds() -> None:
    assert tuple(targets.TARGETS) == run.TARGETS
    assert set(targets.TOKENS) <= set(targets.TARGETS)
    assert {path.parent.name for path in INPUTS} == set(targets.TARGETS)
    assert len(INPUTS) >= 50


def test_seeds_are_small() -> None:
    assert all(path.stat().st_size <= run.LONGEST for path in INPUTS)
    assert sum(path.stat().st_size for path in INPUTS) < 200_000


@pytest.mark.parametrize("name", list(targets.TARGETS))
def test_some_seed_is_read_without_an_error(name: str) -> None:
    for path in (HERE / "seeds" / name).iterdir():
        try:
            targets.TARGETS[name](path.read_bytes())
        except JndError:
            continue
        return
    pytest.fail(f"no seed of {name} is sound")


def test_checksums_are_set_right() -> None:
    """Without them a fuzzer would never get behind the first field."""
    whole = (HERE / "seeds" / "jlic" / "whole").read_bytes()
    assert targets.sealed(whole) == whole
    assert targets.sealed(whole[:-1] + b"?") != whole[:-1] + b"?"
    png = (HERE / "seeds" / "png" / "plain").read_bytes()
    assert targets.summed(png) == png
    assert targets.summed(png[:-30] + b"?" + png[-29:])[-20:] != (png[:-30] + b"?" + png[-29:])[-20:]
