"""Which of the three terms of Shen et al. 2020 hides noise, and whether the patches show: each alone, each pair, all.

    python benchmarks/shen2020_terms.py VALID      adds to the rows what they lack
    python benchmarks/shen2020_terms.py --table    the tables, from the rows

    --processes 1  --rows FILE

Forms: "code" as published, "blended" with the overlaps of patches blended by raised cosines, "smooth" with mean and
contrast around every pixel. Noise in the shape of the map at 26.65 dB and at 1 JND, as `jnd evaluate noise` makes and
reads it, on the middle 512 x 512 pixels of each picture; beside it flat noise. How the patches show: the step of the
map where one begins or ends, and the step of its mean from one side of an overlap to the other, each beside the same
inside patches. 49 pictures take 20 minutes of one core.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from jndkit.evaluation.intervals import mean
from jndkit.pixelwise.terms.luma import Map
from jndkit.pixelwise.terms.structure import TERMS

ROWS = Path(__file__).parent / "rows" / "shen2020_terms.jsonl"
FORMS = ("code", "smooth")
PSNR, JND = 26.65, 1.0
_SIDE = 512
_NEAR = 8  # pixels of the map's mean on either side of an overlap
Row = dict[str, Any]


def subsets() -> list[tuple[str, ...]]:
    """One term, two, all three."""
    return [some for count in (1, 2, 3) for some in combinations(TERMS, count)]


def maps(plane: Any) -> Iterator[tuple[str, str, Map]]:
    """(form, terms, map) of everything that is compared. plane: luma, uint8 (H, W)."""
    from jndkit.inference import session
    from jndkit.pixelwise.shen2020 import shen2020, stitched, structural
    from jndkit.weights import find

    yield "flat", "", np.ones(plane.shape, np.float32)
    for terms in subsets():
        for form in FORMS:
            yield form, "+".join(terms), shen2020(plane, variant=form, terms=terms)
    run = session(find("shen2020").path)
    yield "blended", "+".join(TERMS), np.abs(stitched(plane, structural(run, 1, whole=False)) - plane)


def steps(jnd: Map) -> Row:
    """How patches show in a map (H, W), code values: its steps at their borders, and inside them.

    edge: from pixel to pixel where a patch begins or ends, mean of the absolute.  level: between the means of 8 x 36
    pixels on either side of an overlap of 14, mean of the absolute.  ..._inside: the same in the middle of patches.
    """
    found: dict[str, list[float]] = {name: [] for name in ("edge", "edge_inside", "level", "level_inside")}
    for plane in (jnd, jnd.T):
        height, width = plane.shape
        jumps = np.abs(np.diff(plane, axis=1)).mean(axis=0)  # jumps[i]: from column i to i + 1
        borders = {at - 1 for left in range(50, width - 14, 50) for at in (left, left + 14)}
        for at, jump in enumerate(jumps):
            found["edge" if at in borders else "edge_inside"].append(float(jump))
        for top in range(14, height - 36 + 1, 50):
            strip = plane[top : top + 36].mean(axis=0)
            for left in range(50, width - 14 - _NEAR + 1, 50):
                found["level"].append(_level(strip, left + 7))
            for left in range(0, width - 50 + 1, 50):
                found["level_inside"].append(_level(strip, left + 32))
    return {name: round(float(np.mean(values)), 5) for name, values in found.items()}


def _level(strip: Any, middle: int) -> float:
    before, after = strip[middle - 7 - _NEAR : middle - 7], strip[middle + 7 : middle + 7 + _NEAR]
    return abs(float(after.mean()) - float(before.mean()))


def measured(data: Path, name: str, done: frozenset[tuple[str, str]]) -> list[Row]:
    """The rows of one picture that are missing. done: (form, terms) of those that are there."""
    import cv2

    from jndkit.injection import Noise, at_jnd, at_psnr
    from jndkit.observers import observer
    from jndkit.picture import Picture, load
    from jndkit.pixelwise.terms.luma import luma_plane
    from jndkit.viewing import DISPLAYS
    from jndkit.weights import find

    cv2.setNumThreads(1)
    rgb = load(data / name).rgb
    top, left = (max(0, (side - _SIDE) // 2) for side in rgb.shape[:2])
    picture = Picture(np.ascontiguousarray(rgb[top : top + _SIDE, left : left + _SIDE]))
    watched = observer("cvvdp").watch(picture, DISPLAYS["desktop"])
    rows = []
    for form, terms, jnd in maps(luma_plane(picture)):
        if (form, terms) in done:
            continue
        noise = Noise(picture, jnd)
        seen = watched(at_psnr(noise, PSNR).picture).jnd
        hidden = at_jnd(noise, watched, JND, tolerance=0.002).dose.psnr
        row = {"input": name, "form": form, "terms": terms, "jnd": round(seen, 5), "psnr": round(hidden, 5)}
        row |= {"mean": round(float(jnd.mean()), 5), **steps(jnd)} | {"weights": find("shen2020").card.name}
        rows.append(row)
    return rows


def run(data: Path, processes: int, target: Path) -> None:
    from jndkit.training.sampling import pictures_below

    known = _read(target)
    names = [str(path.relative_to(data)) for path in pictures_below(data)]
    done = [frozenset((row["form"], row["terms"]) for row in known if row["input"] == name) for name in names]
    with target.open("a", encoding="utf-8") as file, ProcessPoolExecutor(processes) as pool:
        for rows in pool.map(partial(measured, data), names, done):
            file.write("".join(json.dumps(row) + "\n" for row in rows))
            file.flush()


def table(rows: list[Row]) -> str:
    """Markdown: what hides noise, with 95 % intervals over pictures, and how patches show."""
    flat = {row["input"]: row for row in rows if row["form"] == "flat"}
    some = list(flat.values())
    heads = ["terms", "form", "JND at 26.65 dB, less flat", "PSNR at 1 JND, less flat, dB"]
    heads += ["step at a border (inside)", "level across an overlap (inside)"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    lines.append(f"| *flat* | | {_shown(some, 'jnd')} in all | {_shown(some, 'psnr')} in all | | |")
    for terms, form in _arms():
        some = [row for row in rows if (row["form"], row["terms"]) == (form, terms)]
        cells = [terms.replace("+", ", "), form, *(_shown(some, key, flat) for key in ("jnd", "psnr"))]
        for key in ("edge", "level"):
            at, inside = (np.mean([row[name] for row in some]) for name in (key, f"{key}_inside"))
            cells.append(f"{at:.2f} ({inside:.2f})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _arms() -> Iterator[tuple[str, str]]:
    for terms in subsets():
        for form in FORMS if len(terms) < len(TERMS) else ("code", "blended", "smooth"):
            yield "+".join(terms), form


def _shown(some: list[Row], key: str, flat: dict[str, Row] | None = None) -> str:
    """The mean and its interval, over flat where that is given."""
    found = mean([row[key] - (flat[row["input"]][key] if flat else 0.0) for row in some])
    return f"{found.value:{'.2f' if flat is None else '+.2f'}} ± {found.half:.2f}"


def _read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("valid", type=Path, nargs="?")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--rows", type=Path, default=ROWS)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if asked.valid is not None:
        run(asked.valid, asked.processes, asked.rows)
    if rows := _read(asked.rows):
        print(table(rows))


if __name__ == "__main__":
    main()
