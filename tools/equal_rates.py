"""Six photographs in two codecs at equal bytes and four rates, a place of each side by side, as a lossless WebP.

    python tools/equal_rates.py OUT.webp DATA/valid/gb82 [--pictures bulb flowers ...] [--rival avif]

JND-LIC takes the highest knob whose file has no more than 0.15, 0.3, 0.6 and 1.2 bits a pixel, the rival the highest
setting whose file is no larger than that. A place is shown as it is, where the picture's middle lies or where
`--places` says. Prints what both judges read as a table: JND of the observer at the desktop, and SSIMULACRA2.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from equal_bytes import DESKTOP, coded
from jndkit.codecs import codec
from jndkit.observers.cvvdp import Cvvdp
from jndkit.observers.ssimulacra2.measure import ssimulacra2
from jndkit.picture import Pixels, load

RATES = (0.15, 0.3, 0.6, 1.2)
GAP, LINE = 6, 26
PICTURES = ("bulb", "flowers", "house", "nyc", "sumac", "waves")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("out", type=Path)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--pictures", nargs="+", default=PICTURES)
    asked.add_argument("--rival", default="avif", metavar="SPEC")
    asked.add_argument("--side", type=int, default=128, help="pixels of a place")
    asked.add_argument("--places", nargs="+", metavar="X,Y", help="left upper corners, one for each picture")
    options = asked.parse_args()
    pair = ("jndlic", options.rival)
    print(f"| picture | bits a pixel | {' | '.join(f'{name}: bytes, JND, SSIMULACRA2' for name in pair)} |")
    print("|---|---|---|---|")
    rows = []
    for number, name in enumerate(options.pictures):
        picture = load(options.folder / f"{name}.png")
        height, width = picture.rgb.shape[:2]
        x, y = (width - options.side) // 2, (height - options.side) // 2
        if options.places:
            x, y = map(int, options.places[number].split(","))
        watched, shown = Cvvdp().watch(picture, DESKTOP), [picture.rgb]
        for rate in RATES:
            most, told = int(rate * height * width / 8), []
            for each in pair:
                _, data = coded(picture, codec(each), most)
                most, version = len(data), codec(each).decode(data)
                second = ssimulacra2(picture.rgb, version.rgb)
                told.append(f"{len(data):,}, {watched(version).jnd:.2f}, {second:.1f}")
                shown.append(version.rgb)
            print(f"| {name} | {rate:g} | {' | '.join(told)} |", flush=True)
        rows.append([rgb[y : y + options.side, x : x + options.side] for rgb in shown])
    heads = ["original", *(f"{name}, {rate:g}" for rate in RATES for name in pair)]
    drawn(rows, heads, options.side).save(options.out, lossless=True, method=6)


def drawn(rows: list[list[Pixels]], heads: list[str], side: int) -> Image.Image:
    """A row for each picture, under heads that name the versions."""
    size = (len(heads) * (side + GAP) - GAP, len(rows) * (side + GAP) - GAP + LINE)
    sheet = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for column, head in enumerate(heads):
        pen.text((column * (side + GAP) + 2, 3), head, fill="#202020", font=font)
        for row, versions in enumerate(rows):
            part = Image.fromarray(np.ascontiguousarray(versions[column]))
            sheet.paste(part, (column * (side + GAP), LINE + row * (side + GAP)))
    return sheet


if __name__ == "__main__":
    main()
