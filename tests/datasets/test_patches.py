"""Patches on a grid, and the published set's lists of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image

from jndkit.cli import main
from jndkit.datasets.patches import grid, listed, patches, write_list
from jndkit.errors import InputError, UsageError


def test_the_published_grid() -> None:
    places = grid(1080, 1920)
    assert len(places) == 21 * 38 == 798
    assert places[:2] == [(0, 0), (50, 0)]  # down the columns
    assert places[-1] == (1000, 1850)
    assert grid(63, 500) == []


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 90), st.integers(1, 90))
def test_patches_lie_inside_and_no_more_would_fit(height: int, width: int, side: int, stride: int) -> None:
    places = grid(height, width, side, stride)
    assert all(top + side <= height and left + side <= width for top, left in places)
    assert len(set(places)) == len(places)
    if min(height, width) >= side:
        assert max(top for top, _ in places) + stride + side > height
        assert max(left for _, left in places) + stride + side > width


def made(home: Path, side: str, name: str, shape: tuple[int, int]) -> Path:
    path = home / side / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(shape, 80, np.uint8)).save(path)
    return path


def test_patches_of_a_folder(tmp_path: Path) -> None:
    for name, shape in (("a.png", (114, 164)), ("b.png", (64, 70)), ("c.png", (40, 200))):
        for side in ("pristine", "jnd"):
            made(tmp_path, side, name, shape)
    found = patches(tmp_path)
    assert [(patch.pristine.name, patch.top, patch.left) for patch in found] == [
        *(("a.png", top, left) for left in (0, 50, 100) for top in (0, 50)),
        ("b.png", 0, 0),
    ]
    assert all(patch.jnd.parent.name == "jnd" and patch.jnd.name == patch.pristine.name for patch in found)
    with pytest.raises(UsageError, match="1 pixel or more"):
        patches(tmp_path, stride=0)
    made(tmp_path, "jnd", "b.png", (70, 64))
    with pytest.raises(InputError, match="differs in size"):
        patches(tmp_path)


def test_lists_of_the_published_layout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (1, 2, 10):
        made(tmp_path, "OriginalPatch", f"Ori{number}.bmp", (64, 64))
        made(tmp_path, "GroundPatch", f"Ground{number}.bmp", (64, 64))
    (tmp_path / "train.csv").write_text("Ori2.bmp,Ground2.bmp\nOri10.bmp,Ground10.bmp\nOri1.bmp,Ground1.bmp\n")
    for side in ("test", "exp_all"):
        made(tmp_path, side, "Ori1.bmp", (64, 64))
    (tmp_path / "test.csv").write_text("Ori1.bmp\n")
    train = listed(tmp_path, "train")
    assert [(first.name, second.name) for first, second in train][1] == ("Ori10.bmp", "Ground10.bmp")
    assert listed(tmp_path, "test") == [(tmp_path / "test" / "Ori1.bmp", tmp_path / "exp_all" / "Ori1.bmp")]
    with pytest.raises(InputError, match=r"val\.csv"):
        listed(tmp_path, "valid")
    for split in ("train", "test"):
        before = (tmp_path / f"{split}.csv").read_bytes()
        write_list(tmp_path / f"{split}.csv", listed(tmp_path, split))
        assert (tmp_path / f"{split}.csv").read_bytes() == before
    assert main(["datasets", "check", "vvc", str(tmp_path)]) == 0
    assert "train: 3 pairs of patches" in capsys.readouterr().out
    (tmp_path / "GroundPatch" / "Ground10.bmp").unlink()
    assert main(["datasets", "check", "vvc", str(tmp_path)]) == 1
    assert "line 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("Ori1.bmp,Ground1.bmp,more\n", "line 1"),
        ("Ori1.bmp\nOri1.bmp,Ground1.bmp\n", "line 2"),
        ("../Ori1.bmp,Ground1.bmp\n", "line 1"),
        ("Ori9.bmp,Ground9.bmp\n", "not there"),
    ],
)
def test_malformed_lists(tmp_path: Path, text: str, said: str) -> None:
    for side in ("OriginalPatch", "GroundPatch"):
        made(tmp_path, side, "Ori1.bmp", (64, 64))
    (tmp_path / "train.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        listed(tmp_path, "train")
    with pytest.raises(UsageError, match="unknown split"):
        listed(tmp_path, "trian")
