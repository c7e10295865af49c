"""JPEG tuned to the picture at equal visibility: what each part of `jpeg:tuned` saves, and what all of it does.

    python benchmarks/jpeg_tuned.py DATA                   DATA/valid; adds to rows/jpeg_tuned.jsonl
    python benchmarks/jpeg_tuned.py DATA --set kodak       to report
    python benchmarks/jpeg_tuned.py --table                the tables of docs/jpeg.md, from the rows

A row is one picture coded in one way and chroma at six settings, each read by both observers. Compared is what the best
chroma takes for each picture, as in jpeg_encoders.py: by cvvdp alone at the reading for 75 % of viewers; by SSIMULACRA2
alone at what it reads of that file of `jpeg:plain`; by `panel` where cvvdp reads that and the other does not object.
Parts are measured on every ninth picture, all of it on every one. Resumes.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from equal_visibility import JUDGES, Row, best, bytes_at, interval, known, objection_level, panel_bytes, reading_at
from jndkit.codecs import codec
from jndkit.codecs.annex_k import CHROMINANCE, LUMINANCE
from jndkit.codecs.contract import Codec
from jndkit.codecs.jpeg import read, segments, write
from jndkit.codecs.jpeg.coefficients import Table
from jndkit.codecs.jpeg.rounding import rounded
from jndkit.codecs.jpeg.spectra import SIDE, UNIT, Spectra, spectra
from jndkit.codecs.jpeg.symbols import ZIGZAG
from jndkit.codecs.jpeg.tables import scale, tables
from jndkit.codecs.jpeg.tuned import PRICE, quantised
from jndkit.observers import observer
from jndkit.picture import Picture, load
from jndkit.picturewise.prediction import predictor
from jndkit.picturewise.tailoring import tailored
from jndkit.pixelwise import jnd_map
from jndkit.protocols import AIC
from jndkit.viewing import DISPLAYS
from jndkit.visibility import jnd_for

ROWS = Path(__file__).parent / "rows" / "jpeg_tuned.jsonl"
TARGET = jnd_for(75.0, AIC)
AROUND = (-14, -8, -4, 0, 4, 8)  # of the quality that is expected to read the target
MASKING = ("wu2017", "jiang2022", "resjnd-s")
PARTS = {
    "plain": "libjpeg-turbo, the tables of Annex K",
    "scans": "the same coefficients in scans of ours",
    "rounding": "Annex K, rounded by rate and error",
    "tables": "fitted tables, rounded to the nearest",
    "fixed": "fitted tables, rounded by rate and error",
    "tuned": "the same, with steps for the picture: `jpeg:tuned`",
    **{model: f"`jpeg:tuned`, bits dearer where {model} says that the picture masks" for model in MASKING},
}
ALL_OF_IT = "`jpeg:tuned`, on all pictures"
EVERYWHERE = ("plain", "tuned")
EVERY = 9  # pictures, on the first of which the parts are measured alone

Encode = Callable[[float], bytes]


def annex_k(quality: float) -> tuple[Table, ...]:
    luma, chroma = (
        np.clip(np.floor(np.array(table) * scale(quality) + 0.5), 1, 255).astype(np.uint16)
        for table in (LUMINANCE, CHROMINANCE)
    )
    return luma, chroma, chroma


def encoders(picture: Picture, chroma: str, parts: list[str]) -> dict[str, tuple[Encode, float]]:
    """Each part's encoder of a picture, and the quality at which it is expected to read the target."""
    desktop = DISPLAYS["desktop"]
    predict = predictor(picture, desktop)
    plain, ours = codec(f"jpeg:plain,{chroma}"), codec(f"jpeg:tuned,{chroma}")
    spectrum, metadata = spectra(picture.rgb, halved=chroma == "420"), segments(picture)

    def made(steps: Callable[[float], tuple[Table, ...]], price: float) -> Encode:
        return lambda quality: write(quantised(spectrum, steps(quality), price), metadata)

    own, expected = tailored(ours, predict(ours), picture=picture, viewing=desktop, target=TARGET)
    at = predict(plain).knob(TARGET).value or 90.0
    fitted = lambda quality: tables(quality, chroma)  # noqa: E731
    every: dict[str, tuple[Encode, float]] = {
        "plain": (lambda quality: plain.encode(picture, quality), at),
        "scans": (made(annex_k, 0.0), at),
        "rounding": (made(annex_k, PRICE), at),
        "tables": (made(fitted, 0.0), at),
        "fixed": (made(fitted, PRICE), at),
        "tuned": (lambda quality: own.encode(picture, quality), expected.knob(TARGET).value or 90.0),
    }
    for model in MASKING:
        if model in parts:
            every[model] = partial(masked, own, picture, spectrum, dearness(picture, model)), every["tuned"][1]
    return {part: every[part] for part in parts}


