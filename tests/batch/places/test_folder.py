"""A folder as a place: what is found in it, what may be called how, and that nothing is half written."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from jndkit.batch.places import Entry, Folder, Place, hidden, safe_name
from jndkit.errors import InputError, OutputError


def fill(folder: Path, *names: str) -> Place:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return Folder(str(folder))


def listed(place: Place) -> list[str]:
    return [entry.name for entry in place.entries()]


def test_entries_are_the_pictures_below_in_the_order_of_names(tmp_path: Path) -> None:
    place = fill(tmp_path, "b.png", "a/z.jpg", "a/y.PNG", "notes.txt", ".hidden.png", ".jnd/c.png", "c.webp")
    assert listed(place) == ["a/y.PNG", "a/z.jpg", "b.png", "c.webp"]
    assert listed(Folder(str(tmp_path), recursive=False)) == ["b.png", "c.webp"]
    assert listed(Folder(str(tmp_path), without=str(tmp_path / "a"))) == ["b.png", "c.webp"]


def test_an_entry_says_when_its_file_is_another(tmp_path: Path) -> None:
    place = fill(tmp_path, "a.png")
    (before,) = place.entries()
    os.utime(tmp_path / "a.png", ns=(1, 1))
    (after,) = place.entries()
    assert before.size == after.size == 5
    assert before.version != after.version == "1"


def test_a_folder_inside_that_cannot_be_read_is_an_entry_with_an_error(tmp_path: Path) -> None:
    if os.getuid() == 0:
        pytest.skip("nothing is forbidden to root")
    place = fill(tmp_path, "a/x.png", "b.png")
    (tmp_path / "a").chmod(0)
    try:
        refused, picture = place.entries()
    finally:
        (tmp_path / "a").chmod(0o700)
    assert refused == Entry("a", error=f"{tmp_path / 'a'}: the folder cannot be read: Permission denied")
    assert picture.name == "b.png"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: the folder cannot be read"):
        listed(Folder(str(tmp_path / "nowhere")))


def test_what_is_written_is_read_again_and_removed(tmp_path: Path) -> None:
    place: Place = pickle.loads(pickle.dumps(Folder(str(tmp_path / "new"))))
    assert not place.packed
    assert not place.exists("a/b.jpg")
    place.write("a/b.jpg", b"one")
    place.write_all([("a/b.jpg", b"two"), (".jnd/rows/c", b"")])
    assert place.read("a/b.jpg") == b"two"
    assert list(place.names(".jnd/rows")) == [".jnd/rows/c"]
    assert list(place.names(".jnd/none")) == []
    assert sorted(place.names("")) == [".jnd/rows/c", "a/b.jpg"]
    assert place.local("a/b.jpg") == tmp_path / "new" / "a" / "b.jpg"
    for _ in range(2):
        place.remove("a/b.jpg")
    assert not place.exists("a/b.jpg")
    assert os.listdir(tmp_path / "new" / "a") == []
    with pytest.raises(InputError, match=r"b\.jpg: there is no such file"):
        place.read("a/b.jpg")
    with pytest.raises(OutputError):
        place.write(".jnd", b"a folder is there")


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../a.png", "a/../../b.png", "a//b", "./a", "C:/a", "a\\b", "a\nb"]
)
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="here: the name"):
        safe_name(name, "here")


def test_other_names_stay_as_they_are() -> None:
    for name in ("a.png", "a b/ç…/图.png", "...png", "a..b/c"):
        assert safe_name(name, "here") == name
    assert hidden(".a/b.png")
    assert hidden("a/.b.png")
    assert not hidden("a/b.png")
