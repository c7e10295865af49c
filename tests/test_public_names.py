"""What `import jndkit` offers."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

import jndkit
from jndkit import errors


def test_the_list_is_sorted_and_complete() -> None:
    assert jndkit.__all__ == sorted(jndkit.__all__)
    own = {name for name, item in vars(errors).items() if inspect.isclass(item) and issubclass(item, errors.JndError)}
    own = {name for name in own if not name.startswith("_")}
    assert own <= set(jndkit.__all__)
    functions = {"compare", "encode", "inject", "jnd_map", "load", "models", "predict"}
    assert set(jndkit.__all__) == functions | {"Picture", "Row", "Reading", "__version__"} | own


@pytest.mark.parametrize("name", jndkit.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(jndkit, name) is not None
    assert name in dir(jndkit)


def test_errors_are_one_tree() -> None:
    assert issubclass(jndkit.DamagedError, jndkit.InputError)
    assert issubclass(jndkit.InputError, jndkit.JndError)
    assert jndkit.JndError is errors.JndError


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        jndkit.nothing  # noqa: B018


def test_models_gives_every_card() -> None:
    rooms = jndkit.models()
    assert list(rooms) == ["pixelwise", "observers", "codecs", "weights"]
    assert "wu2017" in rooms["pixelwise"]
    assert "cvvdp" in rooms["observers"]
    assert "jpeg" in rooms["codecs"]
    assert all(card.summary for cards in rooms.values() for card in cards.values())


def _picture(level: int) -> jndkit.Picture:
    ramp = np.add.outer(np.arange(80), np.arange(96)).astype(np.uint8)
    rgb = np.repeat(ramp[..., None], 3, axis=2)
    rgb[20:60, 20:60] += np.uint8(level)
    return jndkit.Picture(rgb)


def test_compare_reads_pictures_and_files(tmp_path: Path) -> None:
    from jndkit.picture import save_png

    save_png(_picture(0), tmp_path / "a.png")
    save_png(_picture(9), tmp_path / "b.png")
    same = jndkit.compare(_picture(0), tmp_path / "a.png")
    other = jndkit.compare(tmp_path / "a.png", str(tmp_path / "b.png"), viewing="phone")
    assert same.jnd == 0.0
    assert other.jnd > 0.0
    assert other.interval[0] <= other.jnd <= other.interval[1]


def test_compare_refuses_other_sizes() -> None:
    small = jndkit.Picture(np.zeros((40, 50, 3), np.uint8))
    with pytest.raises(jndkit.UsageError, match=r"96 x 80.*50 x 40"):
        jndkit.compare(_picture(0), small)


def test_load_reads_a_png_and_names_what_is_missing(tmp_path: Path) -> None:
    from jndkit.picture import save_png

    save_png(_picture(0), tmp_path / "a.png")
    assert jndkit.load(tmp_path / "a.png").width == 96
    with pytest.raises(jndkit.InputError, match="no such file"):
        jndkit.load(tmp_path / "b.png")
