"""Tiles make the map of the whole picture, and pictures of any size have one."""

from __future__ import annotations

import hashlib
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.errors import InputError, MissingError, UsageError
from jndkit.picture import Picture
from jndkit.pixelwise import hvssd as room
from jndkit.pixelwise.hvssd import ARCHITECTURES, Priors, generated, hvssd, hvssd_colour, priors, stages
from tests.weights import made_networks as made

Plane = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder of weights, with two small networks that were not trained."""
    torch = pytest.importorskip("torch")
    from jndkit.training.export import export_onnx
    from jndkit.training.networks import network

    torch.manual_seed(0)
    home = tmp_path_factory.mktemp("home")
    for name, arguments in (("hvssd-degradation", {"channels": 4}), ("hvssd", {"inputs": "code"})):
        model = network(name, arguments)
        contract, path = model.contract(), home / "weights" / f"{name}.onnx"
        inputs = tuple(torch.rand(shape) for shape in contract.example)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning)  # torch's exporter, of torch
            export_onnx(model, path, inputs, contract.dynamic, contract.multiple)
        card = {
            **{"name": name, "architecture": name, "licence": "none", "summary": "untrained"},
            **{"input": contract.input, "output": contract.output},
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        lines = [f'{key} = "{value}"' for key, value in card.items()] + [f"bytes = {path.stat().st_size}"]
        path.with_suffix(".toml").write_text("\n".join(lines))
    return home


@pytest.fixture
def with_weights(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import jndkit.weights

    monkeypatch.setenv("JNDKIT_HOME", str(weights))
    monkeypatch.setattr(jndkit.weights, "PACKAGED", weights / "none")
    monkeypatch.setattr(jndkit.weights, "CURRENT", {})


@pytest.fixture
def networks(weights: Path) -> tuple[Any, Any]:
    from jndkit.inference import session

    return session(weights / "weights" / "hvssd-degradation.onnx"), session(weights / "weights" / "hvssd.onnx")


def colours(height: int, width: int, seed: int = 0) -> Plane:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def told(height: int, width: int, seed: int = 0) -> Priors:
    random = np.random.default_rng(seed)
    return Priors(*(random.random((height, width, channels), np.float32) for channels in (1, 3)))


def painted(pixels: Plane, known: Priors, generator: Any, border: str, tile: int) -> npt.NDArray[np.float32]:
    made = np.full(pixels.shape, np.nan, np.float32)
    for place, part in generated(pixels, known, generator, border, tile):
        assert np.isnan(made[place]).all()
        made[place] = part
    return made


@settings(deadline=None, max_examples=30)
@given(st.integers(8, 130), st.integers(8, 130), st.sampled_from([32, 64, 512]), st.sampled_from(["reflect", "zero"]))
def test_a_generator_that_repeats_the_picture_gives_it_back(height: int, width: int, tile: int, border: str) -> None:
    pixels = colours(height, width)

    def same(*given: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], ...]:
        assert {each.shape[2:] for each in given} == {given[0].shape[2:]}
        assert all(side % 4 == 0 for side in given[0].shape[2:])
        return (given[0],)

    found = painted(pixels, told(height, width), same, border, tile)
    np.testing.assert_allclose(found, pixels, atol=1e-4)
    # The maps arrive where the picture does.
    known = told(height, width)
    placed = painted(pixels, known, lambda *given: (given[2],), border, tile)
    np.testing.assert_allclose(placed, 255 * known.gradient, atol=1e-3)


def test_maps_of_a_reduced_picture_are_enlarged() -> None:
    ramp = np.linspace(0, 1, 20, dtype=np.float32)[None, :, None].repeat(10, axis=0)
    known = Priors(ramp, ramp.repeat(3, axis=2))
    found = painted(colours(40, 80), known, lambda *given: (given[2],), "reflect", 32)[..., 0] / 255
    # Four pixels a step, half a step in; the ends stay as they are.
    np.testing.assert_allclose(found[20, 2:-2], (np.arange(2, 78) + 0.5 - 2) / 76, atol=1e-5)
    assert (found[:, :2] == 0).all()
    assert (found[:, -2:] == 1).all()


@pytest.mark.slow
@pytest.mark.train
class TestWithANetwork:
    @pytest.mark.parametrize("border", ["reflect", "zero"])
    def test_tiles_change_nothing(self, networks: tuple[Any, Any], border: str) -> None:
        pixels, known = colours(150, 170), told(150, 170)
        whole = painted(pixels, known, networks[1], border, 512)
        np.testing.assert_allclose(painted(pixels, known, networks[1], border, 64), whole, atol=1e-3)

    def test_large_pictures_are_reduced_for_the_degradation(self, networks: tuple[Any, Any]) -> None:
        known = priors(colours(96, 160), networks[0], most=40 * 60)
        assert known.cam.shape == (37, 63, 1)
        assert known.gradient.shape == (37, 63, 3)
        assert 0 <= known.gradient.min() < known.gradient.max() <= 1

    @pytest.mark.usefixtures("with_weights")
    @pytest.mark.parametrize("size", [(8, 8), (9, 130), (64, 64), (200, 190)])
    @pytest.mark.parametrize(("variant", "border"), [("code", "reflect"), ("code", "zero"), ("paper", "reflect")])
    def test_every_size_has_a_map(self, size: tuple[int, int], variant: str, border: str) -> None:
        pixels = colours(*size)
        jnd = hvssd(pixels, variant=variant, border=border)
        assert jnd.shape == size
        assert jnd.dtype == np.float32
        assert np.isfinite(jnd).all()
        assert 0 <= jnd.min() < jnd.max() <= 255
        colour = hvssd_colour(pixels, variant=variant, border=border)
        assert colour.shape == (*size, 3)
        np.testing.assert_allclose(jnd, np.sqrt(np.mean(colour**2, axis=2)), rtol=1e-5)

    @pytest.mark.usefixtures("with_weights")
    def test_the_paper_works_at_one_size(self) -> None:
        pixels = colours(352, 352)
        coarse = hvssd(pixels, variant="paper")
        blocks = coarse[1:-1, 1:-1].reshape(175, 2, 175, 2)
        assert np.abs(np.diff(blocks, axis=1)).mean() < 0.7 * np.abs(np.diff(hvssd(pixels), axis=0)).mean()
        assert np.abs(coarse - hvssd(pixels)).max() > 0.1

    @pytest.mark.usefixtures("with_weights")
    @pytest.mark.parametrize("level", [0, 90, 255])
    def test_flat_pictures_are_finite(self, level: int) -> None:
        for variant in room.VARIANTS:
            assert np.isfinite(hvssd(np.full((40, 50, 3), level, np.uint8), variant=variant)).all()

    @pytest.mark.usefixtures("with_weights")
    def test_luma_alone_is_a_grey_picture(self, scene: Plane) -> None:
        grey = np.dstack([scene] * 3)
        wanted = hvssd(grey)
        for picture in (scene, scene.astype(np.float64), Picture(grey, grey=True)):
            np.testing.assert_array_equal(hvssd(picture), wanted)


def test_no_weights_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import jndkit.weights

    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path))
    monkeypatch.setattr(jndkit.weights, "PACKAGED", tmp_path / "none")
    with pytest.raises(MissingError, match="the network hvssd is not installed"):
        hvssd(colours(16, 16))


def test_the_stages_are_those_trained_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [found.card.architecture for found in stages()] == list(ARCHITECTURES)
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path))
    for name, architecture, needs in (("mine", "hvssd", "mine-degradation"), ("else", "hvssd", "mine")):
        made.write_weights(tmp_path / "weights", name, architecture=architecture, further=f'needs = "{needs}"\n')
    with pytest.raises(MissingError, match="mine-degradation"):
        stages("mine")
    made.write_weights(tmp_path / "weights", "mine-degradation", architecture="hvssd-degradation")
    assert [found.card.name for found in stages("mine")] == ["mine-degradation", "mine"]
    with pytest.raises(UsageError, match="network of mine 'hvssd': choose hvssd-degradation"):
        stages("else")
    with pytest.raises(UsageError, match=r"network of shen2020\.vvc\.v1 'shen2020': choose hvssd"):
        hvssd(colours(16, 16), weights="shen2020")


@pytest.mark.parametrize("border", ["reflect", "zero"])
def test_bytes_and_numbers_have_one_map_when_reduced(border: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "priors", partial(priors, most=40 * 60))
    pixels = colours(96, 160)
    wanted = hvssd(pixels, border=border)
    np.testing.assert_array_equal(hvssd(pixels.astype(np.float32), border=border), wanted)


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"picture": np.zeros((7, 64), np.uint8)}, InputError, "at least 8 x 8"),
        ({"variant": "book"}, UsageError, "unknown variant 'book': choose code, paper"),
        ({"border": "wrap"}, UsageError, "unknown border 'wrap'"),
    ],
)
def test_what_makes_no_sense_is_refused(changed: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        hvssd(**{"picture": colours(16, 16), **changed})
