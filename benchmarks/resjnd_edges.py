"""Clean edges in the maps of ResJND: whether a change there of the size that the map says is seen.

    python benchmarks/resjnd_edges.py VALID       five pictures of VALID; writes the rows anew
    python benchmarks/resjnd_edges.py --table     the table, from the rows

    --model resjnd-s  --pictures 5  --blocks 12  --rows FILE

A clean edge is a step of 40 code values or more of luma between two sides that are even. Only pixels within one of it
change, in blocks of 32 x 32 pixels; the very same changes, moved into blocks of texture and into flat ones of about
the same brightness, are the comparison. What changes: "noise" of the size of the map with random signs, "predicted",
the picture that the network predicts in place of the given one, and "pair", what it learned from: the critical version
that `jnd datasets build cpl` finds. The observer's local map is read at these pixels, and at the same ones where each
place has its own change, as everywhere. The pictures are those with the most such blocks of the rarest kind. Five
pictures take 3 minutes of one core.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.evaluation.intervals import mean
from jndkit.picture import Picture, Pixels
from jndkit.pixelwise.terms.luma import luma

ROWS = Path(__file__).parent / "rows" / "resjnd_edges.jsonl"
KINDS = ("edge", "texture", "flat")
CHANGES = ("noise", "predicted", "pair")
BLOCK = 32
_STEP, _EVEN, _TEXTURED, _FLAT = 40.0, 3.0, 5.0, 1.5  # code values of luma
_FEWEST = 16  # pixels of an edge in a block
Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Corner = tuple[int, int]
Row = dict[str, Any]


class Blocks(NamedTuple):
    """Corners (top, left) of blocks of each kind, and the pixels within one of a clean edge, bool (H, W)."""

    edge: list[Corner]
    texture: list[Corner]
    flat: list[Corner]
    near: Mask


def blocks(plane: Pixels) -> Blocks:
    """Where a picture has clean edges, texture and nothing. plane: luma, uint8 (H, W)."""
    edge, deviation = clean_edges(plane)
    found = Blocks([], [], [], cv2.dilate(edge.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool))
    height, width = (side // BLOCK * BLOCK for side in plane.shape)
    for top in range(0, height, BLOCK):
        for left in range(0, width, BLOCK):
            place = np.s_[top : top + BLOCK, left : left + BLOCK]
            low, high = np.percentile(deviation[place], [10, 90])
            if edge[place].sum() >= _FEWEST:
                found.edge.append((top, left))
            elif low >= _TEXTURED and not edge[place].any():
                found.texture.append((top, left))
            elif high <= _FLAT:
                found.flat.append((top, left))
    return found


def clean_edges(plane: Pixels) -> tuple[Mask, Plane]:
    """Where the luma steps between two even sides, bool (H, W), and its deviation over 5 x 5 pixels, float32 (H, W)."""
    level = plane.astype(np.float32)
    average = cv2.blur(level, (5, 5))
    deviation: Plane = np.sqrt(np.maximum(cv2.blur(level * level, (5, 5)) - average * average, 0))
    slopes = [np.abs(cv2.Sobel(level, -1, 1 - axis, axis, scale=1 / 8)) for axis in (0, 1)]  # along x, along y
    edge: Mask = np.zeros(level.shape, np.bool_)
    for axis, slope, across in ((1, slopes[0], slopes[1]), (0, slopes[1], slopes[0])):
        before, after = (np.roll(average, shift, axis) for shift in (5, -5))
        noise = np.maximum(np.roll(deviation, 5, axis), np.roll(deviation, -5, axis))
        crest = (slope > across) & (slope >= np.roll(slope, 1, axis)) & (slope > np.roll(slope, -1, axis))
        edge |= crest & (np.abs(after - before) >= _STEP) & (noise <= _EVEN)
    return edge, deviation


def chosen(data: Path, count: int) -> list[str]:
    """The pictures with the most blocks of the rarest kind, by name."""
    from jndkit.picture import load
    from jndkit.training.sampling import pictures_below

    counts = {}
    for path in pictures_below(data):
        found = blocks(luma(load(path).rgb))
        counts[str(path.relative_to(data))] = min(len(found.edge), len(found.texture), len(found.flat))
    return sorted(sorted(counts, key=lambda name: -counts[name])[:count])


def alike(plane: Pixels, wanted: list[Corner], offered: list[Corner]) -> list[Corner]:
    """For each wanted block the offered one that is nearest to it in brightness, each taken once."""
    left, taken = list(offered), []
    for corner in wanted:
        nearest = min(left, key=lambda other: abs(_brightness(plane, other) - _brightness(plane, corner)))
        left.remove(nearest)
        taken.append(nearest)
    return taken


def _brightness(plane: Pixels, corner: Corner) -> float:
    return float(plane[_place(corner)].mean())


def _place(corner: Corner) -> tuple[slice, slice]:
    top, left = corner
    return slice(top, top + BLOCK), slice(left, left + BLOCK)


def changes(picture: Picture, model: str) -> Iterator[tuple[str, npt.NDArray[np.int16]]]:
    """(name, change of R, G and B everywhere, int16 (H, W, 3)), as CHANGES has them."""
    from jndkit.datasets.cpl import critical
    from jndkit.injection import Noise
    from jndkit.pixelwise import jnd_map
    from jndkit.pixelwise.resjnd import critical_picture

    given = picture.rgb.astype(np.int16)
    yield "noise", Noise(picture, jnd_map(picture, model)).at(1.0).picture.rgb - given
    yield "predicted", critical_picture(picture, weights=model) - given
    yield "pair", critical(picture).rgb - given


def measured(data: Path, name: str, model: str, most: int) -> list[Row]:
    """The rows of one picture: one for each change, of edges alone and moved into texture and flat places."""
    from jndkit.observers import observer
    from jndkit.picture import load
    from jndkit.pixelwise import jnd_map
    from jndkit.viewing import DISPLAYS

    picture = Picture(load(data / name).rgb)
    plane = luma(picture.rgb)
    found = blocks(plane)
    count = min(most, len(found.edge), len(found.texture), len(found.flat))
    edge = [found.edge[at * len(found.edge) // count] for at in range(count)]
    corners = {"edge": edge, **{kind: alike(plane, edge, getattr(found, kind)) for kind in KINDS[1:]}}
    jnd = jnd_map(picture, model)
    watched, witness = (observer(judge).watch(picture, DISPLAYS["desktop"]) for judge in ("cvvdp", "ssimulacra2"))
    rows = []
    for change, values in changes(picture, model):
        row: Row = {"input": name, "model": model, "change": change, "blocks": count}
        everywhere = watched.map(Picture(_added(picture.rgb, values)))
        for kind in KINDS:
            moved, changed = np.zeros_like(values), np.zeros(plane.shape, np.bool_)
            for source, target in zip(edge, corners[kind], strict=True):
                changed[_place(target)] = found.near[_place(source)]
                moved[_place(target)] = values[_place(source)] * found.near[_place(source)][..., None]
            version = Picture(_added(picture.rgb, moved))
            reading, local = watched(version), watched.map(version)
            told = {"map": jnd[changed].mean(), "local": local[changed].mean(), "worst": local[changed].max()}
            told |= {"place": reading.jnd_local, "jnd": reading.jnd, "everywhere": everywhere[changed].mean()}
            told["ssimulacra2"] = witness(version).jnd
            row[kind] = {key: round(float(value), 5) for key, value in told.items()}
        rows.append(row)
    return rows


def _added(rgb: Pixels, change: npt.NDArray[np.int16]) -> Pixels:
    added: Pixels = np.clip(rgb + change, 0, 255).astype(np.uint8)
    return added


def table(rows: list[Row]) -> str:
    """Markdown: means over pictures with 95 % intervals; JND of the local map, and of the worst 3 degrees."""
    heads = ["what changes at edges", "where it is put", "map there, code values", "local map, JND", "its largest"]
    heads += ["worst 3 degrees", "SSIMULACRA2, whole picture", "local map of each place's own change"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for change in CHANGES:
        some = [row for row in rows if row["change"] == change]
        for kind in KINDS:
            keys = ("map", "local", "worst", "place", "ssimulacra2", "everywhere")
            cells = [_shown([row[kind][key] for row in some]) for key in keys]
            lines.append(f"| {change} | {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _shown(values: list[float]) -> str:
    found = mean(values)
    return f"{found.value:.2f} ± {found.half:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("valid", type=Path, nargs="?")
    parser.add_argument("--model", default="resjnd-s")
    parser.add_argument("--pictures", type=int, default=5)
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--rows", type=Path, default=ROWS)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if asked.valid is not None:
        with asked.rows.open("w", encoding="utf-8") as file:
            for name in chosen(asked.valid, asked.pictures):
                rows = measured(asked.valid, name, asked.model, asked.blocks)
                file.write("".join(json.dumps(row) + "\n" for row in rows))
                file.flush()
    if asked.rows.exists():
        print(table([json.loads(line) for line in asked.rows.read_text(encoding="utf-8").splitlines()]))


if __name__ == "__main__":
    main()
