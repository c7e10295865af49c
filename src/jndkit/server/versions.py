"""Work on the pictures that are looked at: versions at one setting, and maps to lay over them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jndkit.codecs import codec as named_codec
from jndkit.codecs.contract import Codec, checked
from jndkit.observers import Box, Reading
from jndkit.picture import Picture, with_metadata
from jndkit.picturewise.decision import suited
from jndkit.picturewise.domain import domain
from jndkit.picturewise.goal import Goal
from jndkit.picturewise.prediction import predictor
from jndkit.picturewise.tailoring import codec_for
from jndkit.pixelwise import jnd_map
from jndkit.provenance import with_mark
from jndkit.report.images import Overlay, overlay
from jndkit.report.pictures import SPOT, around, spot
from jndkit.server.work import Answer, Work, decoded, samples, watch
from jndkit.settings import Settings
from jndkit.visibility import viewers, viewers_between


@dataclass(frozen=True, kw_only=True)
class Version(Work):
    """A picture coded at one setting, and what is read of it.

    settings: whose codec and metadata, and who looks.  value: of the knob.
    out: the file; made already where it is there.  png: the same, decoded.
    """

    settings: Settings
    value: float
    out: str
    png: str

    def answer(self) -> Answer:
        codec = named_codec(self.settings.codec)
        original = suited(_finished(self.opened(), self.settings), codec)
        if Path(self.png).exists():
            data = Path(self.out).read_bytes()
        else:
            data = self._suited_to(original).encode(original, checked(codec.name, codec.knob, self.value))
        version = codec.decode(data)
        if not Path(self.png).exists():  # which is written last, so that both are whole where it is there
            Path(self.out).write_bytes(data)
            Path(self.png).write_bytes(samples(version))
        reading = watch(original, self.settings)(version)
        about = {"codec": codec.spec, "value": self.value, "bytes": len(data)}
        return Answer(about | _said(reading, original, self.settings), self.out, codec.suffix)

    def _suited_to(self, original: Picture) -> Codec:
        """The codec as `jnd encode` takes it for this picture."""
        goal = Goal(self.settings.viewers, *self.settings.fit, domain(original))
        predict = predictor(original, goal.viewing, goal.protocol, near=(goal.jnd,), widen=goal.widen)
        return codec_for(original, named_codec(self.settings.codec), goal, predict)


@dataclass(frozen=True, kw_only=True)
class Decode(Work):
    """The samples of a file that an encode wrote. spec: its codec.  file: where it lies.  png: where they go."""

    spec: str
    file: str
    png: str

    def answer(self) -> Answer:
        Path(self.png).write_bytes(samples(decoded(self.spec, self.file)))
        return Answer({}, self.png, ".png")


@dataclass(frozen=True, kw_only=True)
class Where(Work):
    """The observer's map of where the difference is seen. spec, file: as of `Decode`.  out: the overlay."""

    settings: Settings
    spec: str
    file: str
    out: str

    def answer(self) -> Answer:
        original = suited(self.opened(), named_codec(self.spec))
        seen = watch(original, self.settings).map(decoded(self.spec, self.file))
        whole = Box(0, 0, original.width, original.height)
        answer = _laid_over(overlay(seen), self.out)
        about = answer.about | {"worst": list(around(*spot(seen, whole), 2 * SPOT, whole))}
        return Answer(about, answer.file, answer.suffix)


@dataclass(frozen=True, kw_only=True)
class Overlaid(Work):
    """The JND map of a model. out: the overlay."""

    model: str
    out: str

    def answer(self) -> Answer:
        drawn = overlay(jnd_map(self.opened(), self.model))
        answer = _laid_over(drawn, self.out)
        return Answer(
            answer.about | {"label": f"JND map of {self.model}", "unit": "code values"}, answer.file, answer.suffix
        )


def _finished(picture: Picture, settings: Settings) -> Picture:
    """The picture with what its file is to hold beside the samples."""
    return with_mark(with_metadata(picture, settings.keep_metadata, sdr=settings.sdr), settings)


def _said(reading: Reading, original: Picture, settings: Settings) -> dict[str, Any]:
    fit, display = settings.fit
    share, interval = None, None
    if fit.shares:
        share = viewers(reading.jnd, fit)
        interval = list(viewers_between(reading.interval, reading.jnd, fit, widen=domain(original).widen))
    return {
        "jnd": reading.jnd,
        "interval_jnd": list(reading.interval),
        "jnd_local": reading.jnd_local,
        "where": list(reading.where),
        "viewers": share,
        "interval": interval,
        "observer": settings.observer,
        "protocol": fit.name,
        "viewing": display.name,
        "ppd": display.ppd,
    }


def _laid_over(drawn: Overlay, out: str) -> Answer:
    Path(out).write_bytes(base64.b64decode(drawn.image.text))
    about = {name: value for name, value in drawn.about("").items() if name != "id"}
    return Answer(about, out, ".webp")
