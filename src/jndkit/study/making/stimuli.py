"""One picture, coded at the levels of a study. What is shown is written as PNG, so that browsers show it to the bit."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from jndkit.batch import explained
from jndkit.codecs import Codec, codec as named_codec
from jndkit.errors import InputError
from jndkit.observers import observer as named_observer
from jndkit.observers.contract import Watched
from jndkit.opening import load
from jndkit.picture import MAX_PIXELS, Picture, Pixels, make_folder, png_bytes, write_atomic
from jndkit.picturewise.domain import domain
from jndkit.study.plan import ZOOM, Level, Shown, Stimulus
from jndkit.viewing import Viewing

AMPLIFIED = 2.0
"""Factor on the difference from the original in boosted versions. Source: JPEG AIC-3, Testolina et al. 2025."""
LEAST_LEVELS = 3
_SCOUTS = 9  # settings that are read first, over the whole grid
_SMALLEST = 128  # pixels a side


@dataclass(frozen=True)
class Made:
    """What became of a picture: its stimuli, or why there are none."""

    picture: str
    stimuli: tuple[Stimulus, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Coding:
    """The work on one picture, a `batch.Job`. path: the file.  picture: its name in the plan.  stem: of its folder.

    out: the study's folder.  wanted: JND of the levels, rising.  crop: largest width and height, pixels.
    """

    path: str
    picture: str
    stem: str
    out: str
    codecs: tuple[str, ...]
    wanted: tuple[float, ...]
    crop: tuple[int, int]
    viewing: Viewing
    observer: str
    boosted: bool
    max_pixels: int = MAX_PIXELS

    def rows(self) -> Iterator[Made]:
        picture = cropped(load(self.path, max_pixels=self.max_pixels), self.crop)
        kind = domain(picture)
        if not kind.inside or picture.alpha is not None:
            reason = "transparent" if picture.alpha is not None else f"{kind.kind}: {', '.join(kind.reasons)}"
            raise InputError(self.path, f"it is no photograph on an opaque ground ({reason}), which the scale is of")
        watched = named_observer(self.observer).watch(picture, self.viewing)
        folder = f"pictures/{self.stem}"
        original = self._keep(f"{folder}/original.png", _png(picture.rgb))
        boosted = self._keep(f"{folder}/original-boosted.png", _png(_zoomed(picture.rgb))) if self.boosted else None
        made = []
        for spec in self.codecs:
            codec = named_codec(spec)
            name = f"{self.stem}-{_plain(codec.spec)}"
            versions = list(self._versions(picture, codec, watched, f"{folder}/{_plain(codec.spec)}"))
            if len(versions) < LEAST_LEVELS:
                raise InputError(self.path, f"{codec.spec} has {len(versions)} levels near the threshold; 3 are needed")
            made.append(
                Stimulus(
                    name,
                    self.picture,
                    codec.spec,
                    codec.knob.name,
                    picture.width,
                    picture.height,
                    original,
                    tuple(versions),
                    boosted,
                )
            )
        yield Made(self.picture, tuple(made))

    def failed(self, error: Exception) -> Iterator[Made]:
        yield Made(self.picture, error=explained(error, self.path)["message"])

    def _versions(self, picture: Picture, codec: Codec, watched: Watched, folder: str) -> Iterator[Level]:
        coded = _Coded(picture, codec, watched)
        for index, place in enumerate(coded.nearest(self.wanted), 1):
            data, decoded, jnd = coded(place)
            file = f"{folder}/{index:02d}{codec.suffix}"
            kept = self._keep(file, data)
            boosted = None
            if self.boosted:
                boosted = self._keep(f"{folder}/{index:02d}-boosted.png", _png(_boosted(picture.rgb, decoded.rgb)))
            # A codec of PNG would write over its own file.
            shown = self._keep(f"{folder}/{index:02d}-shown.png", _png(decoded.rgb))
            yield Level(index, codec.knob.grid[place], file, kept.sha256, len(data), round(jnd, 5), shown, boosted)

    def _keep(self, file: str, data: bytes) -> Shown:
        path = Path(self.out, *file.split("/"))
        make_folder(str(path.parent))
        write_atomic(path, data, force=True)
        return Shown(file, hashlib.sha256(data).hexdigest())


class _Coded:
    """A picture at the steps of a codec's grid, each coded and read once."""

    def __init__(self, picture: Picture, codec: Codec, watched: Watched) -> None:
        self._picture, self._codec, self._watched = picture, codec, watched
        self._known: dict[int, tuple[bytes, Picture, float]] = {}

    def __call__(self, place: int) -> tuple[bytes, Picture, float]:
        if place not in self._known:
            data = self._codec.encode(self._picture, self._codec.knob.grid[place])
            decoded = self._codec.decode(data)
            self._known[place] = data, decoded, self._watched(decoded).jnd
        return self._known[place]

    def nearest(self, wanted: Sequence[float]) -> list[int]:
        """The steps whose readings lie nearest to those wanted; each once, readings strictly rising."""
        last = len(self._codec.knob.grid) - 1
        for place in np.unique(np.linspace(0, last, min(_SCOUTS, last + 1)).round().astype(int)).tolist():
            self(place)
        for jnd in wanted:
            for _ in range(3):
                guess = self._between(jnd)
                if guess in self._known:
                    break
                self(guess)
        found = {min(self._known, key=lambda place: abs(math.log(self._jnd(place) / jnd))) for jnd in wanted}
        rising: list[int] = []
        for place in sorted(found, key=self._jnd):
            if not rising or self._jnd(place) > 1.01 * self._jnd(rising[-1]):
                rising.append(place)
        return rising

    def _jnd(self, place: int) -> float:
        return max(self(place)[2], 1e-3)

    def _between(self, jnd: float) -> int:
        """Where a straight line between the two known steps around a reading meets it."""
        places = sorted(self._known)
        logged = np.minimum.accumulate([math.log(self._jnd(place)) for place in places])
        return round(float(np.interp(-math.log(jnd), -logged, places)))


def cropped(picture: Picture, size: tuple[int, int]) -> Picture:
    """The middle of a picture, no larger than `size`, width and height, either way up. Raises InputError below 128."""
    if min(picture.width, picture.height) < _SMALLEST:
        raise InputError(picture.name, f"a side is under {_SMALLEST} pixels")
    width, height = size if picture.width >= picture.height else size[::-1]
    width, height = min(width, picture.width), min(height, picture.height)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    rgb = np.ascontiguousarray(picture.rgb[top : top + height, left : left + width])
    alpha = None if picture.alpha is None else picture.alpha[top : top + height, left : left + width]
    bare = replace(picture, native=None, icc=None, exif=None, xmp=None, hdr=False, gain_map=None)
    return replace(bare, rgb=rgb, alpha=alpha)


def _boosted(original: Pixels, decoded: Pixels) -> Pixels:
    difference = decoded.astype(np.float32) - original
    return _zoomed(np.clip(np.rint(original + AMPLIFIED * difference), 0, 255).astype(np.uint8))


def _zoomed(rgb: Pixels) -> Pixels:
    large = cv2.resize(rgb, None, fx=ZOOM, fy=ZOOM, interpolation=cv2.INTER_LANCZOS4)
    return np.asarray(large, np.uint8)


def _png(rgb: Pixels) -> bytes:
    return png_bytes(rgb, mark=False)


def _plain(spec: str) -> str:
    return spec.replace(":", "-").replace(",", "-")
