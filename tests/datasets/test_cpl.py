"""Pairs of a picture and its critical version: read at the target, resumable, and one bad picture stops nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jndkit.batch import ledger
from jndkit.cli import main
from jndkit.datasets import pairs as made_pairs
from jndkit.datasets.cpl import build, critical, pairs
from jndkit.errors import InputError, UsageError
from jndkit.observers.cvvdp import Cvvdp
from jndkit.picture import load
from jndkit.pixelwise.resjnd import critical_picture
from jndkit.viewing import DISPLAYS

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
TARGET = 0.4721  # JND at 75 % of viewers


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "inside").mkdir(parents=True)
    photo = Image.open(EXAMPLE)
    photo.crop((100, 60, 292, 220)).save(folder / "one.png")
    photo.crop((300, 80, 500, 240)).save(folder / "inside" / "two.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno picture at all")
    Image.fromarray(np.full((80, 80, 3), 255, np.uint8)).save(folder / "blank.png")
    return folder


def test_the_critical_version_reads_at_the_target() -> None:
    picture = load(EXAMPLE)
    found = critical(picture)
    assert 0.9 * TARGET <= found.jnd <= TARGET
    assert 0 < found.components < 192
    again = Cvvdp().watch(picture, DISPLAYS["desktop"])(type(picture)(rgb=found.rgb)).jnd
    assert again == pytest.approx(found.jnd)


def test_more_viewers_keep_more_components() -> None:
    picture = load(EXAMPLE)
    assert critical(picture, viewers=90).components > critical(picture, viewers=50).components


def test_a_folder_becomes_pairs_and_failures_become_rows(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    rows = {row["source"]: row for row in build(pictures, out)}
    assert set(rows) == {"one.png", "inside/two.png", "broken.png", "blank.png"}
    assert "broken.png" in rows["broken.png"]["error"]
    assert "skipped" in rows["blank.png"]
    assert rows["inside/two.png"]["pair"] == "inside_two.png"
    found = pairs(out)
    assert [path.name for path, _ in found] == ["inside_two.png", "one.png"]
    assert np.array_equal(load(out / "pristine" / "one.png").rgb, load(pictures / "one.png").rgb)
    assert ledger.read(out / "manifest.jsonl") == [rows[source] for source in sorted(rows)]


def test_a_run_that_was_cut_off_goes_on(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    first = next(row for row in build(pictures, out) if "error" not in row)
    with (out / "manifest.jsonl").open("a") as lines:
        lines.write('{"source": "half a li')  # as a full disk or a power cut leaves it
    rest = [row["source"] for row in build(pictures, out)]
    assert first["source"] not in rest
    sources = [row["source"] for row in ledger.read(out / "manifest.jsonl")]
    assert len(sources) == len(set(sources)) == 4


def test_what_failed_is_tried_again(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    assert "error" in {row["source"]: row for row in build(pictures, out)}["broken.png"]
    Image.open(EXAMPLE).crop((0, 0, 160, 160)).save(pictures / "broken.png")
    (row,) = build(pictures, out)
    assert (row["source"], row["pair"]) == ("broken.png", "broken.png")
    assert [path.name for path, _ in pairs(out)] == ["broken.png", "inside_two.png", "one.png"]


def test_a_set_is_of_one_kind(pictures: Path, tmp_path: Path) -> None:
    (pictures / "one.png").unlink()
    out = tmp_path / "set"
    list(build(pictures, out, viewers=75.0))
    with pytest.raises(UsageError, match="begun with viewers 75"):
        list(build(pictures, out, viewers=90.0))


def test_a_bug_in_one_picture_stops_nothing(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_pairs, "domain", lambda picture: 1 / 0)
    rows = {row["source"]: row for row in build(pictures, tmp_path / "set", jobs=1)}
    assert "one.png: ZeroDivisionError" in rows["one.png"]["error"]
    assert "this is a bug" in rows["one.png"]["error"]
    assert len(rows) == 4


def test_from_the_command_line(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "set"
    assert main(["datasets", "build", "cpl", str(pictures), "-o", str(out), "--json"]) == 1
    printed = capsys.readouterr()
    assert len([json.loads(line) for line in printed.out.splitlines()]) == 4
    assert "2 pairs, 1 skipped, 1 failed" in printed.err
    assert main(["datasets", "check", "cpl", str(out)]) == 0
    assert "2 pairs" in capsys.readouterr().out
    assert main(["datasets", "build", "cpl", str(pictures), "-o", str(out), "-j", "-3"]) == 2
    assert "--jobs must be at least 1, not -3" in capsys.readouterr().err
    assert main(["datasets", "build", "cbl", str(pictures), "-o", str(out)]) == 2
    assert main(["datasets", "build", "cpl", str(tmp_path / "nothing"), "-o", str(out)]) == 1


def test_a_set_with_a_widow_is_refused(tmp_path: Path) -> None:
    for side in ("pristine", "critical"):
        (tmp_path / "train" / side).mkdir(parents=True)
    (tmp_path / "train" / "pristine" / "alone.png").touch()
    with pytest.raises(InputError, match="no partner, such as alone"):
        pairs(tmp_path, "train")
    with pytest.raises(InputError, match="no folder 'pristine'"):
        pairs(tmp_path, "valid")
    with pytest.raises(UsageError, match="unknown split"):
        pairs(tmp_path, "trian")


def test_a_network_predicts_what_another_learns(pictures: Path, tmp_path: Path) -> None:
    """The middle of a picture is predicted as inside the whole picture, and the set is like any other."""
    out = tmp_path / "taught"
    assert main(["datasets", "build", "cpl", str(pictures), "-o", str(out), "--model", "resjnd-s", "--side", "48"]) == 1
    ((_, _), (pristine, critical)) = pairs(out)
    whole = load(pictures / "one.png")
    top, left = (whole.height - 48) // 2, (whole.width - 48) // 2
    assert np.array_equal(load(pristine).rgb, whole.rgb[top : top + 48, left : left + 48])
    expected = critical_picture(whole, weights="resjnd-s")[top : top + 48, left : left + 48]
    assert np.abs(load(critical).rgb.astype(int) - expected).max() <= 1  # rounding of sums in another order
    assert main(["datasets", "build", "vvc", str(pictures), "-o", str(tmp_path / "v"), "--model", "resjnd-s"]) == 2
