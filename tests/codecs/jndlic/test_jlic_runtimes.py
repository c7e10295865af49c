"""One runtime reads what another wrote, and what decides symbols is exact in all of them, also where it is extreme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from jndkit import inference, weights
from jndkit.codecs.jndlic import JndLic, codec, model, passes, read
from jndkit.codecs.jndlic.layout import (
    CHANNELS,
    GROUPS,
    KNOB_HIGH,
    SIDE,
    STEP_LIMIT,
    SYMBOL_LIMIT,
    Z_LIMIT,
    places,
)
from jndkit.codecs.jndlic.model import FRACTIONS
from jndkit.inference import session
from jndkit.picture import Picture
from tests.streams import make as streams

LAYOUT = model.layout_of(model.current())
DECIDING = ("hyper", *LAYOUT.names)
Array = npt.NDArray[Any]
Arrays = tuple[Array, ...]
Pair = tuple[Array, Array]


@pytest.fixture
def name() -> str:
    """That of the weights; where the package promises none there may be nothing to try."""
    reason = streams.missing()
    if reason:
        pytest.skip(reason)
    return model.current()


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    """Sets how many a session has."""
    before = cv2.getNumThreads()
    yield cv2.setNumThreads
    cv2.setNumThreads(before)


def test_every_runtime_reads_what_any_wrote(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Picture(np.ascontiguousarray(streams.picture("lake-low").rgb[:96, :120]))
    written = []
    for runtime in inference.available():
        monkeypatch.setenv("JNDKIT_RUNTIME", runtime)
        for knob in (6, 45):
            data = JndLic().encode(picture, knob)
            written.append((data, streams.symbols_of(data), read(data).rgb.astype(int)))
    # That they are the symbols that were written is what the file's checksum says.
    for runtime in reversed(inference.available()):
        monkeypatch.setenv("JNDKIT_RUNTIME", runtime)
        for data, symbols, pixels in written:
            assert streams.symbols_of(data) == symbols
            assert np.abs(read(data).rgb - pixels).max() <= 1


def test_what_is_seen_at_once_changes_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips of the contexts leave symbols alone, and windows the pixels within one code value."""
    monkeypatch.setenv("JNDKIT_RUNTIME", "onnxruntime")
    picture = streams.picture("lake-low")
    data = JndLic().encode(picture, 30)
    symbols, pixels = streams.symbols_of(data), read(data).rgb.astype(int)
    monkeypatch.setattr(passes, "STRIP", 150)
    assert streams.symbols_of(data) == symbols
    monkeypatch.setattr(codec, "SEEN", 96)
    assert np.abs(read(data).rgb - pixels).max() <= 1
    # The analysis is float, and a symbol in thousands may be rounded the other way.
    assert abs(len(JndLic().encode(picture, 30)) - len(data)) < 0.002 * len(data)


@cache
def channels_of(name: str) -> tuple[int, int]:
    """Of hyper-latents and of features."""
    found = model.find(name)
    channels = found.priors(0).channels
    return channels, len(found.hyper(np.zeros((channels, 1, 1), np.int16), 0)[0])


def extremes(name: str, part: str) -> list[Arrays]:
    """Inputs of a graph that lie where its sums are largest, or in between."""
    random, (channels, features) = np.random.default_rng(1), channels_of(name)
    if part == "hyper":
        fields = [np.full((channels, 2, 3), sign * Z_LIMIT) for sign in (-1, 1)]
        fields += [Z_LIMIT * random.choice([-1, 1], (channels, 2, 3)) for _ in range(4)]
        fields += [random.integers(-Z_LIMIT, Z_LIMIT + 1, (channels, 2, 3))]
        knobs = [np.array([knob], np.float32) for knob in (0, 31, KNOB_HIGH)]
        return [(field[None].astype(np.float32), knob) for field in fields for knob in knobs]
    if part == SIDE:
        known = [np.full((channels, 4, 6), sign * Z_LIMIT) for sign in (-1, 1)]
        known += [Z_LIMIT * random.choice([-1, 1], (channels, 4, 6)), random.integers(-9, 10, (channels, 4, 6))]
        turns = list(enumerate(LAYOUT.sides))
        return [
            (each[None].astype(np.float32), _told(knob), _told(turn), places(4, 6, phases))
            for each, knob, (turn, phases) in product(known, (0, 31, KNOB_HIGH), turns)
        ]
    given: list[Arrays] = []
    index = LAYOUT.graphs.index(part)
    fields = [STEP_LIMIT * random.choice([-1, 1], (GROUPS, 8, 12))] if LAYOUT.stepped[index] else []
    for turn, phases in enumerate(LAYOUT.passes[index]):
        told = [np.full((features, 8, 12), 255), 255 * random.integers(0, 2, (features, 8, 12))]
        symbols = [np.full((CHANNELS, 8, 12), sign * SYMBOL_LIMIT) for sign in (-1, 1)]
        symbols += [SYMBOL_LIMIT * random.choice([-1, 1], (CHANNELS, 8, 12))]
        symbols += [random.integers(-9, 10, (CHANNELS, 8, 12))]
        planes = [(one, *fields, other) for one, other in product(told, symbols)]
        cases = [[each[None].astype(np.float32) for each in case] for case in planes]
        given += [(*case, np.array([turn], np.float32), places(8, 12, phases)) for case in cases]
    return given


