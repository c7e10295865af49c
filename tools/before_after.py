"""The picture of the README: one place of a photograph, before and after, enlarged twice, with the row as caption.

    python tools/before_after.py [OUT.png]       writes docs/before-after.png

Codes examples/lake.png with the default settings, decodes what was written and cuts the same place out of both.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import jndkit
from jndkit.picture import Pixels

ROOT = Path(__file__).parents[1]
LAKE = ROOT / "examples" / "lake.png"
X, Y, WIDTH, HEIGHT = 268, 124, 208, 168  # the ridge, snow and the edge of the sky: where JPEG shows first
TIMES, GAP, LINE = 2, 8, 30


def enlarged(rgb: Pixels) -> Image.Image:
    """The place out of a whole picture, every pixel as a square."""
    place = Image.fromarray(np.ascontiguousarray(rgb[Y : Y + HEIGHT, X : X + WIDTH]))
    return place.resize((WIDTH * TIMES, HEIGHT * TIMES), Image.Resampling.NEAREST)


def drawn(columns: list[tuple[str, Pixels]]) -> Image.Image:
    """The places side by side, each over its caption."""
    wide, high = WIDTH * TIMES, HEIGHT * TIMES
    sheet = Image.new("RGB", (len(columns) * (wide + GAP) - GAP, high + LINE), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for number, (caption, rgb) in enumerate(columns):
        sheet.paste(enlarged(rgb), (number * (wide + GAP), 0))
        pen.text((number * (wide + GAP) + 2, high + 7), caption, fill="#202020", font=font)
    return sheet


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", default=ROOT / "docs" / "before-after.png")
    asked = parser.parse_args(arguments)
    encoded = jndkit.encode(LAKE)
    row = encoded.row
    assert encoded.data is not None
    assert row.input_bytes is not None
    assert row.bytes is not None
    with Image.open(io.BytesIO(encoded.data)) as file:
        decoded = np.asarray(file.convert("RGB"))
    before = f"original: {row.input_bytes / 1000:.0f} kB"
    after = f"jnd encode: {row.bytes / 1000:.1f} kB, {row.jnd:.2f} JND, {row.viewers:.0f} % see no difference"
    drawn([(before, jndkit.load(LAKE).rgb), (after, decoded)]).save(asked.out, optimize=True)


if __name__ == "__main__":
    main()
