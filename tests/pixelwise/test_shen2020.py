"""Patches cover pictures of any size without seams, and the map is how far they move a picture."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from jndkit.errors import InputError, UsageError
from jndkit.pixelwise.shen2020 import (
    OVERLAP,
    STRIDE,
    around_every_pixel,
    shen2020,
    shen2020_picture,
    stitched,
    structural,
)
from jndkit.pixelwise.terms.luminance import luminance_adaptation
from jndkit.pixelwise.terms.structure import CONTRAST, TERMS

Plane = npt.NDArray[np.uint8]
SIZES = st.tuples(st.integers(8, 180), st.integers(8, 180))


def same(patches: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    assert patches.shape[1:] == (64, 64)
    return patches


@settings(deadline=None, max_examples=30)
@given(SIZES, st.booleans(), st.sampled_from(["reflect", "zero"]), st.integers(0, 9))
def test_unchanged_patches_make_the_picture(size: tuple[int, int], smooth: bool, border: str, seed: int) -> None:
    plane = np.random.default_rng(seed).integers(0, 256, size).astype(np.uint8)
    made = stitched(plane, same, smooth=smooth, border=border)
    assert made.shape == size
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, plane, atol=1e-3)


@settings(deadline=None, max_examples=20)
@given(SIZES, st.integers(0, 9))
def test_blended_values_lie_between_those_of_the_patches(size: tuple[int, int], seed: int) -> None:
    random = np.random.default_rng(seed)
    levels: list[float] = []

    def flat(patches: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        levels.extend(random.uniform(0, 255, len(patches)))
        return np.repeat(np.array(levels[-len(patches) :], np.float32), 64 * 64).reshape(-1, 64, 64)

    made = stitched(np.zeros(size, np.uint8), flat)
    assert min(levels) - 1e-2 <= made.min()
    assert made.max() <= max(levels) + 1e-2
    # A blend over 14 pixels has no seam: no step is a quarter of the largest there could be.
    largest = max(levels) - min(levels) + 1e-2
    assert max(np.abs(np.diff(made, axis=axis)).max(initial=0) for axis in (0, 1)) < 0.25 * largest


def test_patches_beyond_the_frame_see_its_mirror_image() -> None:
    seen: list[npt.NDArray[np.float32]] = []

    def keep(patches: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        seen.extend(patches.copy())
        return patches

    plane = np.random.default_rng(1).integers(1, 256, (70, 12)).astype(np.uint8)
    stitched(plane, keep)
    assert len(seen) == 2
    np.testing.assert_array_equal(seen[1], np.pad(plane, ((0, 44), (0, 52)), mode="symmetric")[50:])
    seen.clear()
    stitched(plane, keep, border="zero")
    np.testing.assert_array_equal(seen[1], np.pad(plane, ((0, 44), (0, 52)))[50:])


def test_the_published_script_averages_in_raster_order() -> None:
    """A literal reference: every patch is averaged, in whole code values, with what was painted before it."""
    random = np.random.default_rng(2)
    patches = random.uniform(0, 255, (2, 3, 64, 64)).astype(np.float32)
    queue = list(patches.reshape(-1, 64, 64))
    made = stitched(np.zeros((114, 164), np.uint8), lambda given: np.stack([queue.pop(0) for _ in given]), smooth=False)
    wanted, painted = np.zeros((114, 164), np.float32), np.zeros((114, 164), bool)
    for row in range(2):
        for column in range(3):
            place = np.s_[row * 50 : row * 50 + 64, column * 50 : column * 50 + 64]
            mean = np.floor((wanted[place] + patches[row, column]) / 2 + 0.5)
            wanted[place] = np.where(painted[place], mean, patches[row, column])
            painted[place] = True
    np.testing.assert_array_equal(made, np.floor(wanted + 0.5))
    assert not np.array_equal(made, np.floor(stitched_mean(patches) + 0.5))


def stitched_mean(patches: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The plain mean of all patches at a place: what the order of pairs departs from where four meet."""
    total, count = np.zeros((114, 164)), np.zeros((114, 164))
    for row in range(2):
        for column in range(3):
            place = np.s_[row * 50 : row * 50 + 64, column * 50 : column * 50 + 64]
            total[place] += patches[row, column]
            count[place] += 1
    return (total / count).astype(np.float32)


def test_a_network_that_changes_nothing_leaves_mean_and_contrast(scene: Plane) -> None:
    """Of one patch, so that no blending mixes the terms."""
    plane = scene[:64, :64]
    mean = plane.mean()
    for sign in (1, -1):
        made = stitched(plane, structural(lambda given: (given,), sign, whole=False))
        moved = mean + sign * luminance_adaptation(np.array([mean], np.float32))[0]
        np.testing.assert_allclose(made, np.clip(moved + CONTRAST * (plane - mean), 0, 255), atol=2e-3)


def test_what_goes_through_a_file_is_whole(scene: Plane) -> None:
    plane = scene[:64, :64]
    exact = structural(lambda given: (given,), 1, whole=False)
    near = structural(lambda given: (given + np.float32(0.4 / 127.5),), 1, whole=True)
    far = structural(lambda given: (given * np.float32(0.99),), 1, whole=True)
    np.testing.assert_allclose(stitched(plane, near), stitched(plane, exact), atol=1e-3)
    assert np.abs(stitched(plane, far) - stitched(plane, exact)).max() > 0.1


@pytest.mark.parametrize("sign", [1, -1])
def test_an_even_plane_moves_as_one_patch_does(sign: int) -> None:
    plane = np.full((70, 90), 60, np.uint8)
    made = around_every_pixel(plane, plane.astype(np.float32), sign, TERMS, "reflect")
    np.testing.assert_allclose(made, 60 + sign * luminance_adaptation(np.array([60], np.float32))[0], atol=1e-3)
    np.testing.assert_array_equal(around_every_pixel(plane, plane.astype(np.float32), sign, (), "reflect"), plane)


