"""One picture before its judges: prepared once, whichever codecs come."""

from __future__ import annotations

import time
from functools import cache

from jndkit.codecs import codec as named_codec, sweep
from jndkit.errors import TargetError
from jndkit.evaluation.codecs.rows import CodecRow
from jndkit.evaluation.metrics.ssimulacra2 import prepare
from jndkit.evaluation.picturewise.rows import TRUTH
from jndkit.observers import Watched, observer as named_observer
from jndkit.picture import Picture, flatten
from jndkit.picture.difference import psnr
from jndkit.picturewise.decision import suited
from jndkit.pipeline import encode
from jndkit.viewing import DISPLAYS, Viewing

_LOSSLESS = 100.0  # dB, where a decoded picture is the picture


class Sitting:
    """A picture, as loaded, and a display."""

    def __init__(self, picture: Picture, viewing: Viewing) -> None:
        self.picture = picture
        self._rgb = flatten(picture, 255)
        self._likeness = prepare(self._rgb)
        self._viewing = viewing
        self._watch = cache(self._watched)

    def fill(self, row: CodecRow) -> None:
        """Code the picture at every setting of the sweep and for every share of viewers. Raises CodecError."""
        self._sweep(row)
        for share in row.targets:
            self._search(row, share)

    def _watched(self, transparent: bool) -> Watched:
        opaque = self.picture if transparent else suited(self.picture, named_codec("jpeg"))
        return named_observer(TRUTH).watch(opaque, self._viewing)

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
            found = {
                "value": value,
                "bytes": len(data),
                "jnd": round(watched(decoded).jnd, 5),
                "ssimulacra2": round(self._likeness.read(rgb), 4),
                "psnr": round(min(psnr(self._rgb, rgb), _LOSSLESS), 3),
                "encode": round(coded - started, 5),
                "decode": round(done - coded, 5),
            }
            for name, each in found.items():
                row.levels.setdefault(name, []).append(each)

    def _search(self, row: CodecRow, share: str) -> None:
        """What `jnd encode --codec SPEC --viewers SHARE` does."""
        viewing = row.viewing if row.viewing in DISPLAYS else row.ppd
        try:
            made = encode(
                self.picture, codec=row.codec, viewers=float(share), protocol=row.protocol, viewing=viewing,
                min_saving=0.0, force=True,
            ).row  # fmt: skip
        except TargetError as error:
            row.answers[share] = {"value": None, "error": str(error)}
            return
        row.answers[share] = {
            "codec": made.codec,
            "value": made.knob["value"] if made.knob else None,
            "bytes": made.bytes,
            "jnd": made.jnd,
            "encodes": made.encodes,
        }
