"""One photograph in several codecs at equal bytes, enlarged places side by side, as a PNG or lossless WebP for docs/.

    python tools/equal_bytes.py OUT.png [PICTURE] --knob 18 [--places 40,330 420,120]
    python tools/equal_bytes.py OUT.webp --codec jpeg:plain --rivals jpeg:tuned --knob 70 --side 208 --times 2

JND-LIC, or the codec named, codes the picture at the knob; its rivals, JPEG and AVIF, get the highest setting whose
file is no larger. JPEG tuned to the picture has the steps that `jnd encode` gives it at the desktop display. What each
file takes and what it reads there stands below it. Prints the same as a table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from jndkit.codecs import codec
from jndkit.codecs.contract import Codec
from jndkit.observers.cvvdp import Cvvdp
from jndkit.picture import Picture, Pixels, load
from jndkit.picturewise.decision import suited
from jndkit.picturewise.prediction import predictor
from jndkit.picturewise.tailoring import tailored
from jndkit.protocols import AIC
from jndkit.viewing import DISPLAYS
from jndkit.visibility import jnd_for

LAKE = Path(__file__).parents[1] / "examples" / "lake.png"
GAP, LINE = 8, 34
DESKTOP = DISPLAYS["desktop"]


def suited_codec(picture: Picture, name: str) -> Codec:
    """The codec that `jnd encode` would code the picture with where it is asked for this one."""
    chosen, target = codec(name), jnd_for(75.0, AIC)
    return tailored(chosen, predictor(picture, DESKTOP)(chosen), picture=picture, viewing=DESKTOP, target=target)[0]


def coded(picture: Picture, chosen: Codec, most: int) -> tuple[float, bytes]:
    """The best file of at most so many bytes, and its setting."""
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
    watched = Cvvdp().watch(picture, DESKTOP)
    first = codec(asked.codec).encode(picture, asked.knob)
    files = {name: coded(picture, suited_codec(picture, name), len(first)) for name in asked.rivals}
    files[asked.codec] = asked.knob, first
    columns: list[tuple[str, Pixels]] = [("original", picture.rgb)]
    print("| file | setting | bytes | JND |\n|---|---|---|---|")
    for name, (value, data) in files.items():
        version = codec(name).decode(data)
        jnd = watched(version).jnd
        print(f"| {name} | {value:g} | {len(data):,} | {jnd:.2f} |")
        columns.append((f"{name}: {len(data) / 1000:.1f} kB, {jnd:.2f} JND", version.rgb))
    sheet = drawn(columns, asked.places, asked.side, asked.times)
    how = {"lossless": True, "method": 6} if asked.out.suffix == ".webp" else {"optimize": True}
    sheet.save(asked.out, **how)


def drawn(columns: list[tuple[str, Pixels]], places: list[tuple[int, int]], side: int, times: int) -> Image.Image:
    """A row for each place, of so many pixels a side, and a column for each version over what is told of it."""
    wide = side * times
    size = (len(columns) * (wide + GAP) - GAP, len(places) * (wide + GAP) + LINE)
    sheet = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(17)
    for column, (told, rgb) in enumerate(columns):
        for row, (x, y) in enumerate(places):
            part = Image.fromarray(np.ascontiguousarray(rgb[y : y + side, x : x + side]))
            part = part.resize((wide, wide), Image.Resampling.NEAREST)
            sheet.paste(part, (column * (wide + GAP), row * (wide + GAP)))
        pen.text((column * (wide + GAP) + 2, size[1] - LINE + 6), told, fill="#202020", font=font)
    return sheet


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("picture", nargs="?", type=Path, default=LAKE)
    parser.add_argument("--codec", default="jndlic")
    parser.add_argument("--rivals", nargs="+", default=["jpeg", "avif"], metavar="SPEC")
    parser.add_argument("--knob", type=int, default=18)
    parser.add_argument("--side", type=int, default=112, help="pixels of a place")
    parser.add_argument("--times", type=int, default=3, help="how much larger they are shown")
    parser.add_argument("--places", nargs="+", type=_place, default=[(20, 330), (180, 90)], metavar="X,Y")
    return parser.parse_args()


def _place(text: str) -> tuple[int, int]:
    x, y = text.split(",")
    return int(x), int(y)


if __name__ == "__main__":
    main()