def test_contrast_shrinks_towards_the_mean_around_a_pixel() -> None:
    """Far from the step the mean around a pixel is its own value, and nothing is left to shrink."""
    plane = np.repeat(np.where(np.arange(240) < 120, 80, 120)[None], 80, axis=0).astype(np.uint8)
    change = around_every_pixel(plane, plane.astype(np.float32), 1, ("contrast",), "reflect") - plane
    np.testing.assert_allclose(change[:, [0, 239]], 0, atol=1e-3)
    # Beside it the mean is that of both sides.
    np.testing.assert_allclose(change[:, 119], (1 - CONTRAST) * 20, atol=0.05)
    np.testing.assert_allclose(change[:, 120], -(1 - CONTRAST) * 20, atol=0.05)


def test_no_patch_shows_where_parts_are_taken_around_every_pixel() -> None:
    """Of a slope no patch's mean and contrast are its neighbour's: as published, the map steps between them."""
    plane = np.repeat(np.linspace(20, 120, 264, dtype=np.float32)[None], 114, axis=0)
    patches = stitched(plane, structural(lambda given: (given,), 1, whole=True), smooth=False) - plane
    smooth = around_every_pixel(plane, plane.astype(np.float32), 1, TERMS, "reflect") - plane
    borders = [left + at - 1 for left in range(STRIDE, 264 - OVERLAP, STRIDE) for at in (0, OVERLAP)]
    inside = [column for column in range(263) if column not in borders]
    for change, shows in ((patches, True), (smooth, False)):
        steps = np.abs(np.diff(change, axis=1)).mean(axis=0)
        assert (steps[borders].max() > 2 * steps[inside].max()) == shows


def test_both_ways_of_stitching_differ_in_the_overlaps_alone(scene: Plane) -> None:
    change = structural(lambda given: (given,), 1, whole=True)
    difference = np.abs(stitched(scene, change) - stitched(scene, change, smooth=False))
    assert difference[:50, :50].max() <= 0.51  # rounding
    assert 0.51 < difference[:, 50:64].max() < 10


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder of weights, with a small network that was not trained, called shen2020."""
    torch = pytest.importorskip("torch")
    from jndkit.training.export import export_onnx
    from jndkit.training.networks import network

    torch.manual_seed(0)
    model = network("shen2020", {"base": 4, "gain": 0.5})
    with torch.no_grad():
        model.tail[1].weight.normal_(0, 0.05)
    home = tmp_path_factory.mktemp("home")
    path = home / "weights" / "shen2020.onnx"
    contract = model.contract()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)  # torch's exporter, of torch
        export_onnx(model.folded(), path, (torch.rand(contract.example[0]),), contract.dynamic)
    card = {
        **{"name": "shen2020", "architecture": "shen2020", "licence": "none", "summary": "untrained"},
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


@pytest.mark.slow
@pytest.mark.train
@pytest.mark.usefixtures("with_weights")
class TestWithANetwork:
    @pytest.mark.parametrize("size", [(8, 8), (9, 130), (64, 64), (115, 70)])
    @pytest.mark.parametrize("variant", ["smooth", "code"])
    def test_every_size_has_a_map(self, size: tuple[int, int], variant: str) -> None:
        plane = np.random.default_rng(5).integers(0, 256, size).astype(np.uint8)
        jnd = shen2020(plane, variant=variant)
        assert jnd.shape == size
        assert jnd.dtype == np.float32
        assert np.isfinite(jnd).all()
        assert 0 <= jnd.min() < jnd.max() <= 255
        assert (variant == "code") == bool(np.all(jnd == np.round(jnd)))

    def test_the_map_is_the_way_from_the_picture(self, scene: Plane) -> None:
        for sign in (1, -1):
            made = shen2020_picture(scene, sign=sign, terms=TERMS)
            np.testing.assert_allclose(shen2020(scene, sign=sign, terms=TERMS), np.abs(made - scene), atol=1e-4)
            assert np.sign((made - scene).mean()) == sign

    def test_the_default_leaves_the_mean_where_it_is(self, scene: Plane) -> None:
        change = shen2020_picture(scene) - scene
        assert abs(change.mean()) < 0.05 < np.abs(change).mean()
        np.testing.assert_array_equal(shen2020(scene, sign=-1), np.abs(change))
        moved = shen2020_picture(scene, variant="code") - scene
        assert moved.mean() > 2
        np.testing.assert_array_equal(shen2020(scene, variant="code", terms=TERMS), np.abs(moved))

    @pytest.mark.parametrize("level", [0, 255])
    def test_extremes_are_finite(self, level: int) -> None:
        jnd = shen2020(np.full((70, 70), level, np.uint8), terms=TERMS)
        np.testing.assert_allclose(jnd, 20 if level == 0 else 0, atol=1e-3)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: shen2020(np.zeros((7, 64), np.uint8)), InputError, "at least 8 x 8"),
        (lambda: shen2020(np.zeros((64, 64), np.uint8), sign=0), UsageError, "sign"),
        (lambda: shen2020(np.zeros((64, 64), np.uint8), variant="book"), UsageError, "variant"),
        (lambda: shen2020(np.zeros((64, 64), np.uint8), terms=("colour",)), UsageError, "unknown term 'colour'"),
        (lambda: shen2020(np.zeros((64, 64), np.uint8), border="wrap"), UsageError, "border"),
    ],
)
def test_what_makes_no_sense_is_refused(call: Callable[[], object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()
