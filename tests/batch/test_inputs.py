"""Which pictures files and folders mean, and about how large they are."""

from __future__ import annotations

import os
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from jndkit import cards, opening
from jndkit.batch import gather
from jndkit.batch.pixels import pixels_of
from jndkit.errors import InputError, UsageError
from jndkit.picture import save_png


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def test_gather_takes_pictures_by_name(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a.png", ".a.png", "c.txt", "sub/d.webp", ".git/e.png", "sub/.jndkit-00.tmp")
    assert [picture.path.name for picture in gather([tmp_path])] == ["a.png", "b.JPG"]
    pictures = gather([tmp_path], recursive=True)
    assert [(picture.path.name, str(picture.within)) for picture in pictures] == [
        ("a.png", "."),
        ("b.JPG", "."),
        ("d.webp", "sub"),
    ]
    assert [picture.path.name for picture in gather([tmp_path], recursive=True, without=tmp_path / "sub")] == [
        "a.png",
        "b.JPG",
    ]
    assert [picture.path.name for picture in gather([tmp_path / "c.txt"])] == ["c.txt"]


def test_a_folder_asks_once_which_suffixes_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other packages offer is looked for in all that is installed, which takes long."""
    touch(tmp_path, *(f"{number}.png" for number in range(50)), "a.txt", "sub/b.png", "sub/sub/c.png")
    asked: list[str] = []

    def count(group: str) -> tuple[EntryPoint, ...]:
        asked.append(group)
        return ()

    monkeypatch.setattr(cards, "_entry_points", count)
    opening.picture_suffixes.cache_clear()
    try:
        assert len(gather([tmp_path, tmp_path / "sub"], recursive=True)) == 52
        gather([tmp_path])
        assert asked == ["jndkit.codecs"]
        opening.picture_suffixes.cache_clear()
        gather([tmp_path / "0.png"])  # where no folder is searched, nobody is asked
        assert asked == ["jndkit.codecs"]
    finally:
        opening.picture_suffixes.cache_clear()


def test_gather_gives_each_file_once(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "b.png")
    (tmp_path / "link").symlink_to(tmp_path / "a.png")
    pictures = gather([tmp_path / "b.png", tmp_path, tmp_path / "link"])
    assert [picture.path.name for picture in pictures] == ["b.png", "a.png"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "shut/b.png")
    (tmp_path / "shut").chmod(0)
    try:
        pictures = gather([tmp_path], recursive=True)
        assert [picture.refusal is None for picture in pictures] == [True, False]
        with pytest.raises(InputError, match="cannot be read"):
            gather([tmp_path / "shut"])
    finally:
        (tmp_path / "shut").chmod(0o700)


def test_pixels_of(tmp_path: Path) -> None:
    save_png(np.zeros((80, 96), np.uint8), tmp_path / "a.png")
    (tmp_path / "b.jxl").write_bytes(bytes(1000))
    assert pixels_of(str(tmp_path / "a.png")) == 96 * 80
    assert pixels_of(str(tmp_path / "b.jxl")) == 8000
    assert pixels_of(str(tmp_path / "none")) == 0


@pytest.mark.skipif(os.name == "nt", reason="pipes are files of POSIX")
def test_pipes_are_not_opened(tmp_path: Path) -> None:
    """Opening one would wait for its other end."""
    os.mkfifo(tmp_path / "pipe.png")
    assert pixels_of(str(tmp_path / "pipe.png")) == 0


def test_an_empty_name_is_no_picture() -> None:
    with pytest.raises(UsageError, match="empty"):
        gather([""])
