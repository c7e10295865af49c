"""Pairs of a picture and its coarsest VVC intra version whose difference viewers do not see.

Layout: `pristine/NAME.png`, `jnd/NAME.png` and `manifest.jsonl`. `build` makes such pairs from any pictures; `pairs`
reads a folder of them.

Source: Shen et al., "Just Noticeable Distortion Profile Inference: A Patch-Level Structural Visibility Learning
Approach", IEEE TIP 30, 2021: VTM 5.0 intra at QP 13 to 51, judged by 20 subjects a picture.
Differs: an observer judges; vvenc codes; QPs are searched, not all coded; the pristine version has its chroma already
at half resolution, which no QP mends and which alone is seen in one photograph of nine.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.batch import Engine
from jndkit.codecs import codec as named_codec
from jndkit.codecs.vvc import coded_size, from_planes, to_planes
from jndkit.datasets.pairs import Announce, Making, Pair, build_rows, making_pairs, read_pairs
from jndkit.observers import observer as named_observer
from jndkit.picture import Picture, Pixels
from jndkit.picturewise.search import search
from jndkit.picturewise.watching import watch_under
from jndkit.protocols import protocol as named_protocol
from jndkit.visibility import jnd_for

QP_LOW, QP_HIGH = 13, 51  # the published range
SPEC = "vvc:faster"
"""The fastest preset: at one QP it reads about 8 % more than `fast`, and takes 0.45 s for 512 x 512 pixels, not 1.2."""

_QPS = range(QP_HIGH, QP_LOW - 1, -1)  # worst fidelity first, as the search has it
# ln(JND) of an ordinary photograph at 37.8 pixels a degree. Elsewhere the first probe moves it.
_CURVE = np.interp(_QPS, (13, 18, 22, 26, 30, 34, 38, 51), (-2.3, -1.85, -1.25, -0.58, 0.2, 0.92, 1.5, 2.6)).tolist()


@dataclass(frozen=True)
class Noticed:
    """The version at the edge of being noticed.

    pristine, rgb: uint8 (H, W, 3), the picture before and after quantisation.  bytes: of the file.
    jnd: what it reads.  probes: encodes it took.
    clipped: "visible" where QP 13 reads above the target, "invisible" where QP 51 does not, else "".
    """

    pristine: Pixels
    rgb: Pixels
    qp: int
    bytes: int
    jnd: float
    probes: int
    clipped: str = ""


def coarsest(
    picture: Picture,
    *,
    viewers: float = 75.0,
    protocol: str = "aic",
    viewing: str | float | None = None,
    observer: str = "cvvdp",
) -> Noticed:
    """The picture at the largest QP of 13 to 51 whose difference the wanted share of viewers do not see.

    A reading between 0.90 and 1.00 of the target ends the search: one QP more reads about 20 % more.
    Raises UsageError for unknown names and for shares the protocol does not answer, MissingError without ffmpeg.
    """
    fit, display = named_protocol(protocol, viewing)
    target = jnd_for(viewers, fit)
    coder = named_codec(SPEC)
    plain = Picture(rgb=picture.rgb, grey=picture.grey)  # neither another colour space nor metadata to count
    pristine = half_chroma(plain)
    watched = watch_under(named_observer(observer), Picture(rgb=pristine, grey=plain.grey), display, fit)
    versions: dict[int, tuple[Pixels, int]] = {}

    def read(step: int) -> float:
        data = coder.encode(plain, _QPS[step])
        decoded = coder.decode(data)
        versions[step] = decoded.rgb, len(data)
        return watched(decoded).jnd

    result = search(read, _CURVE, target, budget=len(_QPS))
    step = len(_QPS) - 1 if result.index is None else result.index
    clipped = {"unreachable": "visible", "floor": "invisible"}.get(result.stop, "")
    if _QPS[step] == QP_HIGH:
        clipped = "invisible"
    rgb, size = versions[step]
    return Noticed(pristine, rgb, _QPS[step], size, result.readings[step], len(versions), clipped)


def half_chroma(picture: Picture) -> Pixels:
    """What VVC is given of a picture: its chroma at half resolution, and back. uint8 (H, W, 3)."""
    rgb = from_planes(to_planes(picture.rgb), *coded_size(picture.width, picture.height))
    rgb = rgb[: picture.height, : picture.width]
    return np.repeat(rgb[..., 1:2], 3, axis=2) if picture.grey else np.ascontiguousarray(rgb)


def build(
    source: str | Path,
    target: str | Path,
    *,
    jobs: int | None = None,
    announce: Announce = None,
    engine: Engine | None = None,
    **options: Any,
) -> Generator[dict[str, Any], None, None]:
    """Make a pair of every picture below a folder; yields the manifest's rows as they are made, and resumes.

    source: a folder of pictures.  target: the folder for `pristine`, `jnd` and `manifest.jsonl`.
    jobs: processes at work at once; the processors by default.  engine: who works in place of them.
    announce: told once how many pictures are left to do, as many as rows will follow, before the first is worked on.
    options: viewers, protocol, viewing, observer of `coarsest`.
    A picture that fails, or that is no photograph, is a row with `error` or `skipped`, and the run goes on.
    Raises UsageError for the request, InputError for a folder without pictures, MissingError without ffmpeg.
    """
    return build_rows(source, target, making(**options), jobs=jobs, announce=announce, engine=engine)


def making(**options: Any) -> Making:
    """How such a set is made. options: as of `build`.  Raises MissingError without ffmpeg."""
    named_codec(SPEC)
    return making_pairs("jnd", _pair, options)


def _pair(picture: Picture, **options: Any) -> Pair:
    version = coarsest(picture, **options)
    details = {"codec": SPEC, "qp": version.qp, "bytes": version.bytes, "clipped": version.clipped}
    return Pair(version.pristine, version.rgb, version.jnd, version.probes, details)


def pairs(folder: str | Path, split: str | None = None) -> list[tuple[Path, Path]]:
    """(pristine, jnd) files of a folder that `build` made, by name. Arguments and errors as in `datasets.cpl.pairs`."""
    return read_pairs(folder, "jnd", split)
