"""jnd encode --against"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

import jndkit
from jndkit.errors import InputError, TargetError, UsageError
from jndkit.picture import digest

Run = Callable[..., Any]
Draw = Callable[..., Path]


def copied(source: Path, target: Path, quality: int) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(target), cv2.imread(str(source)), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return target


def test_the_original_is_watched_and_the_input_is_coded(jnd: Run, draw: Draw) -> None:
    original = draw("original.png", width=192, height=160)
    copied(original, Path("photo.jpg"), 95)
    said = jnd("encode", "photo.jpg", "--against", "original.png", "--force", "--json")
    (row,) = said.rows
    assert (said.code, row["error"]) == (0, None)
    assert row["against"]["name"] == "original.png"
    assert row["against"]["sha256"] == digest(original)
    assert 0.0 < row["against"]["jnd"] < row["jnd"] <= row["target"]["jnd"]
    assert row["notes"][0].endswith("; visibility is judged against original.png")
    read = jndkit.compare("original.png", row["output"]).jnd
    assert read == pytest.approx(row["jnd"], abs=1e-5)


def test_what_is_seen_already_is_refused(jnd: Run, draw: Draw) -> None:
    copied(draw("original.png", width=192, height=160), Path("photo.jpg"), 30)
    said = jnd("encode", "photo.jpg", "--against", "original.png")
    assert said.code == 4
    assert "jnd: photo.jpg: against original.png it reads " in said.err
    assert said.err.endswith("nothing made of it can look the same; encode original.png instead\n")
    assert sorted(path.name for path in Path().iterdir()) == ["original.png", "photo.jpg"]


def test_folders_are_matched_by_names(jnd: Run, draw: Draw) -> None:
    for name, seed in (("a", 1), ("deep/b", 2)):
        copied(draw(f"originals/{name}.png", seed=seed), Path(f"photos/{name}.jpg"), 92)
    draw("photos/none.png", seed=3)
    said = jnd("encode", "photos", "-r", "--against", "originals", "-o", "out", "--json", "--force", "--jobs", "1")
    rows = {Path(row["input"]).name: row for row in said.rows}
    assert said.code == 1
    assert Path(rows["a.jpg"]["against"]["name"]) == Path("originals/a.png")
    assert Path(rows["b.jpg"]["against"]["name"]) == Path("originals/deep/b.png")
    assert rows["none.png"]["error"]["type"] == "InputError"
    assert "originals has no picture of this name to judge it against" in rows["none.png"]["error"]["message"]


def test_a_run_that_is_repeated_knows_the_original(jnd: Run, draw: Draw) -> None:
    copied(draw("originals/a.png"), Path("a.jpg"), 97)
    arguments = ("encode", "a.jpg", "--codec", "webp", "-o", "out/", "--min-saving", "0")
    assert jnd(*arguments, "--against", "originals").code == 0
    assert "skipped" in jnd(*arguments, "--against", "originals/a.png").out
    other = jnd(*arguments)  # judged against itself it is another file
    assert other.code == 1
    assert "was written by jndkit with codec=webp against=" in other.err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("a.jpg", "--against", "none.png"), 1, "none.png: there is no such file or folder to judge against"),
        (("a.jpg", "b.jpg", "--against", "a.png"), 2, "--against a.png: several pictures need a folder of originals"),
        (("a.jpg", "--against", "b.png"), 1, "b.png: it shows another picture than a.jpg"),
        (("a.jpg", "--against", "small.png"), 1, "small.png: it has 80 x 80 pixels, and a.jpg has 96 x 80"),
        (("a.jpg", "--against", "notes.txt"), 1, "notes.txt: it is in no known picture format"),
        (("a.jpg", "--against", "twice"), 1, "could both be what it is to be judged against"),
    ],
)
def test_mistakes(jnd: Run, draw: Draw, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        copied(draw(f"{name}.png", seed=seed), Path(f"{name}.jpg"), 95)
    draw("small.png", width=80)
    Path("notes.txt").write_text("no picture")
    draw("twice/a.png")
    shutil.copy("twice/a.png", "twice/a.tiff")
    said = jnd("encode", *arguments, "-o", "out/")
    assert said.code == code
    assert sentence in said.err
    assert not Path("out").exists()


def test_predict(jnd: Run, draw: Draw) -> None:
    copied(draw("originals/a.png"), Path("a.jpg"), 97)
    (row,) = jnd("predict", "a.jpg", "--against", "originals", "--json").rows
    assert row["against"]["jnd"] > 0.0
    said = jnd("predict", "a.jpg", "--against", "originals", "--no-encode")
    assert (said.code, "leave --against out" in said.err) == (2, True)


def test_in_python(draw: Draw, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    original = draw("original.png", width=192, height=160)
    fine = copied(original, Path("fine.jpg"), 95)
    by_name = jndkit.encode(fine, against=original, force=True)
    by_picture = jndkit.encode(fine, against=jndkit.load(original), force=True)
    assert by_name.data == by_picture.data
    with pytest.raises(TargetError, match=r"encode original\.png instead"):
        jndkit.encode(copied(original, Path("poor.jpg"), 20), against="original.png")
    with pytest.raises(InputError):
        jndkit.encode(fine, against=tmp_path)
    with pytest.raises(UsageError):
        jndkit.predict(fine, against=original, encode=False)
