"""One photograph in three codecs at equal bytes, enlarged places side by side, as a PNG for docs/.

    python tools/equal_bytes.py OUT.png [PICTURE] --knob 18 [--places 40,330 420,120]

JND-LIC codes the picture at the knob; JPEG and AVIF get the highest quality whose file is no larger. What each file
takes and what it reads at the desktop display stands below it. Prints the same as a table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from jndkit.codecs import codec
from jndkit.observers.cvvdp import Cvvdp
from jndkit.picture import Picture, Pixels, load
from jndkit.picturewise.decision import suited
from jndkit.viewing import DISPLAYS

LAKE = Path(__file__).parents[1] / "examples" / "lake.png"
SIDE, TIMES, GAP, LINE = 112, 3, 8, 34
RIVALS = ("jpeg", "avif")


def coded(picture: Picture, name: str, most: int) -> tuple[float, bytes]:
    """The best file of at most so many bytes, and its setting."""
    chosen = codec(name)
    grid = chosen.knob.grid
    low, high = 0, len(grid) - 1  # the last that is small enough is sought; sizes rise along the grid, nearly
    best = grid[0], chosen.encode(suited(picture, chosen), grid[0])
    while low < high:
        middle = (low + high + 1) // 2
        data = chosen.encode(suited(picture, chosen), grid[middle])
        if len(data) <= most:
            best, low = (grid[middle], data), middle
        else:
            high = middle - 1
    return best


def main() -> None:
    asked = _asked()
    picture = load(asked.picture)
    watched = Cvvdp().watch(picture, DISPLAYS["desktop"])
    ours = codec("jndlic").encode(picture, asked.knob)
    files = {name: coded(picture, name, len(ours)) for name in RIVALS} | {"jndlic": (asked.knob, ours)}
    columns: list[tuple[str, Pixels]] = [("original", picture.rgb)]
    print("| file | setting | bytes | JND |\n|---|---|---|---|")
    for name, (value, data) in files.items():
        version = codec(name).decode(data)
        jnd = watched(version).jnd
        print(f"| {name} | {value:g} | {len(data):,} | {jnd:.2f} |")
        columns.append((f"{name}: {len(data) / 1000:.1f} kB, {jnd:.2f} JND", version.rgb))
    drawn(columns, asked.places).save(asked.out, optimize=True)


def drawn(columns: list[tuple[str, Pixels]], places: list[tuple[int, int]]) -> Image.Image:
    wide = SIDE * TIMES
    size = (len(columns) * (wide + GAP) - GAP, len(places) * (wide + GAP) + LINE)
    sheet = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(17)
    for column, (told, rgb) in enumerate(columns):
        for row, (x, y) in enumerate(places):
            part = Image.fromarray(np.ascontiguousarray(rgb[y : y + SIDE, x : x + SIDE]))
            part = part.resize((wide, wide), Image.Resampling.NEAREST)
            sheet.paste(part, (column * (wide + GAP), row * (wide + GAP)))
        pen.text((column * (wide + GAP) + 2, size[1] - LINE + 6), told, fill="#202020", font=font)
    return sheet


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("picture", nargs="?", type=Path, default=LAKE)
    parser.add_argument("--knob", type=int, default=18)
    parser.add_argument("--places", nargs="+", type=_place, default=[(20, 330), (180, 90)], metavar="X,Y")
    return parser.parse_args()


def _place(text: str) -> tuple[int, int]:
    x, y = text.split(",")
    return int(x), int(y)


if __name__ == "__main__":
    main()
