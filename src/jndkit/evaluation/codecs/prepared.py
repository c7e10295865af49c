"""A picture prepared once for everything that codecs are measured by."""

from __future__ import annotations

import time
from functools import cache

from jndkit.codecs import codec as named_codec, sweep
from jndkit.evaluation.codecs.rows import CodecRow
from jndkit.evaluation.metrics.psnr import finite_psnr
from jndkit.evaluation.search import OBSERVER, search
from jndkit.observers import Watched, observer as named_observer
from jndkit.observers.ssimulacra2.measure import prepare
from jndkit.picture import Picture, flatten
from jndkit.picturewise.decision import suited
from jndkit.viewing import Viewing


class PreparedPicture:
    """A picture, as loaded, at a display: what is the same whichever codec comes."""

    def __init__(self, picture: Picture, viewing: Viewing, observer: str = OBSERVER) -> None:
        """observer: who reads every setting and decides every search."""
        self.picture = picture
        self._rgb = flatten(picture, 255)  # SSIMULACRA2 and PSNR know no transparency
        self._likeness = prepare(self._rgb)
        self._viewing, self._observer = viewing, observer
        self._watch = cache(self._watched)

    def fill(self, row: CodecRow) -> None:
        """Code the picture at every setting of the sweep and for every share of viewers. Raises CodecError."""
        self._sweep(row)
        for share in row.targets:
            row.answers[share] = search(
                self.picture, row.codec, share, row.protocol, row.viewing, row.ppd, self._observer
            )

    def _watched(self, transparent: bool) -> Watched:
        """As a codec with or without transparency is given it: both are held against what they were to code."""
        opaque = self.picture if transparent else suited(self.picture, named_codec("jpeg"))
        return named_observer(self._observer).watch(opaque, self._viewing)

    def _sweep(self, row: CodecRow) -> None:
        codec = named_codec(row.spec)
        picture = suited(self.picture, codec)
        watched = self._watch(picture.alpha is not None)
        for value in sweep(codec):
            started = time.perf_counter()
            data = codec.encode(picture, value)
            coded = time.perf_counter()
            decoded = codec.decode(data)
            done = time.perf_counter()
            rgb = flatten(decoded, 255)
            level = {
                "value": value,
                "bytes": len(data),
                "jnd": round(watched(decoded).jnd, 5),
                "ssimulacra2": round(self._likeness.read(rgb), 4),
                "psnr": round(finite_psnr(self._rgb, rgb), 3),
                "encode": round(coded - started, 5),
                "decode": round(done - coded, 5),
            }
            for name, measured in level.items():
                row.levels.setdefault(name, []).append(measured)
