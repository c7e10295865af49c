"""The networks of JND-LIC as functions of arrays.

Everything but `analyse` and `paint` decides symbols, and is exact: whole numbers, the same on every machine.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from jndkit import weights
from jndkit.codecs.jndlic.coder import Integers, Tables
from jndkit.codecs.jndlic.container import DIGEST
from jndkit.codecs.jndlic.layout import LAYOUTS, SERIAL, SIDE, Z_LIMIT, Layout
from jndkit.errors import CodecError, MissingError, UsageError
from jndkit.inference import Session, default_runtime, session

Floats = npt.NDArray[np.float32]

_ARCHITECTURE = "jndlic"
_DISTRIBUTIONS = {"cuda": "onnxruntime-gpu"}  # those not called what the runtime is

FRACTIONS = 8
"""Parts of a symbol in which means are told."""


class Priors(NamedTuple):
    """The frequency tables of one setting of the knob.

    symbols: of differences to a mean; FRACTIONS rows for each scale but 0, which needs none.  z: a row a channel;
    None where hyper-latents are predicted as symbols are.  channels: of hyper-latents.
    """

    symbols: Tables
    z: Tables | None
    channels: int


class Model(Protocol):
    """What the codec asks of its networks. Heights and widths are multiples of 32 pixels, knob is a whole number.

    name: of the weights.  digest: of those that decode, 8 bytes.  layout: in which their symbols are coded.
    analysis_reach, painting_reach: pixels around a place that decide what is said of it.
    """

    name: str
    digest: bytes
    layout: Layout
    painting_reach: int

    @property
    def analysis_reach(self) -> int: ...

    def analyse(self, picture: Floats, jnd: Floats, knob: int) -> tuple[Floats, Floats]:
        """Latents (192, H/8, W/8) in steps of the middle field, hyper-latents (C, H/32, W/32); neither is rounded.

        picture: (3, H, W), RGB in 0..1.  jnd: (H, W), code values of luma.
        """
        ...

    def priors(self, knob: int) -> Priors:
        """The frequency tables."""
        ...

    def sides(self, known: Floats, knob: int, turn: int, places: npt.NDArray[np.int64]) -> tuple[Integers, Integers]:
        """As `predict`, of all channels of the hyper-latents; known: (C, H/32, W/32). Asked where `z` has no tables."""
        ...

    def hyper(self, z: Integers, knob: int) -> tuple[Floats, Floats]:
        """Features (C, H/8, W/8) and the field of steps (GROUPS, H/8, W/8), sixteenths of an octave."""
        ...

    def predict(
        self, part: int, features: Floats, step: Floats, known: Floats, turn: int, places: npt.NDArray[np.int64]
    ) -> tuple[Integers, Integers]:
        """Means, in eighths, and scales, 0 to 63, of the symbols of a slice at some places: int32 (channels, n) each.

        features, step: as `hyper` gives them.  known: (192, H/8, W/8), the symbols so far, 0 elsewhere.
        turn: the number of the pass in its slice.
        """
        ...

    def paint(self, symbols: Floats, step: Floats, knob: int) -> Floats:
        """The picture, (3, H, W), RGB in 0..1. symbols: (192, H/8, W/8).  step: (GROUPS, H/8, W/8)."""
        ...


def current() -> str:
    """The name of the weights that encode."""
    return weights.CURRENT.get(_ARCHITECTURE, _ARCHITECTURE)


def find(name: str) -> Model:
    """The networks of a name. Raises MissingError that names it, where one is not there, and what `weights` raises."""
    weights.check_name(name)
    try:
        return _Networks(name)
    except MissingError:
        raise missing(name) from None


def is_serial(name: str) -> bool:
    """Whether a name is of weights of the published network. Raises UsageError for what is no name."""
    weights.check_name(name)
    return _is_there(f"{name}-{SERIAL.graphs[-1]}")


def check(name: str) -> None:
    """Whether a name's networks can encode; nothing is loaded.

    Raises MissingError, as `find` does, where there are none, and UsageError where they only decode, as those of
    earlier releases do.
    """
    encoder, *decoding = graphs_of(name)
    for folder in weights.folders():
        if all((folder / f"{graph}.toml").is_file() for graph in decoding):
            if (folder / f"{encoder}.toml").is_file():
                return
            raise UsageError(f"{name} only decodes, files that it once wrote: choose jndlic to encode")
    raise missing(name)


def missing(name: str) -> MissingError:
    if weights.is_versioned(name):  # so are those called that come along
        return MissingError(f"the network {name} (for .jlic files)", "pip install --upgrade jndkit")
    target = weights.home() / "weights"
    return MissingError(
        f"the network {name} (for .jlic files), which who trained it has,", f"cp FOLDER/{name}-* {target}"
    )


def layout_of(name: str) -> Layout:
    """The layout of a name's weights: the newest whose graphs begin to be there."""
    for version, layout in sorted(LAYOUTS.items(), reverse=True):
        if version == 1 or _is_there(f"{name}-{layout.names[0]}"):
            break
    return layout


def _is_there(graph: str) -> bool:
    return any((folder / f"{graph}.toml").is_file() for folder in weights.folders())


