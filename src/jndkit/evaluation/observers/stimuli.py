"""Pictures that people judged, or photographs in their place, and the versions of them that are read."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, features

from jndkit.codecs import codec, versions
from jndkit.datasets.ratings import read_columns
from jndkit.errors import InputError, MissingError
from jndkit.evaluation.observers import subjective
from jndkit.evaluation.observers.asked import version
from jndkit.opening import load
from jndkit.picture import Picture, Pixels, flatten
from jndkit.protocols import PROTOCOLS
from jndkit.study.plan import read_plan
from jndkit.viewing import Viewing, viewing

_PHOTOGRAPHS = Path("labels/visibility.csv")
_EVERY = 4  # of 187 photographs
QUALITIES = (15, 25, 35, 45, 55, 65, 75, 82, 88, 93, 97)
_PAGES = Path("valid/cid22val")
_INSTALL = "pip install 'jndkit[parity]'"


@dataclass(frozen=True)
class Stimuli:
    """One table's. viewing: how they are read.  pictures: data folder -> (name, file) of each reference.

    versions: (data folder, name, reference) -> (name, version) of each.  source: what made the versions.
    """

    viewing: str
    pictures: Callable[[Path], list[tuple[str, Path]]]
    versions: Callable[[Path, str, Picture], Iterator[tuple[str, Picture]]]
    source: Callable[[], dict[str, str]]

    @property
    def seen_at(self) -> Viewing:
        return viewing(self.viewing)


def _midd(data: Path) -> list[tuple[str, Path]]:
    return [(name, data / subjective.MIDD.parent / name) for name in subjective.shares(data).pictures]


def _midd_versions(data: Path, name: str, reference: Picture) -> Iterator[tuple[str, Picture]]:
    answers = subjective.shares(data)
    for file in answers.file[answers.picture == name]:
        yield str(file), load(data / subjective.MIDD.parent / str(file))


def _pages(data: Path) -> list[tuple[str, Path]]:
    subjective.ranking(data)
    encoders_missing()
    paths = sorted((data / _PAGES).glob("*.png"))
    if not paths:
        raise InputError(data / _PAGES, "it holds no PNG picture")
    return [(path.name, path) for path in paths]


def encoders_missing() -> None:
    """Raises MissingError where jpegli or mozjpeg is not installed."""
    # Looked for, not imported: that takes long, and only those who code with them need it.
    for module, what in (("ajpegli", "jpegli"), ("pyvips", "mozjpeg")):
        if importlib.util.find_spec(module) is None:
            raise MissingError(what, _INSTALL)


def _page_versions(data: Path, name: str, reference: Picture) -> Iterator[tuple[str, Picture]]:
    for method in subjective.ranking(data).method:
        file = _ENCODERS[method[0]](flatten(reference, 255), int(method[1:3]), method[3:])
        yield method, Picture(rgb=np.asarray(Image.open(io.BytesIO(file)).convert("RGB")))


def _turbo(rgb: Pixels, quality: int, chroma: str) -> bytes:
    file = io.BytesIO()
    # "420" is "4:2:0" to Pillow.
    Image.fromarray(rgb).save(file, "JPEG", quality=quality, subsampling=":".join(chroma), optimize=True)
    return file.getvalue()


def _jpegli(rgb: Pixels, quality: int, chroma: str) -> bytes:
    import ajpegli

    return bytes(ajpegli.encode(rgb, quality=quality, subsampling=chroma))


def _mozjpeg(rgb: Pixels, quality: int, chroma: str) -> bytes:
    """As the program cjpeg of mozjpeg codes: its third table, trellis quantisation."""
    import pyvips

    return bytes(
        pyvips.Image.new_from_array(rgb).jpegsave_buffer(
            Q=quality,
            quant_table=3,
            trellis_quant=True,
            overshoot_deringing=True,
            optimize_coding=True,
            optimize_scans=True,
            interlace=True,
            subsample_mode="on" if chroma == "420" else "off",
        )
    )


_ENCODERS = {"t": _turbo, "j": _jpegli, "m": _mozjpeg}


def _encoder_versions() -> dict[str, str]:
    encoders_missing()
    others = {name: importlib.metadata.version(name) for name in ("ajpegli", "pyvips-binary")}
    return {"libjpeg-turbo": features.version("libjpeg_turbo") or "", **others}


def _photographs(data: Path) -> list[tuple[str, Path]]:
    rows = read_columns(data / _PHOTOGRAPHS, ("file",))
    names = sorted({row["file"] for _, row in rows if row["file"].startswith("train/")})
    return [(name, data / name) for name in names[::_EVERY]]


def _photograph_versions(data: Path, name: str, reference: Picture) -> Iterator[tuple[str, Picture]]:
    jpeg = codec("jpeg:420")
    for quality in QUALITIES:
        yield str(quality), jpeg.decode(jpeg.encode(reference, quality))


def of(table: str, data: Path) -> Stimuli:
    """What is read for a table; that of a study lies in its own folder. Raises InputError for what is no study."""
    return _study(data) if table == STUDY else STIMULI[table]


@cache
def _study(folder: Path) -> Stimuli:
    """Its versions as they were shown, at the display they were made for."""
    plan = read_plan(folder, verify=False)
    originals = {stimulus.picture: folder / stimulus.original.file for stimulus in plan.stimuli}

    def versions_of(data: Path, name: str, reference: Picture) -> Iterator[tuple[str, Picture]]:
        for stimulus in plan.stimuli:
            if stimulus.picture == name:
                for level in stimulus.levels:
                    yield version(stimulus, level.index), load(folder / level.shown.file)

    return Stimuli(plan.display.viewing, lambda data: list(originals.items()), versions_of, dict)


STUDY = "study"
STIMULI = {
    "midd": Stimuli("37.4", _midd, _midd_versions, dict),
    "encoders": Stimuli("desktop", _pages, _page_versions, _encoder_versions),
    "mcl-jci": Stimuli(PROTOCOLS["mcl-jci"][0].viewing, _photographs, _photograph_versions, lambda: versions("jpeg")),
}
"""Tables with pictures, in the order of their worth."""
