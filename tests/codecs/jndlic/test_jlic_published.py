"""Files of the published network: through the same container, read by every runtime, refused where they are damaged."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit import inference, weights
from jndkit.codecs import codec, parse, versions
from jndkit.codecs.jndlic import container, model, published, read
from jndkit.errors import InputError, MissingError
from jndkit.picture import MAX_PIXELS, Picture
from tests.codecs.jndlic.mutations import mutated

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.train, pytest.mark.slow]

SIZES = {"width": 6, "hyper": 4, "step_width": 4, "step_latent": 4}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the graphs of a drawn network called `drawn`."""
    from jndkit.training.export import publish
    from jndkit.training.networks import network

    torch.manual_seed(3)
    made = network("jndlic-paper", SIZES).eval()
    # Drawn networks say little; these say something everywhere.
    torch.nn.init.normal_(made.context.mean.weight, 0.0, 3.0)
    torch.nn.init.normal_(made.enlarge.weight, 0.0, 0.2)
    for layer in (made.hyper[-1], made.steps.analysis[-1], made.steps.hyper[-1]):
        layer.weight.data *= 30.0
    folder = tmp_path_factory.mktemp("published") / "weights"
    for part, each in made.parts():
        publish(each, folder, f"drawn-{part}", {"architecture": "jndlic", "licence": "none", "summary": "for a test"})
    return folder


@pytest.fixture
def home(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path))
    shutil.copytree(drawn, tmp_path / "weights")
    return tmp_path / "weights"


def test_files_come_back_in_every_runtime(home: Path, photo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, _ = parse("jndlic:drawn")
    picture = Picture(photo(150, 100))
    for writer in inference.available():
        monkeypatch.setenv("JNDKIT_RUNTIME", writer)
        data, seen = chosen.encode(picture, 34), []
        contents = container.unpack(data, None, MAX_PIXELS)
        assert (contents.version, contents.weights) == (3, "drawn")
        assert len(data) > 500
        for reader in inference.available():
            monkeypatch.setenv("JNDKIT_RUNTIME", reader)
            # That they are the symbols that were written is what the file's checksum says.
            seen.append(read(data).rgb.astype(int))
            assert seen[-1].shape == picture.rgb.shape
        assert max(np.abs(each - seen[0]).max() for each in seen) <= 1
    assert versions("jndlic:drawn")["weights"].startswith("drawn (")
    assert weights.networks()["drawn"].files == 7


def test_tiles_are_coded_apart(home: Path, photo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is at the right does not change what is decoded at the left of another tile."""
    monkeypatch.setattr(published, "SERIAL_TILE", 64)
    pixels = photo(128, 64)
    other = pixels.copy()
    other[:, 80:] = 255 - other[:, 80:]  # the JND map sees a few pixels beyond a tile
    whole, changed = (read(codec("jndlic:drawn").encode(Picture(each), 20)).rgb for each in (pixels, other))
    assert np.array_equal(whole[:, :64], changed[:, :64])
    assert not np.array_equal(whole[:, 64:], changed[:, 64:])


def test_grey_and_transparent_ones(home: Path, photo: Any) -> None:
    pixels = photo(70, 40)
    alpha = pixels[..., 0].copy()
    found = read(codec("jndlic:drawn").encode(Picture(pixels, alpha=alpha), 20))
    assert found.alpha is not None
    assert np.array_equal(found.alpha, alpha)
    grey = np.repeat(pixels[..., :1], 3, axis=2)
    found = read(codec("jndlic:drawn").encode(Picture(grey, grey=True), 20))
    assert (found.rgb == found.rgb[..., :1]).all()


def test_damaged_ones_are_refused(home: Path, photo: Any) -> None:
    data = codec("jndlic:drawn").encode(Picture(photo(64, 64)), 30)
    random, refused = np.random.default_rng(7), 0
    for _ in range(60):
        try:
            read(mutated(data, random), max_pixels=10**6)
        except (InputError, MissingError):
            refused += 1
    assert refused > 50


def test_its_weights_do_not_read_other_versions(home: Path, photo: Any) -> None:
    from dataclasses import replace

    contents = container.unpack(codec("jndlic:drawn").encode(Picture(photo(64, 64)), 30), None, MAX_PIXELS)
    for version in (1, 2):
        with pytest.raises(InputError, match="other weights than those installed"):
            read(container.pack(replace(contents, version=version)))


def test_a_graph_is_missing(home: Path) -> None:
    (home / "drawn-steps.toml").unlink()
    with pytest.raises(MissingError, match="network drawn"):
        codec("jndlic:drawn")


@pytest.mark.parametrize("part", ["scales", "hyper", "serial"])
def test_nothing_saturates(home: Path, part: str) -> None:
    """At their limits everywhere: whole numbers, in range, the same in every runtime."""
    random, knob = np.random.default_rng(2), np.array([60], np.float32)
    given: list[tuple[Any, ...]] = []
    for sign in (-1, 1, 0):
        if part == "serial":
            shown = np.full((5, 665), sign * 4095) if sign else 4095 * random.choice([-1, 1], (5, 665))
            given.append((np.full(5, 255, np.float32), shown.astype(np.float32)))
        else:
            shape = (1, 4 if part == "scales" else 8, 2, 3)
            shown = np.full(shape, sign * 31) if sign else 31 * random.choice([-1, 1], shape)
            given.append((shown.astype(np.float32), knob))
    limits = {"scales": [(1, 63)], "hyper": [(0, 255)], "serial": [(-32760, 32760), (1, 63)]}[part]
    for each in given:
        found = [inference.session(home / f"drawn-{part}.onnx", runtime=name)(*each) for name in inference.available()]
        for outputs in found:
            for mine, theirs, (low, high) in zip(found[0], outputs, limits, strict=True):
                assert np.array_equal(mine, theirs)
                assert np.array_equal(theirs, np.floor(theirs))
                assert low <= theirs.min()
                assert theirs.max() <= high


def test_a_name_is_checked_before_it_is_looked_for(home: Path) -> None:
    from jndkit.errors import UsageError

    with pytest.raises(UsageError):
        model.is_serial("../weights/drawn")