@pytest.mark.parametrize("part", DECIDING)
def test_nothing_saturates(name: str, part: str, threads: Callable[[int], None]) -> None:
    """Hyper-latents and symbols at their limits everywhere: whole numbers, in range, the same bit for bit."""
    path = weights.find(f"{name}-{part}").path
    mean = SYMBOL_LIMIT * FRACTIONS
    limits = ((-mean, mean), (0, 63))
    if part == "hyper":
        limits = ((0, 255), (-STEP_LIMIT, STEP_LIMIT))
    elif part == SIDE:
        limits = ((-Z_LIMIT * FRACTIONS, Z_LIMIT * FRACTIONS), (1, 63))
    given = extremes(name, part)
    first: list[Arrays] = []
    for runtime in inference.available():
        for count in (1, 2):
            threads(count)
            found = [tuple(session(path, runtime=runtime)(*each)) for each in given]
            first = first or found
            for own, theirs in zip(first, found, strict=True):
                for mine, other, (low, high) in zip(own, theirs, limits, strict=True):
                    assert np.array_equal(mine, other)
                    assert np.array_equal(other, np.floor(other))
                    assert low <= other.min()
                    assert other.max() <= high
    assert len(np.unique(np.concatenate([out.ravel() for each in first for out in each]))) > 20


@pytest.mark.train
@pytest.mark.parametrize("part", DECIDING)
def test_it_is_arithmetic_on_whole_numbers(name: str, part: str) -> None:
    """The same graph in float64, which no sum of it can leave: had float32 rounded anywhere, they would differ."""
    onnx = pytest.importorskip("onnx")
    reference = pytest.importorskip("onnx.reference")
    path = weights.find(f"{name}-{part}").path
    evaluated = reference.ReferenceEvaluator(_doubled(onnx.load(path), onnx))
    for given in extremes(name, part)[::3]:
        wide = (each.astype(np.float64) if each.dtype == np.float32 else each for each in given)
        names = [each.name for each in evaluated.proto_.graph.input]
        wanted = evaluated.run(None, dict(zip(names, wide, strict=True)))
        for mine, theirs in zip(wanted, session(path, runtime="onnxruntime")(*given), strict=True):
            assert mine.dtype == np.float64
            assert np.array_equal(mine, theirs)


def _doubled(network: Any, onnx: Any) -> Any:
    """A network with every float32 of it turned into float64."""
    single, double = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE
    for index, tensor in enumerate(network.graph.initializer):
        if tensor.data_type == single:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float64)
            network.graph.initializer[index].CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    for each in (*network.graph.input, *network.graph.output):
        if each.type.tensor_type.elem_type == single:
            each.type.tensor_type.elem_type = double
    for node in network.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.i == single:
                attribute.i = double
    return network


@pytest.mark.parametrize("part", DECIDING)
def test_lower_precision_would_be_seen(name: str, part: str) -> None:
    """The control of the tests above: sums in bfloat16 do not come out the same."""
    openvino = pytest.importorskip("openvino")
    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("this processor has no bfloat16")
    path = weights.find(f"{name}-{part}").path
    exact, rough = (session(path, runtime="openvino", precision=precision) for precision in ("f32", "bf16"))
    same = [
        np.array_equal(own, other)
        for given in extremes(name, part)
        for own, other in zip(exact(*given), rough(*given), strict=True)
    ]
    assert not all(same)


