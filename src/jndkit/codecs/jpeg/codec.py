"""The codec: which encoder a spec names, and what it is asked."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable

from jndkit.codecs.card import Card
from jndkit.codecs.contract import checked
from jndkit.codecs.encoding import check_size, failing, read_back
from jndkit.codecs.jpeg.encoder import CARRIES, CHROMAS, Encoder, Factors, Prepared
from jndkit.codecs.jpeg.gain_map import prepared, with_gain_map
from jndkit.codecs.jpeg.metadata import XMP_LIMIT, check_metadata
from jndkit.codecs.jpeg.steps import FORM, factors_of, move_of
from jndkit.codecs.spec import Grammar, Option
from jndkit.errors import MissingError, UsageError
from jndkit.picture import Picture

# Named, not imported: an encoder whose library is missing or broken is in nobody's way.
ENCODERS = {
    "plain": "jndkit.codecs.jpeg.plain:ENCODER",
    "tuned": "jndkit.codecs.jpeg.tuned:ENCODER",
    "requantised": "jndkit.codecs.jpeg.requantised:ENCODER",
    "jpegli": "jndkit.codecs.jpeg.jpegli:ENCODER",
    "moz": "jndkit.codecs.jpeg.moz:ENCODER",
}
DEFAULT = "plain"  # what `jpeg` alone means
PREFERRED = "tuned"  # what a picture held to a goal is coded by where nobody named an encoder
BACK_ENDS = ("jpegli", "moz")  # other people's encoders, tried beside the default where they are installed
# Whose word is left out of specs, so that `jpeg:420` means in every row what it has meant from the first. With another
# default this is None: then every spec names its encoder, and rows of `jpeg:420` can only be those of before.
UNNAMED: str | None = "plain"


def encoder(name: str) -> Encoder:
    """The encoder of a word in `ENCODERS`, installed or not."""
    module, _, attribute = ENCODERS[name].partition(":")
    found: Encoder = getattr(importlib.import_module(module), attribute)
    return found


def back_ends() -> tuple[str, ...]:
    """The words of those encoders by other people that are installed."""
    return tuple(name for name in BACK_ENDS if encoder(name).present())


class Jpeg:
    """JPEG, by the encoder that the spec names."""

    grammar = Grammar(
        "jpeg",
        (Option("encoder", tuple(ENCODERS), DEFAULT), Option("chroma", CHROMAS, "420"), Option("steps", (), "", FORM)),
        "q",
        UNNAMED,
    )

    def __init__(self, encoder: str = DEFAULT, chroma: str = "420", steps: str = "") -> None:
        """steps: the word of those of a file that was made before, see `with_steps`."""
        self.name = "jpeg"
        self.suffix = ".jpg"
        self.spec = self.grammar.spec(encoder=encoder, chroma=chroma, steps=steps)
        self.chroma = chroma
        self.encoder = _present(encoder)
        self.knob = self.encoder.knob
        self.carries = CARRIES
        encoders = (encoder, *(back_ends() if encoder in (DEFAULT, PREFERRED) else ()))
        every = (self.grammar.spec(encoder=name, chroma=other, steps="") for name in encoders for other in CHROMAS)
        self.options: tuple[str, ...] = tuple(spec for spec in every if spec != self.spec)
        if self.encoder.keeps_chroma:
            if chroma != "420":
                raise UsageError(f"{self.name}:{encoder} keeps the sampling of the file: leave {chroma} out")
            self.spec, self.options = f"{self.name}:{encoder}", ()
        if steps and self.encoder.tables is None:
            instead = f"{self.name}:{PREFERRED},{chroma},{steps}"
            raise UsageError(f"{self.name}:{encoder} has no steps to move: write {instead}")
        self.steps = steps
        self.lossless: str | None = None
        self.block_limit: int | None = XMP_LIMIT
        self._factors: Factors | None = factors_of(move_of(steps)) if steps else None
        self._prepared: tuple[Picture, Prepared] | None = None

    def encode(self, picture: Picture, value: float) -> bytes:
        checked(self.name, self.knob, value)
        # libjpeg keeps its coordinates below 65,500.
        check_size(self.name, picture, 65500)

        def encoded(stored: Picture) -> bytes:
            check_metadata(stored)
            if self.encoder.prepare is None:
                return self.encoder.encode(stored, value, self.chroma)
            return self._ready(picture, stored, self.encoder.prepare).encode(value)

        with failing(self.name, "encoder"):
            return with_gain_map(picture, encoded)

    def expected_size(self, picture: Picture, value: float) -> float | None:
        """Bytes that a file would take about; None where the encoder cannot tell. Raises CodecError as `encode`."""
        check_size(self.name, picture, 65500)
        if self.encoder.prepare is None:
            return None
        stored = picture if picture.gain_map is None else prepared(picture, picture.gain_map)
        return self._ready(picture, stored, self.encoder.prepare).expected_size(value)

    def with_steps(self, steps: str) -> Jpeg:
        """The codec with its steps moved, as a word of `jndkit.codecs.jpeg.steps` tells.

        They are in `steps`, not in its spec, which a codec has in common with the one it was before.
        """
        moved, factors = copy.copy(self), factors_of(move_of(steps))
        moved.steps, moved._factors = steps, factors
        if self._prepared is not None:
            picture, ready = self._prepared
            moved._prepared = picture, ready.with_factors(factors)
        return moved

    def _ready(
        self, picture: Picture, stored: Picture, prepare: Callable[[Picture, str, Factors | None], Prepared]
    ) -> Prepared:
        """What encodes a picture. stored: as it lies in the file, of which another one is made at every call."""
        if self._prepared is None or self._prepared[0] is not picture:
            self._prepared = picture, prepare(stored, self.chroma, self._factors)
        return self._prepared[1]

    def decode(self, data: bytes) -> Picture:
        return read_back(self.name, data)


def _present(name: str) -> Encoder:
    found = encoder(name)
    if not found.present():
        raise MissingError(f"the encoder jpeg:{name}", found.install)
    return found


def _versions_of(spec: str) -> dict[str, str]:
    return _present(Jpeg.grammar.chosen(spec)["encoder"]).versions()


CARD = Card(
    name="jpeg",
    codec=Jpeg,
    summary="JPEG by libjpeg-turbo, progressive and optimised",
    licence=encoder(DEFAULT).licence,
    suffix=".jpg",
    also=(".jpeg", ".jpe", ".jfif"),
    install=encoder(DEFAULT).install,
    versions=encoder(DEFAULT).versions,
    spec_versions=_versions_of,
    pace=0.03,
    auto=True,
    preferred=PREFERRED,
    rivals=lambda: tuple(f"jpeg:{name}" for name in back_ends()),
    jpeg_again="jpeg:requantised",
    sweep=(20, 35, 50, 65, 80, 90, 95),
    prefilter="blockwise",  # on JPEG's own grid of blocks; to other coders that grid only shows
)