def graphs_of(name: str) -> list[str]:
    """The graphs of a name: an encoder's own, then those that a file depends on, the painter last."""
    middle = SERIAL.graphs if is_serial(name) else ("hyper", *layout_of(name).names)
    return [f"{name}-{part}" for part in ("analysis", "tables", *middle, "synthesis")]


def is_present() -> bool:
    """Whether the coder's library and the weights that encode are there."""
    if importlib.util.find_spec("constriction") is None:
        return False
    return _is_there(f"{current()}-tables")


def versions(name: str = "") -> dict[str, str]:
    """The weights of a name, else those that encode, with what they hash to; the coder's library and the runtime."""
    name = name or current()
    try:
        digest = digest_of([weights.find(graph) for graph in graphs_of(name)[1:]])
    except MissingError:
        raise missing(name) from None
    runtime = default_runtime()
    libraries = ("constriction", _DISTRIBUTIONS.get(runtime, runtime))
    return {
        "weights": f"{name} ({digest.hex()})",
        **{library: importlib.metadata.version(library) for library in libraries},
    }


class _Networks:
    """The graphs of one name: NAME-analysis, NAME-tables, NAME-hyper, those of the layout, NAME-synthesis."""

    def __init__(self, name: str) -> None:
        self.name, self.layout = name, layout_of(name)
        decoding = [weights.find(graph) for graph in graphs_of(name)[1:]]
        self.digest = digest_of(decoding)
        self.painting_reach = decoding[-1].card.context
        graphs = dict(zip(graphs_of(name)[1:-1], decoding, strict=False))
        runs = {graph.removeprefix(f"{name}-"): session(found.path) for graph, found in graphs.items()}
        self._tables, self._hyper, self._side = runs["tables"], runs["hyper"], runs.get(SIDE)
        self._contexts = [runs[graph] for graph in self.layout.graphs]
        # The largest two, of which an encoder needs one and a decoder the other.
        self._synthesis = decoding[-1].path

    @property
    def analysis_reach(self) -> int:
        return self._analysis.card.context

    @cached_property
    def _analysis(self) -> weights.Weights:
        return weights.find(graphs_of(self.name)[0])

    def analyse(self, picture: Floats, jnd: Floats, knob: int) -> tuple[Floats, Floats]:
        latent, z = session(self._analysis.path)(picture[None], jnd[None, None], number(knob))
        return latent[0], z[0]

    def priors(self, knob: int) -> Priors:
        return _priors(self._tables, knob)

    def sides(self, known: Floats, knob: int, turn: int, places: npt.NDArray[np.int64]) -> tuple[Integers, Integers]:
        if self._side is None or not places.size:
            return _nothing(len(known))
        return _whole(self._side(known[None], number(knob), number(turn), places))

    def hyper(self, z: Integers, knob: int) -> tuple[Floats, Floats]:
        features, step = self._hyper(z[None].astype(np.float32), number(knob))
        return features[0], step[0]

    def predict(
        self, part: int, features: Floats, step: Floats, known: Floats, turn: int, places: npt.NDArray[np.int64]
    ) -> tuple[Integers, Integers]:
        if not places.size:  # of a small picture a pass may have none, and not every runtime takes nothing
            begin, end = self.layout.slices[part]
            return _nothing(end - begin)
        planes = (features, step, known) if self.layout.stepped[part] else (features, known)
        return _whole(self._contexts[part](*(plane[None] for plane in planes), number(turn), places))

    def paint(self, symbols: Floats, step: Floats, knob: int) -> Floats:
        picture: Floats = session(self._synthesis)(symbols[None], step[None], number(knob))[0][0]
        return picture


def _nothing(channels: int) -> tuple[Integers, Integers]:
    return np.empty((channels, 0), np.int32), np.empty((channels, 0), np.int32)


def _whole(predicted: Sequence[Floats]) -> tuple[Integers, Integers]:
    mean, scale = predicted
    return mean[0].astype(np.int32), scale[0].astype(np.int32)


def digest_of(decoding: Sequence[weights.Weights]) -> bytes:
    """The first bytes of the SHA-256 of the graphs that a file depends on."""
    return hashlib.sha256("".join(graph.card.sha256 for graph in decoding).encode()).digest()[:DIGEST]


def number(number: int) -> Floats:
    return np.array([number], np.float32)


@lru_cache(maxsize=8)
def _priors(run: Session, knob: int) -> Priors:
    frequencies, second = run(number(knob))
    symbols = tables_of_symbols(frequencies)
    if second.ndim == 1:  # how many channels there are, which need no tables of their own
        return Priors(symbols, None, int(second[0]))
    return Priors(symbols, tables_of_hyper(second), len(second))


def tables_of_symbols(frequencies: Floats) -> Tables:
    if frequencies.ndim != 3 or frequencies.shape[1] != FRACTIONS:
        raise CodecError("the network of frequency tables is of another kind")
    columns = frequencies.shape[2]
    # Scale 0 codes nothing and so has no tables; the last column of the others is the escape.
    return Tables(frequencies[1:].reshape(-1, columns).astype(np.int64), 1 - columns // 2, escapes=True)


def tables_of_hyper(frequencies: Floats) -> Tables:
    if frequencies.shape[1] != 2 * Z_LIMIT + 1:
        raise CodecError("the network of frequency tables is of another kind")
    return Tables(frequencies.astype(np.int64), -Z_LIMIT, escapes=False)
