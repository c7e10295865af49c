"""Other forms of how people look side by side than the one that was taken, on the same answers.

    python benchmarks/forms.py DATA
    python benchmarks/forms.py --table      the tables of docs/people.md, from rows that exist

DATA (default: data/ in the folder that JNDKIT_SHARED names) holds people/midd, labels/ and valid/cid22val; without the
encoders of the extra `parity` weights of colour are left out. Constants of the share are fitted without the picture
that is judged; what a form adds was given a few values, and each is told. Writes benchmarks/rows/forms.jsonl. Some
minutes.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import json
import math
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from jndkit.errors import MissingError
from jndkit.evaluation.observers import preference, shares, subjective
from jndkit.evaluation.observers.stimuli import STIMULI
from jndkit.evaluation.observers.subjective import Ranking
from jndkit.observers.cvvdp import Cvvdp, masking
from jndkit.observers.cvvdp.constants import constants
from jndkit.observers.cvvdp.places import Places
from jndkit.observers.cvvdp.pyramid import band_frequencies
from jndkit.observers.ssimulacra2.measure import prepare
from jndkit.opening import load
from jndkit.pixelwise import jnd_map
from jndkit.protocols import SIDE_BY_SIDE
from jndkit.study.psychometric import Floats
from jndkit.visibility import JND_PER_JOD
from masking import Seen

ROWS = Path(__file__).parent / "rows" / "forms.jsonl"
CHROMA = (1.0, 1.25, 1.5, 2.0)
MASKING = ((3.0, 0.0), (10.0, 0.0), (1.0, 0.5))  # times the published scale, added to the published exponents
NEARER = (16.0, 20.0, 25.0, 30.0)  # pixels per degree


def on_midd(name: str, x: Floats, seen: Seen) -> dict[str, Any]:
    row = shares.score(name, x, seen.told)
    return {"form": name, "table": "midd", **row.scores, **({"error": row.error["message"]} if row.error else {})}


def places(seen: Seen) -> Iterator[dict[str, Any]]:
    """One part of the look taken away at a time."""
    yield on_midd("the reading", seen.reading, seen)
    yield on_midd("the look", seen.ln(SIDE_BY_SIDE), seen)
    yield on_midd("the look without the map", seen.ln(replace(SIDE_BY_SIDE, exponent=0.0)), seen)
    yield on_midd("the look, map to the exponent 1/2", seen.ln(replace(SIDE_BY_SIDE, exponent=0.5)), seen)
    yield on_midd("the look, places pooled with exponent 2", seen.ln(replace(SIDE_BY_SIDE, places=2.0)), seen)
    yield on_midd("the look, places pooled with exponent 4", seen.ln(replace(SIDE_BY_SIDE, places=4.0)), seen)
    yield on_midd("the look, detail no more than the rest", seen.ln(replace(SIDE_BY_SIDE, detail=0.0)), seen)
    texture = np.log([jnd_map(seen.references[name], "wu2017").mean() for name in seen.told.picture])
    for exponent in (0.5, 0.8, 1.0):
        yield on_midd(f"the reading / mean map^{exponent:g}", seen.reading - exponent * texture, seen)


def beside(data: Path, seen: Seen) -> Iterator[dict[str, Any]]:
    """SSIMULACRA2 and the observer, half of each logarithm."""
    folder = (data / subjective.MIDD).parent
    prepared = {name: prepare(rgb) for name, rgb in seen.references.items()}
    pairs = zip(seen.told.picture, seen.told.file, strict=True)
    other = np.log([100.0 - prepared[name].read(load(folder / str(file)).rgb) for name, file in pairs])
    yield on_midd("half SSIMULACRA2, half the reading", (other + seen.reading) / 2.0, seen)
    yield on_midd("half SSIMULACRA2, half the look", (other + seen.ln(SIDE_BY_SIDE)) / 2.0, seen)


def masked(data: Path) -> Iterator[dict[str, Any]]:
    """Other constants of the observer's own masking, in which the bands of one place mask each other."""
    published = constants()
    for scale, added in MASKING:
        changed = dataclasses.replace(
            published, mask_scale=published.mask_scale * scale, mask_q=published.mask_q + added
        )
        with mock.patch.object(masking, "constants", lambda changed=changed: changed):
            masking._blur_kernel.cache_clear()
            seen = Seen(data)
        masking._blur_kernel.cache_clear()
        told = f"masking {scale:g} times as strong" if added == 0.0 else f"masking exponents {added:g} higher"
        yield on_midd(f"{told}, the reading", seen.reading, seen)
        yield on_midd(f"{told}, the look", seen.ln(SIDE_BY_SIDE), seen)


