"""The reference arrays that ship are those of the shared folder, and small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent / "published"


@pytest.mark.shared
@pytest.mark.parametrize("file", sorted(HERE.glob("*_*.npy")) + sorted(HERE.glob("*.npz")), ids=lambda file: file.name)
def test_what_ships_was_cut_and_not_changed(file: Path, shared: Path) -> None:
    original = np.load(shared / "references" / "jnd_maps" / file.name)
    if file.suffix == ".npy":
        np.testing.assert_array_equal(np.load(file), original)
        return
    rows = np.load(HERE / "rows.npy")
    with np.load(file) as stored:
        assert set(stored.files) == {key for key in original.files if key.startswith("camera_")}
        for key in stored.files:
            whole = original[key]
            assert stored[key].dtype == whole.dtype
            expected = whole if len(stored[key]) == len(whole) else whole[rows]
            np.testing.assert_array_equal(stored[key], expected)


def test_what_ships_is_one_picture_and_small() -> None:
    assert sum(file.stat().st_size for file in HERE.iterdir()) < 6_000_000
    for file in HERE.glob("*.npz"):
        with np.load(file) as stored:
            assert all(key.startswith("camera_") for key in stored.files)