def test_nothing_is_asked_for_in_lower_precision(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}

    def spied(path: Path, **settings: Any) -> inference.Session:
        asked[path.stem] = settings
        return session(path, **settings)

    monkeypatch.setattr(model, "session", spied)
    read(JndLic().encode(streams.picture("flat"), 30))
    labels = {stem.removeprefix(weights.CURRENT.get(name, name)) for stem in asked}
    assert labels == {f"-{part}" for part in (*DECIDING, "tables", "analysis", "synthesis")}
    assert all(settings.get("precision", "f32") == "f32" for settings in asked.values())


class _Torch:
    """The model that PyTorch computes, with nothing exported."""

    def __init__(self, network: Any, installed: Any) -> None:
        import torch

        self._torch, self._parts = torch, dict(network.parts())
        self.name, self.digest, self.priors = installed.name, installed.digest, installed.priors
        self.layout = installed.layout
        self.analysis_reach, self.painting_reach = network.reach()

    def _run(self, part: str, *given: Array) -> Arrays:
        with self._torch.no_grad():
            found = self._parts[part](*(self._torch.from_numpy(each) for each in given))
        return tuple(each.numpy() for each in (found if isinstance(found, tuple) else (found,)))

    def analyse(self, picture: Array, jnd: Array, knob: int) -> Pair:
        latents, z = self._run("analysis", picture[None], jnd[None, None], _told(knob))
        return latents[0], z[0]

    def hyper(self, z: Array, knob: int) -> Pair:
        features, step = self._run("hyper", z[None].astype(np.float32), _told(knob))
        return features[0], step[0]

    def sides(self, known: Array, knob: int, turn: int, places: Array) -> Pair:
        mean, scale = self._run(SIDE, known[None], _told(knob), _told(turn), places)
        return mean[0].astype(np.int32), scale[0].astype(np.int32)

    def predict(self, part: int, features: Array, step: Array, known: Array, turn: int, places: Array) -> Pair:
        planes = (features, step, known) if self.layout.stepped[part] else (features, known)
        mean, scale = self._run(self.layout.graphs[part], *(each[None] for each in planes), _told(turn), places)
        return mean[0].astype(np.int32), scale[0].astype(np.int32)

    def paint(self, symbols: Array, step: Array, knob: int) -> Array:
        (painted,) = self._run("synthesis", symbols[None], step[None], _told(knob))
        return np.asarray(painted[0])


def _told(number: int) -> Array:
    return np.array([number], np.float32)


@pytest.mark.slow
@pytest.mark.train
@pytest.mark.parametrize("version", [2, 4])
def test_pytorch_reads_the_runtimes_files_and_they_read_its(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    from jndkit.training.export import publish
    from jndkit.training.networks import network
    from jndkit.training.recipe import load_recipe

    torch.manual_seed(9)
    recipe = load_recipe("debug-jndlic", ("data.train=.", "data.valid=.", f"model.version={version}"))
    drawn = network("jndlic", recipe.model).eval()
    # Drawn networks say little; these say something everywhere.
    for layer in (drawn.decoder.step, *(context.mean for context in drawn.contexts)):
        torch.nn.init.normal_(layer.weight, 0.0, 3.0)
    torch.nn.init.normal_(drawn.synthesis.stage.out.weight)
    about = {"architecture": "jndlic", "licence": "none", "summary": "for a test"}
    for part, each in drawn.parts():
        publish(each, tmp_path / "weights", f"drawn.nothing.v1-{part}", about)
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path))
    monkeypatch.setattr(model, "current", lambda: "drawn.nothing.v1")
    in_torch, find = _Torch(drawn, model.find("drawn.nothing.v1")), model.find
    picture = Picture(np.ascontiguousarray(streams.picture("lake-low").rgb[:70, :90]))
    makers: list[tuple[str | None, Callable[[str], model.Model]]] = [(None, lambda name: in_torch)]
    makers += [(runtime, find) for runtime in inference.available()]

    def use(maker: tuple[str | None, Callable[[str], model.Model]]) -> None:
        monkeypatch.setenv("JNDKIT_RUNTIME", maker[0] or "onnxruntime")
        monkeypatch.setattr(model, "find", maker[1])

    for writer in makers:
        use(writer)
        data, said, seen = JndLic().encode(picture, 33), set(), []
        for reader in makers:
            use(reader)
            said.add(streams.symbols_of(data))
            seen.append(read(data).rgb.astype(int))
        assert len(said) == 1
        assert max(np.abs(each - seen[0]).max() for each in seen) <= 1
    assert np.ptp(in_torch.hyper(np.zeros((6, 2, 2)), 33)[1]) > 0