def nearer(data: Path) -> Iterator[dict[str, Any]]:
    for ppd in NEARER:
        seen = Seen(data, ppd)
        yield on_midd(f"seen at {ppd:g} pixels per degree, the reading", seen.reading, seen)
        yield on_midd(f"seen at {ppd:g} pixels per degree, the look", seen.ln(SIDE_BY_SIDE), seen)


def coloured(data: Path) -> Iterator[dict[str, Any]]:
    """What colour counts beside luma, which grey pictures cannot tell."""
    stimuli, told = STIMULI["encoders"], subjective.ranking(data)
    found = [looked(data, name, path, told) for name, path in stimuli.pictures(data)]
    for place, weight in enumerate(CHROMA):
        row = preference.score("", np.array(found)[:, place], told)
        yield {"form": f"the look, colour counts {weight:g} times", "table": "encoders", **row.scores}


def looked(data: Path, name: str, path: Path, told: Ranking) -> list[list[float]]:
    """ln(JND) by weight of colour and method."""
    stimuli, picture = STIMULI["encoders"], load(path)
    watched, spots = Cvvdp().watch(picture, stimuli.seen_at), Places(picture.rgb, stimuli.seen_at, SIDE_BY_SIDE)
    rows: list[list[float]] = [[] for _ in CHROMA]
    for _, version in stimuli.versions(data, name, picture):
        plain = watched.with_cells(version.rgb)[1]
        for row, weight in zip(rows, CHROMA, strict=True):
            cells = copy.copy(plain)
            cells.grid = plain.grid * np.array([1.0, weight**2, weight**2], np.float32)[:, None, None]
            jod = spots.worst(cells, band_frequencies(*cells.shape, stimuli.seen_at.ppd))[0][0]
            row.append(math.log(JND_PER_JOD * (10.0 - jod)))
    assert all(len(row) == len(told.method) for row in rows)
    return rows


def forms(data: Path) -> Iterator[dict[str, Any]]:
    seen = Seen(data)
    yield from places(seen)
    yield from beside(data, seen)
    yield from masked(data)
    yield from nearer(data)
    try:
        yield from coloured(data)
    except MissingError as error:
        print(f"weights of colour are left out: {error}")


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| form | error of the share | JPEG | WebP | bias, JPEG | bias, WebP | rank within a setting |",
        f"|{'---|' * 7}",
    ]
    for row in rows:
        if row["table"] == "midd" and "error" not in row:
            cells = [f"{row[name]:.3f}" for name in ("rmse", "rmse jpeg", "rmse webp-off")]
            cells += [f"{row[name]:+.3f}" for name in ("bias jpeg", "bias webp-off")]
            lines.append(f"| {' | '.join((row['form'], *cells, format(row['rank'], '.2f')))} |")
    lines += ["", "| form | residual, Elo | libjpeg less jpegli |", f"|{'---|' * 3}"]
    for row in rows:
        if row["table"] == "encoders":
            lines.append(f"| {row['form']} | {row['residual']:.0f} | {row['bias']:+.0f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("JNDKIT_SHARED")
    parser.add_argument("data", type=Path, nargs="?", default=Path(shared) / "data" if shared else None)
    parser.add_argument("--table", action="store_true", help="print the tables of the rows that exist")
    parser.add_argument("--out", type=Path, default=ROWS)
    arguments = parser.parse_args()
    if arguments.table:
        print(table([json.loads(line) for line in arguments.out.read_text(encoding="utf-8").splitlines()]))
        return
    if arguments.data is None:
        parser.error("give DATA or set JNDKIT_SHARED")
    with arguments.out.open("w", encoding="utf-8") as file:
        for row in forms(arguments.data):
            told = {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
            file.write(json.dumps(told) + "\n")
            file.flush()
            print(told, flush=True)


if __name__ == "__main__":
    main()
