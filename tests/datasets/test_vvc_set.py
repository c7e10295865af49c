"""Pairs of a picture and its coarsest VVC version that nobody notices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jndkit.batch import ledger
from jndkit.cli import main
from jndkit.codecs import codec
from jndkit.datasets.vvc import QP_HIGH, QP_LOW, build, coarsest, half_chroma, pairs
from jndkit.errors import InputError, UsageError
from jndkit.observers import observer
from jndkit.picture import Picture, load
from jndkit.viewing import DISPLAYS

pytest.importorskip("imageio_ffmpeg")

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
TARGET = 0.4721  # JND at 75 % of viewers


@pytest.fixture(scope="module")
def crop() -> Picture:
    return Picture(rgb=np.ascontiguousarray(load(EXAMPLE).rgb[60:188, 100:292]))


def test_the_version_reads_at_the_target_and_one_qp_more_does_not(crop: Picture) -> None:
    found = coarsest(crop)
    assert found.jnd <= TARGET
    assert QP_LOW < found.qp < QP_HIGH
    assert found.clipped == ""
    coder = codec("vvc:faster")
    watched = observer("cvvdp").watch(Picture(rgb=found.pristine), DISPLAYS["desktop"])
    at, beyond = (coder.encode(crop, found.qp + more) for more in (0, 1))
    assert len(at) == found.bytes
    assert np.array_equal(coder.decode(at).rgb, found.rgb)
    assert watched(coder.decode(at)).jnd == pytest.approx(found.jnd)
    assert watched(coder.decode(beyond)).jnd > TARGET


def test_more_viewers_need_a_finer_version(crop: Picture) -> None:
    assert coarsest(crop, viewers=97).qp < coarsest(crop, viewers=40).qp


def test_ends_of_the_range_are_told(crop: Picture) -> None:
    low = coarsest(crop, viewers=99.99)
    assert (low.clipped, low.qp) == ("visible", QP_LOW)
    high = coarsest(crop, viewers=1e-9)
    assert (high.clipped, high.qp) == ("invisible", QP_HIGH)


def test_half_chroma_keeps_luma_and_grey(crop: Picture) -> None:
    grey = Picture(rgb=np.repeat(crop.rgb[:61, :77, 1:2], 3, axis=2), grey=True)  # sides that are no multiples of 8
    assert np.array_equal(half_chroma(grey), grey.rgb)
    weights = np.array([0.2126, 0.7152, 0.0722])
    assert np.abs(half_chroma(crop) @ weights - crop.rgb @ weights).mean() < 0.5


def test_a_folder_becomes_pairs_and_failures_become_rows(
    tmp_path: Path, crop: Picture, capsys: pytest.CaptureFixture[str]
) -> None:
    home, out = tmp_path / "pictures", tmp_path / "set"
    home.mkdir()
    Image.fromarray(crop.rgb[:96, :128]).save(home / "one.png")
    (home / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno picture at all")
    Image.fromarray(np.full((80, 80, 3), 255, np.uint8)).save(home / "blank.png")
    assert main(["datasets", "build", "vvc", str(home), "-o", str(out)]) == 1
    assert "1 pairs, 1 skipped, 1 failed" in capsys.readouterr().out
    rows = {row["source"]: row for row in ledger.read(out / "manifest.jsonl")}
    assert "broken.png" in rows["broken.png"]["error"]
    assert "skipped" in rows["blank.png"]
    assert rows["one.png"].keys() >= {"qp", "jnd", "bytes", "psnr", "probes", "sha256", "clipped", "codec"}
    assert rows["one.png"]["jnd"] <= TARGET
    assert [row["source"] for row in build(home, out)] == ["broken.png"]  # what failed is tried again, nothing else
    ((pristine, jnd),) = pairs(out)
    difference = load(pristine).rgb.astype(float) - load(jnd).rgb
    assert 10 * np.log10(255**2 / np.mean(difference**2)) == pytest.approx(rows["one.png"]["psnr"], abs=1e-3)
    assert main(["datasets", "check", "vvc", str(out)]) == 0
    assert "1 pairs" in capsys.readouterr().out


def test_what_makes_no_sense_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pictures in this folder"):
        next(build(tmp_path, tmp_path / "out"))
    with pytest.raises(UsageError, match="unknown observer"):
        next(build(EXAMPLE.parent, tmp_path / "out", observer="nobody"))
    assert not (tmp_path / "out").exists()
