"""Coded versions of pictures with what the observer sees in every block of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.batch import ledger
from jndkit.cli import main
from jndkit.codecs import codec
from jndkit.datasets.vpjnd import COUNTS, RANGE, blocks_jnd, build, knobs, pairs, pictures
from jndkit.errors import DamagedError, InputError, UsageError
from jndkit.observers import observer
from jndkit.picture import Picture, load, save_png
from jndkit.picturewise.curves import typical_curve
from jndkit.viewing import DISPLAYS

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph of 128 x 160 pixels, and one that is blank."""
    home = tmp_path_factory.mktemp("pictures")
    save_png(np.ascontiguousarray(load(EXAMPLE).rgb[60:188, 100:260]), home / "lake.png")
    save_png(np.full((96, 96, 3), 90, np.uint8), home / "blank.png")
    return home


@pytest.fixture(scope="module")
def made(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("set")
    rows = list(build(source, target))
    assert sorted("skipped" in row for row in rows) == [False, True]
    return target


def test_labels_are_what_the_observer_reads(made: Path) -> None:
    (found,) = pictures(made)
    reference = load(found.pristine)
    assert found.viewings[0] == DISPLAYS["desktop"]
    assert len(found.viewings) == 2
    roots = found.roots()
    for index, viewing in enumerate(found.viewings):
        watched = observer("cvvdp").watch(reference, viewing)
        assert roots[index].shape[2:] == (3, 4, 5)
        for number in (0, len(found.versions) - 1):
            version = found.versions[number]
            decoded = codec(version.codec).decode(version.file.read_bytes())
            assert watched(decoded).jnd == pytest.approx(version.jnd[index], abs=1e-4)
            energy = roots[index][number].astype(np.float64) ** 2
            # The whole picture is one window, and all of it lies in blocks.
            assert blocks_jnd(energy.mean(axis=(2, 3))) == pytest.approx(version.jnd[index], rel=0.01)


def test_versions_are_the_files_and_spread_over_the_range(made: Path) -> None:
    (found,) = pictures(made)
    assert {version.codec for version in found.versions} <= set(COUNTS)
    for version in found.versions:
        assert version.file.stat().st_size == version.bytes
        coder = codec(version.codec)
        assert coder.encode(Picture(rgb=load(found.pristine).rgb), version.knob) == version.file.read_bytes()
    assert len(pairs(made)) == len(found.versions)
    jpeg = [version.jnd[0] for version in found.versions if version.codec == "jpeg:420"]
    assert max(jpeg) > 4 * min(jpeg)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), spec=st.sampled_from(["jpeg:420", "webp:m4", "avif:s6"]), count=st.integers(1, 9))
def test_knobs_lie_in_equal_parts_of_the_range(seed: int, spec: str, count: int) -> None:
    coder = codec(spec)
    drawn = knobs(coder, count, np.random.default_rng(seed))
    assert drawn == knobs(coder, count, np.random.default_rng(seed))
    assert 1 <= len(drawn) <= count
    curve = dict(zip(coder.knob.grid, typical_curve(coder, DISPLAYS["desktop"]), strict=True))
    levels = [curve[value] for value in drawn]
    assert min(levels) > np.log(RANGE[0]) - 0.4
    assert max(levels) < np.log(RANGE[1]) + 0.4


def test_it_resumes_and_other_options_are_refused(source: Path, made: Path) -> None:
    before = (made / "manifest.jsonl").read_bytes()
    assert list(build(source, made)) == []
    assert (made / "manifest.jsonl").read_bytes() == before
    with pytest.raises(UsageError, match="begun with seed"):
        list(build(source, made, seed=1))


def test_what_is_wrong_with_a_set_is_said(made: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="jnd datasets build vpjnd"):
        pictures(tmp_path)
    with pytest.raises(UsageError, match="unknown split"):
        pictures(made, "tarin")
    broken = tmp_path / "set"
    shutil.copytree(made, broken)
    (found,) = pictures(broken)
    found.labels.write_bytes(b"no labels")
    with pytest.raises(DamagedError, match="cannot be read"):
        found.roots()
    np.savez(found.labels, roots_0=np.zeros((1, 2)), roots_1=np.zeros((1, 2)))
    with pytest.raises(DamagedError, match="not those of its versions"):
        found.roots()
    found.versions[0].file.unlink()
    with pytest.raises(InputError, match="it is not there"):
        pairs(broken)
    row = next(row for row in ledger.read(broken / "manifest.jsonl") if "pair" in row)
    changes: list[dict[str, Any]] = [{"viewings": ["cinema"]}, {"versions": [{}]}, {"viewings": ["desktop"]}]
    for change in changes:
        (broken / "manifest.jsonl").write_text(json.dumps({**row, **change}) + "\n")
        with pytest.raises(DamagedError, match="not what the builder writes"):
            pictures(broken)
    (broken / "manifest.jsonl").write_text("")
    with pytest.raises(InputError, match="no coded picture"):
        pictures(broken)


def test_the_command_line(made: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", "check", "vpjnd", str(made)]) == 0
    assert f"{len(pairs(made))} pairs" in capsys.readouterr().out
    assert main(["datasets", "build", "vpjnd", str(source), "-o", str(tmp_path), "--viewers", "50"]) == 2
    assert "--viewers" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
