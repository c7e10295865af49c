"""What people answered as the truth, on small copies of the published sets."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

import konjnd as konjnd_scores
from jndkit.batch import ledger
from jndkit.datasets.mcl_jci import curves
from jndkit.errors import InputError
from jndkit.evaluation.picturewise.ground_truth import first_after
from jndkit.evaluation.picturewise.jobs import jobs_left
from jndkit.evaluation.picturewise.rows import KnobRow
from jndkit.evaluation.picturewise.settings import Settings
from jndkit.evaluation.picturewise.subjective import BPG, JUDGED, SubjectiveSet, ground_truths, subjective_sets
from jndkit.evaluation.picturewise.tables import markdown
from jndkit.opening import load
from jndkit.picture import Picture, save_png
from jndkit.protocols import protocol

SIDE = 96


def draw(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 60, (SIDE, SIDE, 3)).astype(np.float32)
    save_png(np.clip(cv2.GaussianBlur(noise, (0, 0), 2.0) * 2 + 120, 0, 255).astype(np.uint8), path)
    return path


def write(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def mcl_jci(tmp_path: Path) -> Path:
    """Two pictures with curves, three of whose four viewers are satisfied from quality 31 and 41 on."""
    for number in (1, 2):
        draw(tmp_path / "pictures" / f"ImageJND_SRC0{number}.png", number)
    header = ["ref_img", "qf", "first_SUR", "second_SUR", "third_SUR"]
    rows = [
        [f"SRC0{number}", quality, min(1.0, 0.75 * quality / turn), 1, 1]
        for number, turn in ((1, 31), (2, 41))
        for quality in range(1, 101)
    ]
    write(tmp_path / "derived_MCL-JCI_SUR_by_QF.csv", [header, *rows])
    return tmp_path


@pytest.fixture
def konjnd(tmp_path: Path) -> Path:
    """A picture as JPEG whose four answers are levels 41, 51, 61 and 71, and one as BPG."""
    home = tmp_path / "konjnd"
    draw(home / "source_image" / "SRC0001.png", 3)
    draw(home / "source_image" / "SRC0505.png", 4)
    header: list[object] = ["image_id", "Compression type", "No. of ratings", "mean", "std", "ratings"]
    rows = [["SRC0001.png", "JPEG", 4, 56, 1, "[41, 51, 61, 71]"], ["SRC0505.png", "BPG", 3, 30, 1, "[28, 30, 32]"]]
    write(home / "subjective_ratings.csv", [header, *rows])
    return home


def evaluated(asked: SubjectiveSet) -> list[KnobRow]:
    settings = Settings(codecs=(asked.codec,), viewings=(None,), methods=("cvvdp", "knob"), protocol=asked.protocol)
    work = jobs_left([(path, name) for name, path in asked.pictures.items()], settings, [])
    return [row for job in work for row in job.rows()]


def test_mcl_jci(mcl_jci: Path) -> None:
    (asked,) = subjective_sets(mcl_jci)
    assert (asked.name, asked.protocol) == ("MCL-JCI", "mcl-jci")
    rows = evaluated(asked)
    assert {row.viewing for row in rows} == {"4k"}
    truths = ground_truths(asked, rows)
    assert {name: truth.value(truth.boundary["75"]) for (name, *_), truth in truths.items()} == {
        "mcl-jci/SRC01": 31.0, "mcl-jci/SRC02": 41.0
    }  # fmt: skip
    text = markdown(rows, asked)
    assert "answers of people (MCL-JCI, jpeg:420)" in text
    assert "| VP-JND, Zhang et al. 2025 | MCL-JCI, JPEG | 94.82 | 3.92 | 89.35 |" in text
    assert "| ours, constant, 75 % of viewers | 2, jpeg:420 | 95.00 | 5.00 |" in text
    assert "| ours, knob, 75 % of viewers |" in text


def test_konjnd_by_its_answers(konjnd: Path) -> None:
    (asked,) = subjective_sets(konjnd)
    assert list(asked.pictures) == ["konjnd/SRC0001"]
    # Qualities 60, 50, 40 and 30: half are satisfied above 40.
    rows = evaluated(asked)
    (truth,) = ground_truths(asked, rows).values()
    assert truth.value(truth.boundary["50"]) == 41.0
    text = markdown(rows, asked)
    assert "85.46" in text
    assert "41.13" not in text
    assert "| 50 | constant |" in text


def test_the_half_of_konjnd_that_is_bpg(konjnd: Path) -> None:
    pytest.importorskip("imageio_ffmpeg")
    jpeg, asked = subjective_sets(konjnd, JUDGED)
    assert (jpeg.codec, asked.codec, list(asked.pictures)) == ("jpeg:420", BPG, ["konjnd/SRC0505"])
    rows = evaluated(asked)
    (truth,) = ground_truths(asked, rows).values()
    # A level is a QP: who noticed at 30 is satisfied at 29.
    assert truth.grid[0] == 50.0
    assert dict(zip(truth.grid, truth.satisfied, strict=True))[29.0] == pytest.approx(2 / 3)
    assert truth.value(truth.boundary["50"]) == 29.0
    text = markdown(rows, asked)
    assert "answers of people (KonJND-1k, bpg:420)" in text
    assert "| VP-JND, Zhang et al. 2025 | KonJND-1k, BPG |  |  | 41.13 |" in text
    assert "85.46" not in text


def test_both_sets_of_a_folder(mcl_jci: Path, konjnd: Path) -> None:
    assert [judged.name for judged in subjective_sets(mcl_jci)] == ["MCL-JCI", "KonJND-1k"]


def test_what_is_not_there(tmp_path: Path, mcl_jci: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="neither MCL-JCI"):
        subjective_sets(tmp_path / "empty")
    with pytest.raises(InputError, match="no such folder"):
        subjective_sets(tmp_path / "nowhere")
    for path in (mcl_jci / "pictures").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="none of its pictures"):
        subjective_sets(mcl_jci)


@pytest.mark.shared
def test_the_documented_constant_guess(shared: Path) -> None:
    by_source = curves(shared / "data" / "labels")
    page = (Path(__file__).parents[3] / "docs" / "picturewise.md").read_text()
    for share, documented in ((0.5, "5.5 (50 % of viewers)"), (0.75, "6.6 (75 %)")):
        values = [first_after(curve[:, 0] < share) + 1 for curve in by_source.values()]
        error = np.mean(np.abs(np.array(values) - np.median(values)))
        assert documented.startswith(f"{error:.1f}")
        assert documented in page


def test_where_its_viewers_stand_on_the_scale_is_told_by_rows() -> None:
    """Half of KonJND-1k was judged as BPG: at its threshold the observer reads what the protocol's one point is."""
    rows = ledger.read(konjnd_scores.ROWS)
    page = (Path(__file__).parents[3] / "docs" / "reference" / "visibility.md").read_text()
    assert konjnd_scores.table(rows) in page
    reading = np.mean([row["jnd"] for row in rows if row["codec"] == BPG])
    assert reading == pytest.approx(protocol("konjnd")[0].d50, abs=0.25)


def test_the_place_of_a_score_on_the_knob() -> None:
    picture = load(Path(__file__).parents[3] / "examples" / "lake.png")
    levels = konjnd_scores.Levels(Picture(picture.rgb[:200, :300].copy()), "jpeg:420")
    steps = levels.crossing(63.1)
    assert steps is not None
    assert steps[1] - steps[0] == 1
    assert levels.score(steps[0]) < 63.1 <= levels.score(steps[1])
    assert levels.crossing(101.0) is None
