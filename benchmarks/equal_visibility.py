"""Encoders at equal visibility: every setting read by both observers, and ln(bytes) interpolated over what they read.

Shared by scripts, each of which names its pictures, its codecs and their settings. A row is one picture coded by one
codec at every setting that was asked for; bytes at a given reading follow from rows alone.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.picture import Picture

Row = dict[str, Any]
JUDGES = ("cvvdp", "ssimulacra2")


def read_settings(job: tuple[str, str, dict[str, Sequence[float]]]) -> list[Row]:
    """Rows of one picture. job: the folder of pictures, the name below it, and spec -> settings.

    bytes, cvvdp, ssimulacra2, seconds: of every setting; JND at the desktop display, and processor seconds of the
    encode alone.
    """
    import cv2

    from jndkit.observers import observer
    from jndkit.picture import load
    from jndkit.viewing import DISPLAYS

    cv2.setNumThreads(1)
    data, name, asked = job
    picture = load(Path(data) / name)
    watches = {judge: observer(judge).watch(picture, DISPLAYS["desktop"]) for judge in JUDGES}
    rows = []
    for spec, values in asked.items():
        codec = Guetzli() if spec == "guetzli" else Coder(spec)
        row: Row = {"picture": name, "codec": spec, "width": picture.width, "height": picture.height}
        row |= {"values": list(values), "bytes": [], "seconds": [], **{judge: [] for judge in JUDGES}}
        for value in values:
            started = time.process_time()
            coded = codec.encode(picture, value)
            row["seconds"].append(round(time.process_time() - started, 4))
            row["bytes"].append(len(coded))
            decoded = codec.decode(coded)
            for judge, watched in watches.items():
                row[judge].append(round(watched(decoded).jnd, 5))
        row["versions"] = codec.versions()
        rows.append(row)
    return rows


class Coder:
    """A codec of the package."""

    def __init__(self, spec: str) -> None:
        from jndkit.codecs import codec, versions

        self.versions = partial(versions, spec)
        self._codec = codec(spec)

    def encode(self, picture: Picture, value: float) -> bytes:
        return self._codec.encode(picture, value)

    def decode(self, data: bytes) -> Picture:
        return self._codec.decode(data)


class Guetzli(Coder):
    """Guetzli, which is far too slow to be an encoder of the package: always 4:4:4, sequential."""

    def __init__(self) -> None:
        super().__init__("jpeg:444")
        self.versions = partial(self._library, "pyguetzli")

    def encode(self, picture: Picture, value: float) -> bytes:
        import pyguetzli

        from jndkit.codecs.jpeg import with_segments

        rgb = picture.rgb
        data = pyguetzli.process_rgb_bytes(rgb.tobytes(), picture.width, picture.height, quality=int(value))
        return with_segments(data, picture)  # so that all encoders carry the same

    @staticmethod
    def _library(name: str) -> dict[str, str]:
        return {name: importlib.metadata.version(name)}


def measure(
    data: Path, names: Iterable[str], specs: dict[str, Sequence[float]], target: Path, *, processes: int = 1
) -> list[Row]:
    """Every row, old and new: what a file of rows lacks is read, and added picture by picture.

    names: of pictures below `data`.  specs: spec -> settings.  target: the file of rows.
    """
    rows = known(target)
    done = {(row["picture"], row["codec"]) for row in rows}
    left = {name: {spec: specs[spec] for spec in specs if (name, spec) not in done} for name in names}
    jobs = [(str(data), name, some) for name, some in left.items() if some]
    with target.open("a", encoding="utf-8") as out, ProcessPoolExecutor(processes) as pool:
        for made in pool.map(read_settings, jobs):
            out.write("".join(json.dumps(row) + "\n" for row in made))
            out.flush()
            rows += made
    return rows


def known(file: Path) -> list[Row]:
    """The rows of a file; none where there is no such file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def bytes_at(row: Row, judge: str, jnd: float) -> float:
    """Bytes at which a judge reads so many JND; infinite where no setting reads so little.

    ln(bytes) is a straight line over JND between the cheapest settings on either side. Where the worst setting reads
    less already, its bytes are the answer.
    """
    points = sorted(zip(row["bytes"], row[judge], strict=True))
    passing = [index for index, (_, read) in enumerate(points) if read <= jnd]
    if not passing:
        return math.inf
    (better, near), below = points[passing[0]], points[: passing[0]]
    if not below:
        return float(better)
    worse, far = below[-1]
    part = (jnd - near) / (far - near)
    return math.exp((1 - part) * math.log(better) + part * math.log(worse))


def reading_at(row: Row, judge: str, size: float) -> float:
    """JND that a judge reads of a file of so many bytes, interpolated as in `bytes_at`; NaN outside the settings."""
    points = sorted(zip(row["bytes"], row[judge], strict=True))
    logarithms = np.log([size for size, _ in points])
    return float(np.interp(math.log(size), logarithms, [read for _, read in points], left=math.nan, right=math.nan))


def panel_bytes(row: Row, target: float, objection: float) -> float:
    """Bytes at which cvvdp reads the target and SSIMULACRA2 does not object.

    objection: JND above which it does, see `objection_level`.
    """
    return max(bytes_at(row, "cvvdp", target), bytes_at(row, "ssimulacra2", objection))


def objection_level(target: float) -> float:
    """JND of SSIMULACRA2 above which it objects to a file that is held to a target: more than its own error above."""
    from statistics import NormalDist

    from jndkit.observers.objection import factor
    from jndkit.observers.ssimulacra2.scale import scale

    deviates = NormalDist().inv_cdf(0.95)
    low, high = target, 10.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        insisted = middle - factor("ssimulacra2") * (middle - scale().plain.around(middle, deviates)[0])
        low, high = (middle, high) if insisted <= target else (low, middle)
    return low


def best(rows: Iterable[Row], size: Callable[[Row], float]) -> tuple[float, Row]:
    """The fewest bytes among some rows of one picture, such as those of its chroma samplings, and whose they are."""
    sizes = [(size(row), index, row) for index, row in enumerate(rows)]
    least, _, row = min(sizes)
    return least, row


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and its 95 % interval over pictures, by bootstrap."""
    array = np.array(values)
    drawn = np.random.default_rng(1).choice(array, (10_000, len(array))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(array.mean()), float(low), float(high)
