"""What is done already, of the pictures as they are now."""

from __future__ import annotations

import hashlib
from pathlib import Path

from jndkit.batch import Known


def test_what_is_left(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"first")
    sha256 = hashlib.sha256(b"first").hexdigest()
    known = Known[str]()
    parts = ("jpeg", "webp", "avif")
    assert known.left(picture, "a.png", parts) == parts
    assert not known.replaced(picture, "a.png")
    known.add("a.png", sha256, "webp")
    known.add("a.png", hashlib.sha256(b"another").hexdigest(), "avif")
    assert known.left(picture, "a.png", parts) == ("jpeg", "avif")
    assert known.left(picture, "b.png", parts) == parts
    assert not known.replaced(picture, "a.png")
    known.add("a.png", None, "avif")  # of a row that does not tell
    assert known.left(picture, "a.png", parts) == ("jpeg",)


def test_a_picture_that_was_replaced(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"second")
    known = Known[str]()
    known.add("a.png", hashlib.sha256(b"first").hexdigest(), "jpeg")
    assert known.left(picture, "a.png", ("jpeg",)) == ("jpeg",)
    assert known.replaced(picture, "a.png")


def test_a_picture_that_cannot_be_read(tmp_path: Path) -> None:
    """Whoever opens it says why, so that it counts as to be done; it was not replaced by anything."""
    known = Known[str]()
    known.add("a.png", "0" * 64, "jpeg")
    assert known.left(tmp_path / "a.png", "a.png", ("jpeg",)) == ("jpeg",)
    assert not known.replaced(tmp_path / "a.png", "a.png")
