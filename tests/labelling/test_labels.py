"""Labels: the rows of a picture, the settings asked for, and the file they are kept in."""

from __future__ import annotations

import csv
import math
import multiprocessing
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, strategies as st

from jndkit import compare
from jndkit.codecs import codec
from jndkit.errors import InputError, JndError, OutputError, UsageError
from jndkit.labelling.file import Labels, begin
from jndkit.labelling.work import Labelling, Plan, observer, spread
from jndkit.observers.cvvdp import Cvvdp
from jndkit.picture import load, save_png
from jndkit.viewing import DISPLAYS

PLAN = Plan(codecs=("jpeg", "webp"), knobs=(40.0, 90.0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures of 96 x 72, one of them in a folder inside."""
    made = tmp_path / "pictures"
    (made / "sub").mkdir(parents=True)
    for seed, name in enumerate(("b.png", "a,1.png", "sub/a.png")):
        random = np.random.default_rng(seed)
        level = cv2.GaussianBlur(random.normal(0, 60, (72, 96, 3)).astype(np.float32), (0, 0), 2.0) * 2 + 120
        save_png(np.clip(level, 0, 255).astype(np.uint8), made / name)
    return made


def run(folder: Path, path: Path, plan: Plan = PLAN, jobs: int = 1) -> Labels:
    made = begin(folder, path, plan, recursive=True)
    assert [answer.errors for answer in made.make(jobs) if answer.errors] == []
    return made


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_says_what_compare_reads_of_the_kept_file(folder: Path, tmp_path: Path) -> None:
    plan = Plan(codecs=("jpeg", "webp"), knobs=(40.0, 90.0), viewings=("desktop", "60"), keep=tmp_path / "kept")
    run(folder, tmp_path / "l.csv", plan)
    found = rows(tmp_path / "l.csv")
    assert list(found[0]) == plan.columns
    assert [(row["file"], row["codec"], row["value"]) for row in found] == [
        (name, spec, value)
        for name in ("a,1.png", "b.png", "sub/a.png")
        for spec in ("jpeg:420", "webp:m4")
        for value in ("40", "90")
    ]
    row = next(row for row in found if (row["file"], row["codec"], row["value"]) == ("sub/a.png", "jpeg:420", "40"))
    kept = tmp_path / "kept" / "sub" / "a.png" / "jpeg-420-q40.jpg"
    assert int(row["bytes"]) == kept.stat().st_size
    source, decoded = load(folder / "sub" / "a.png"), load(kept)
    assert row["sha256"] == (source.source.sha256 if source.source else None)
    assert (row["width"], row["height"], row["knob"]) == ("96", "72", "quality")
    error = np.mean((source.rgb.astype(float) - decoded.rgb) ** 2)
    assert float(row["psnr"]) == pytest.approx(10 * math.log10(255**2 / error), abs=1e-4)
    for name, viewing in (("desktop", "desktop"), ("60ppd", 60.0)):
        assert float(row[f"jnd_{name}"]) == pytest.approx(compare(source, decoded, viewing=viewing).jnd, abs=1e-5)
    quality = Cvvdp().watch(source, DISPLAYS["desktop"]).q_jod(decoded.rgb)
    assert float(row["jod_desktop"]) == pytest.approx(quality, abs=1e-5)
    assert row["observer"] == observer()
    assert row["versions"].startswith("jndkit ")
    assert "libjpeg" in row["versions"]


def test_nothing_is_made_twice(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    assert len(run(folder, path).todo) == 3
    first = path.read_bytes()
    again = run(folder, path)
    assert (again.todo, again.whole) == ([], 3)
    assert path.read_bytes() == first
    more = run(folder, path, Plan(codecs=("webp", "jpeg:444"), knobs=(40.0,)))
    assert [work.left for work in more.todo] == [(("jpeg:444", 40.0),)] * 3
    assert len(rows(path)) == 15
    assert set(first.splitlines()) < set(path.read_bytes().splitlines())
    kept = begin(folder, path, Plan(("jpeg",), (40.0,), keep=tmp_path / "kept"), recursive=True)
    assert len(kept.todo) == 3


def test_processes_change_no_byte(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "one.csv")
    run(folder, tmp_path / "two.csv", jobs=2)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_run_cut_off_anywhere_ends_as_if_it_had_not_been(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    run(folder, path)
    whole = path.read_bytes()
    lines = len(whole.splitlines())
    for at in (
        0,
        3,
        whole.index(b"\n"),
        whole.index(b"\n") + 1,
        whole.index(b"\n") + 30,
        len(whole) // 2,
        len(whole) - 1,
    ):
        path.write_bytes(whole[:at])
        made = begin(folder, path, PLAN, recursive=True)
        complete = max(0, whole[:at].count(b"\n") - 1)
        assert sum(len(work.left) for work in made.todo) == lines - 1 - complete
        for _ in made.make(1):
            pass
        assert path.read_bytes() == whole


def test_what_is_there_is_kept_when_a_run_ends_early(folder: Path, tmp_path: Path) -> None:
    answers = begin(folder, tmp_path / "l.csv", PLAN, recursive=True).make(1)
    first = next(answers)
    answers.close()
    assert rows(tmp_path / "l.csv") == list(first.rows)
    assert len(first.rows) == 4


def test_another_picture_of_the_same_name_is_refused(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "l.csv")
    before = (tmp_path / "l.csv").read_bytes()
    shutil.copy(folder / "b.png", folder / "a,1.png")
    with pytest.raises(UsageError, match=r"a,1\.png: .* another picture"):
        begin(folder, tmp_path / "l.csv", PLAN, recursive=True)
    assert (tmp_path / "l.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"a,b\n1,2\n", InputError, "not a file of labels"),
        (b"a,b", InputError, "not a file of labels"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", InputError, "cannot be read"),
        (b"HEADjnd_4k,jod_4k,observer,versions\n", UsageError, "other displays"),
        (b"HEADjnd_desktop,jod_desktop,observer,versions\n1,2\n", InputError, "line 2 is no label"),
        (b"HEADjnd_desktop,jod_desktop,observer,versions\na,1,1,0,j,q,high,9,9,1,1,cvvdp,v\n", InputError, "line 2"),
        (b"HEADjnd_desktop,jod_desktop,observer,versions\na,1,1,0,j,q,5,9,9,1,1,cvvdp 0,v\n", UsageError, "cvvdp 0,"),
        (b'HEADjnd_desktop,jod_desktop,observer,versions\n"a,1,1\n', InputError, "line 2 is no label"),
    ],
)
def test_other_files_are_left_alone(
    folder: Path, tmp_path: Path, content: bytes, error: type[JndError], said: str
) -> None:
    path = tmp_path / "l.csv"
    path.write_bytes(content.replace(b"HEAD", b"file,width,height,sha256,codec,knob,value,bytes,psnr,"))
    before = path.read_bytes()
    with pytest.raises(error, match=said):
        begin(folder, path, PLAN)
    assert path.read_bytes() == before


def test_bad_pictures_and_names_stop_nobody(folder: Path, tmp_path: Path) -> None:
    (folder / "c.png").write_bytes((folder / "b.png").read_bytes()[:100])
    if os.name != "nt":
        shutil.copy(folder / "b.png", folder / "two\nlines.png")
    made = begin(folder, tmp_path / "l.csv", PLAN)
    answers = {answer.name: answer for answer in made.make(1)}
    assert len(made.refused) == (os.name != "nt")
    assert [name for name, answer in answers.items() if answer.errors] == ["c.png"]
    assert answers["c.png"].errors[0].startswith(f"{folder / 'c.png'}: ")
    assert len(rows(tmp_path / "l.csv")) == 8


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_a_killed_process_loses_its_own_picture_only(folder: Path, tmp_path: Path) -> None:
    for number in range(4):  # the first is small, so that whoever has the second is in the middle of it
        shape = (240, 320, 3) if number else (72, 96, 3)
        save_png(np.random.default_rng(number).integers(0, 255, shape, dtype=np.uint8), folder / f"{number}.png")
    answers = begin(folder, tmp_path / "l.csv", PLAN).make(2)
    found = [next(answers)]
    for process in multiprocessing.active_children():  # one is at work for sure, the other may be between two pictures
        if process.name == "jnd":
            os.kill(process.pid or 0, signal.SIGKILL)
    found += answers
    failed = [answer for answer in found if answer.errors]
    assert len(found) == 6
    assert 1 <= len(failed) <= 2
    for answer in failed:
        assert answer.rows == ()
        assert answer.errors[0].startswith(str(folder / answer.name))
        assert "killed by signal 9" in answer.errors[0]
    assert len(rows(tmp_path / "l.csv")) == 4 * (6 - len(failed))


def test_one_codec_that_fails_leaves_the_others_rows(tmp_path: Path) -> None:
    tall = tmp_path / "tall.png"
    save_png(np.tile(np.arange(8, dtype=np.uint8), (16400, 1)), tall)
    (answer,) = Labelling(str(tall), "tall.png", (("webp:m4", 50.0), ("jpeg:420", 50.0)), Plan()).rows()
    assert [row["codec"] for row in answer.rows] == ["jpeg:420"]
    assert answer.errors == (f"{tall}: webp holds at most 16383 pixels a side, and the picture has 8 x 16400",)


def test_transparent_and_lossless(tmp_path: Path) -> None:
    from PIL import Image

    random = np.random.default_rng(3)
    Image.fromarray(random.integers(0, 255, (40, 50, 4), dtype=np.uint8), "RGBA").save(tmp_path / "a.png")
    path = str(tmp_path / "a.png")
    (answer,) = Labelling(path, "a.png", (("png", 0.0), ("webp:m4,lossless", 0.0)), Plan()).rows()
    assert answer.errors == ()
    assert [(row["psnr"], row["jnd_desktop"], row["jod_desktop"]) for row in answer.rows] == [("inf", "0", "")] * 2


@pytest.mark.parametrize("spec", ["jpeg", "jpeg:444", "webp", "avif", "png", "webp:lossless"])
def test_settings_are_spread_over_the_useful_range(spec: str) -> None:
    built = codec(spec)
    values = spread(built)
    assert len(values) == min(10, len(built.knob.grid))
    assert values == [value for value in built.knob.grid if value in values]


def test_the_settings_of_a_plan() -> None:
    asked = Plan(codecs=("avif:s8", "jpeg", "jpeg:420"), knobs=(90.0, 50.0, 90.0)).settings
    assert asked == [("avif:s8,420", 50.0), ("avif:s8,420", 90.0), ("jpeg:420", 50.0), ("jpeg:420", 90.0)]
    assert Plan(viewings=("4k", "4k")).columns.count("jnd_4k") == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"codecs": ("jpg",)},
        {"codecs": ("jpeg:q75",)},
        {"knobs": (101.0,)},
        {"knobs": (50.5,)},
        {"knobs": (math.nan,)},
        {"viewings": ("tv",)},
    ],
)
def test_plans_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Plan(**wrong)


def test_requests_are_checked(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--jobs"):
        list(begin(folder, tmp_path / "l.csv", PLAN).make(0))
    with pytest.raises(OutputError, match="does not exist"):
        list(begin(folder, tmp_path / "none" / "l.csv", PLAN).make(1))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no pictures"):
        begin(tmp_path / "empty", tmp_path / "l.csv", PLAN)
    assert not (tmp_path / "l.csv").exists()


@given(st.lists(st.integers(1, 100), min_size=1, max_size=8))
def test_every_setting_asked_for_is_there_once(knobs: list[int]) -> None:
    asked = Plan(codecs=("jpeg",), knobs=tuple(map(float, knobs))).settings
    assert [value for _, value in asked] == sorted({float(knob) for knob in knobs})


# What reproduces the files of visibility.csv, the library that made them, and the bytes of our mark, which they lack.
# Its JPEG files are not progressive, so only their pixels are the same; its AVIF files have tiles above 512 x 512.
TABLE = {
    "jpeg": ("jpeg", "libjpeg-turbo 3.2.0", None),
    "webp": ("webp:m4", "libwebp 1.6.0", 316),
    "avif": ("avif:s8", "libavif 1.4.2", 373),
    "heic": ("heic", "libheif 1.23.6", 375),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", TABLE)
def test_published_readings_are_reproduced(shared: Path, name: str) -> None:
    """Labels of the published observer: three pictures of 512 x 512 and two or three settings of each codec."""
    spec, library, mark = TABLE[name]
    if name == "heic":
        pytest.importorskip("pillow_heif")
    with (shared / "data" / "labels" / "visibility.csv").open(encoding="utf-8", newline="") as file:
        table = [row for row in csv.DictReader(file) if row["codec"] == name]
    for picture in (f"train/cid22/{number}.webp" for number in (1080721, 1248582, 1287145)):
        wanted = [row for row in table if row["file"] == picture][1::4]
        plan = Plan((spec,), tuple(float(row["quality"]) for row in wanted), ("desktop", "4k"))
        (answer,) = Labelling(str(shared / "data" / picture), picture, tuple(plan.settings), plan).rows()
        assert len(answer.rows) == len(wanted) >= 2
        for ours, theirs in zip(answer.rows, wanted, strict=True):
            assert float(ours["psnr"]) == pytest.approx(float(theirs["psnr"]), abs=0.01)
            assert float(ours["jod_desktop"]) == pytest.approx(float(theirs["q_fhd"]), abs=0.002)
            assert float(ours["jod_4k"]) == pytest.approx(float(theirs["q_4k"]), abs=0.002)
            if mark is not None:
                other = 0 if library in ours["versions"] else 0.01 * int(theirs["bytes"])
                assert int(ours["bytes"]) - mark == pytest.approx(int(theirs["bytes"]), abs=other)


def test_labels_of_people_who_look_from_place_to_place_keep_the_reading(folder: Path, tmp_path: Path) -> None:
    plain, seen = tmp_path / "plain.csv", tmp_path / "seen.csv"
    run(folder, plain)
    looked = Plan(codecs=PLAN.codecs, knobs=PLAN.knobs, protocol="side-by-side")
    run(folder, seen, looked)
    for aic, other in zip(rows(plain), rows(seen), strict=True):
        assert other["reading_desktop"] == aic["jnd_desktop"]
        assert other["jnd_desktop"] != aic["jnd_desktop"]
        assert {key: other[key] for key in aic if key != "jnd_desktop"} == {
            key: aic[key] for key in aic if key != "jnd_desktop"
        }
    row = rows(seen)[0]
    path = folder / row["file"]
    kept = tmp_path / "coded.jpg"
    kept.write_bytes(codec("jpeg").encode(load(path), float(row["value"])))
    assert compare(path, kept, protocol="side-by-side").jnd == pytest.approx(float(row["jnd_desktop"]), rel=1e-3)
    with pytest.raises(UsageError, match="look otherwise"):
        begin(folder, seen, PLAN, recursive=True)


def test_transparent_pictures_are_labelled_as_people_look_too(tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (64, 64, 4), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), rgb)
    run(tmp_path, tmp_path / "l.csv", Plan(codecs=("webp",), knobs=(40.0,), protocol="side-by-side"))
    (row,) = rows(tmp_path / "l.csv")
    assert float(row["jnd_desktop"]) > 0.0
    assert float(row["reading_desktop"]) > 0.0
    assert row["jod_desktop"] == ""
