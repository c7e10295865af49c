"""Files of earlier releases decode for ever: to the same symbols, and to the same picture within one code value."""

from __future__ import annotations

import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest

from jndkit import inference, weights
from jndkit.codecs.jndlic import container, read
from jndkit.errors import DamagedError, FormatError, LimitError, MissingError
from jndkit.picture import MAX_PIXELS, load
from tests.codecs.jndlic.mutations import mutated
from tests.streams import make as streams

FOLDERS = streams.folders()
EVERY = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))


@pytest.fixture(autouse=True, scope="module")
def networks() -> None:
    """Where no weights are promised there is nothing to decode; where they are, nothing is skipped."""
    if "jndlic" in weights.CURRENT:
        return
    reason = streams.missing() or ("" if FOLDERS else "no streams of these weights have been made")
    if reason:
        pytest.skip(reason)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((runtime, threads), id=f"{runtime}-{threads}")
        for runtime in ("onnxruntime", "openvino")
        for threads in (1, 2)
    ],
)
def running(request: pytest.FixtureRequest) -> Iterator[None]:
    """One runtime and so many threads."""
    runtime, threads = request.param
    if runtime not in inference.available():
        pytest.skip(f"{runtime} is not installed")
    before = cv2.getNumThreads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JNDKIT_RUNTIME", runtime)
        cv2.setNumThreads(threads)
        yield
        cv2.setNumThreads(before)


def test_every_version_that_ships_has_streams() -> None:
    shipped = {name.removeprefix("jndlic.pictures.").partition("-")[0] for name in _graphs()}
    assert {folder.name for folder in FOLDERS} == shipped


def _graphs() -> list[str]:
    return [path.stem for path in weights.PACKAGED.glob("jndlic.pictures.*.toml")]


@EVERY
def test_every_stream_is_listed(folder: Path) -> None:
    assert set(streams.promised(folder)) == set(streams.KNOBS)
    for suffix in ("jlic", "png"):
        assert {path.stem for path in folder.glob(f"*.{suffix}")} == set(streams.KNOBS)
    for name, told in streams.promised(folder).items():
        data = (folder / f"{name}.jlic").read_bytes()
        assert (len(data), sha256(data).hexdigest()) == (told["bytes"], told["sha256"])
        assert container.unpack(data, None, MAX_PIXELS).knob == told["knob"] == streams.KNOBS[name]


@EVERY
@pytest.mark.parametrize("name", streams.KNOBS)
def test_it_decodes_as_it_always_did(running: None, folder: Path, name: str) -> None:
    data = (folder / f"{name}.jlic").read_bytes()
    assert container.unpack(data, None, MAX_PIXELS).weights == f"jndlic.pictures.{folder.name}"
    assert streams.symbols_of(data) == streams.promised(folder)[name]["symbols"]
    found, wanted = read(data), load(folder / f"{name}.png")
    assert found.rgb.shape == wanted.rgb.shape == streams.picture(name).rgb.shape
    assert np.abs(found.rgb.astype(int) - wanted.rgb).max() <= 1
    assert found.grey == wanted.grey == (name == "grey")
    assert (found.alpha is not None) == (wanted.alpha is not None) == (name == "alpha")
    if found.alpha is not None and wanted.alpha is not None:
        assert np.array_equal(found.alpha, wanted.alpha)


@EVERY
@pytest.mark.parametrize("name", streams.KNOBS)
def test_the_picture_is_the_one_that_was_coded(folder: Path, name: str) -> None:
    coded, original = load(folder / f"{name}.png"), streams.picture(name)
    error = np.mean((coded.rgb.astype(float) - original.rgb) ** 2)
    # The crop has detail everywhere: JPEG of as many bytes has 21 dB.
    assert 10 * np.log10(255**2 / error) > (22 if name == "lake-low" else 32)
    if original.alpha is not None:
        assert coded.alpha is not None
        assert np.array_equal(coded.alpha, original.alpha)


def _survive(folder: Path, names: tuple[str, ...], count: int) -> int:
    """Mutations of the streams: each an error of ours, soon, or the right picture. How many were errors."""
    random, errors = np.random.default_rng(5), 0
    files = [(folder / f"{name}.jlic").read_bytes() for name in names]
    right = [read(file).rgb for file in files]
    for number in range(count):
        started = time.process_time()
        try:
            found = read(mutated(files[number % len(files)], random), max_pixels=1 << 16)
        except (DamagedError, FormatError, LimitError, MissingError):
            errors += 1
        else:
            assert np.array_equal(found.rgb, right[number % len(files)]), f"mutation {number}"
        assert time.process_time() - started < 5.0, f"mutation {number}"
    return errors


@EVERY
def test_mutations_of_the_streams(folder: Path) -> None:
    assert _survive(folder, ("flat", "alpha", "grey"), 150) > 90


@pytest.mark.slow
@EVERY
def test_many_mutations_of_the_streams(folder: Path) -> None:
    assert _survive(folder, ("flat", "dot", "alpha", "grey"), 20_000) > 12_000
    assert _survive(folder, ("lake-high",), 50) > 25