def dearness(picture: Picture, model: str) -> npt.NDArray[np.float64]:
    """What a bit is to be worth in each block of luma, over the mean: as the JND there, float64 (n,)."""
    seen = jnd_map(picture, model)
    rows, columns = (-(-side // SIDE) for side in seen.shape)
    padded = cv2.copyMakeBorder(
        seen, 0, rows * SIDE - seen.shape[0], 0, columns * SIDE - seen.shape[1], cv2.BORDER_REPLICATE
    )
    means = padded.reshape(rows, SIDE, columns, SIDE).mean(axis=(1, 3), dtype=np.float64).ravel() + 0.1
    dear: npt.NDArray[np.float64] = np.clip(means / np.exp(np.log(means).mean()), 0.25, 4.0)
    return dear


def masked(own: Codec, picture: Picture, spectrum: Spectra, dear: npt.NDArray[np.float64], quality: float) -> bytes:
    """As `own` codes, with luma rounded anew by what bits are worth in each block, in five classes of blocks."""
    coded = read(own.encode(picture, quality))
    luma, *chroma = coded.components
    rows, columns = luma.coefficients.shape[:2]
    steps = luma.table.reshape(-1)[ZIGZAG].astype(np.float32)
    blocks = spectrum.planes[0].transpose(0, 2, 1, 3).reshape(-1, SIDE * SIDE)[:, ZIGZAG] / (UNIT * steps)
    classes = np.searchsorted(np.quantile(dear, [0.2, 0.4, 0.6, 0.8]), dear)
    levels = np.empty(blocks.shape, np.int16)
    for number in range(5):
        inside = classes == number
        if inside.any():
            levels[inside] = rounded(blocks[inside], PRICE * float(dear[inside].mean()))
    natural = np.empty_like(levels)
    natural[:, ZIGZAG] = levels
    anew = replace(luma, coefficients=natural.reshape(rows, columns, SIDE, SIDE))
    return write(replace(coded, components=(anew, *chroma)), segments(picture))


def rows_of(data: Path, name: str, parts: list[str]) -> list[Row]:
    picture = load(data / name)
    watches = {judge: observer(judge).watch(picture, DISPLAYS["desktop"]) for judge in JUDGES}
    rows = []
    for chroma in ("420", "444"):
        for part, (encode, expected) in encoders(picture, chroma, parts).items():
            values = sorted({min(100.0, max(1.0, expected + away)) for away in AROUND})
            row: dict[str, Any] = {"picture": name, "codec": part, "chroma": chroma, "values": values}
            row |= {"bytes": [], **{judge: [] for judge in JUDGES}}
            for value in values:
                coded = encode(value)
                row["bytes"].append(len(coded))
                decoded = codec("jpeg").decode(coded)
                for judge, watched in watches.items():
                    row[judge].append(round(watched(decoded).jnd, 5))
            rows.append(row)
    return rows


def tabled(rows: list[Row], where: str) -> str:
    """The table of one set of pictures."""
    pictures: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["picture"].startswith(where):
            pictures[row["picture"]][row["codec"]].append(row)
    lines = [
        f"| {where}: way | pictures | panel, mean | worst | cvvdp alone | worst | SSIMULACRA2 alone | worst |",
        "|---|---|---|---|---|---|---|---|",
    ]
    level = objection_level(TARGET)
    told_of = [(part, told, part == "tuned") for part, told in PARTS.items()] + [("tuned", ALL_OF_IT, False)]
    for part, told, alone in told_of:
        ratios: dict[str, list[float]] = defaultdict(list)
        for ways in pictures.values():
            # The parts are told of the pictures that all of them were measured on.
            if part not in ways or part == "plain" or (alone and "scans" not in ways):
                continue
            size, chosen = best(ways["plain"], lambda row: bytes_at(row, "cvvdp", TARGET))
            second = reading_at(chosen, "ssimulacra2", size)
            sizes: dict[str, Callable[[Row], float]] = {
                "panel": lambda row: panel_bytes(row, TARGET, level),
                "cvvdp": lambda row: bytes_at(row, "cvvdp", TARGET),
                "ssimulacra2": partial(bytes_at, judge="ssimulacra2", jnd=second),
            }
            for judge, measured in sizes.items():
                before, after = best(ways["plain"], measured)[0], best(ways[part], measured)[0]
                if math.isfinite(before) and math.isfinite(after):
                    ratios[judge].append(math.log(after / before))
        if ratios:
            cells = []
            for judge in ("panel", "cvvdp", "ssimulacra2"):
                mean, low, high = (100 * math.expm1(value) for value in interval(ratios[judge]))
                cells.append(
                    f"{mean:+.1f} % ({low:+.1f} to {high:+.1f}) | {100 * math.expm1(max(ratios[judge])):+.1f} %"
                )
            lines.append(f"| {told} | {len(ratios['panel'])} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--set", default="valid", choices=("valid", "kodak"))
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if asked.table or asked.data is None:
        rows = known(ROWS)
        print("\n\n".join(tabled(rows, where) for where in ("valid", "kodak")))
        return
    cv2.setNumThreads(1)
    done = {(row["picture"], row["codec"]) for row in known(ROWS)}
    files = sorted(path.relative_to(asked.data).as_posix() for path in (asked.data / asked.set).rglob("*.png"))
    # In an order that any part of which stands for all.
    for index, name in sorted(enumerate(files), key=lambda one: (one[0] % EVERY, one[0])):
        wanted = PARTS if index % EVERY == 0 else EVERYWHERE
        parts = [part for part in wanted if (name, part) not in done]
        if parts:
            made = rows_of(asked.data, name, parts)
            with ROWS.open("a", encoding="utf-8") as out:
                out.write("".join(json.dumps(row) + "\n" for row in made))


if __name__ == "__main__":
    main()
