"""Draws what the protocols take for a busy and for a smooth picture: docs/protocols.png, and the table beside it.

    python tools/protocol_examples.py

Codes examples/waves.webp and examples/chamomile.webp to JPEG for 75 % of viewers under `aic` and `side-by-side`.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

import jndkit

REPOSITORY = Path(__file__).parents[1]
CROPS = {"waves.webp": (300, 200), "chamomile.webp": (250, 150)}
PROTOCOLS = ("aic", "side-by-side")
SIDE, ENLARGED, LINE = 192, 2, 22  # pixels of a crop, how far it is enlarged, height of the words under it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "protocols.png")
    arguments = parser.parse_args()
    step = SIDE * ENLARGED
    sheet = Image.new("RGB", (step * (1 + len(PROTOCOLS)), (step + LINE) * len(CROPS)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    print("| picture | protocol | quality | bytes | JND | reads |\n|---|---|---|---|---|---|")
    for row, (name, (x, y)) in enumerate(CROPS.items()):
        path = REPOSITORY / "examples" / name
        shown = [(name, Image.open(path).convert("RGB"))]
        for protocol in PROTOCOLS:
            done = jndkit.encode(path, codec="jpeg", protocol=protocol, force=True)
            found = done.row
            assert done.data is not None
            assert found.knob is not None
            chroma = (found.codec or "").partition(":")[2]
            words = f"{protocol}: quality {found.knob['value']:g}, {chroma}, {found.bytes} bytes"
            shown.append((words, Image.open(io.BytesIO(done.data)).convert("RGB")))
            cells = (name, protocol, f"{found.knob['value']:g}, {chroma}", found.bytes, f"{found.jnd:.2f}")
            print("|", " | ".join(map(str, (*cells, f"{found.reading:.2f}"))), "|")
        for column, (words, picture) in enumerate(shown):
            crop = picture.crop((x, y, x + SIDE, y + SIDE)).resize((step, step), Image.Resampling.NEAREST)
            sheet.paste(crop, (column * step, row * (step + LINE)))
            pen.text((column * step + 4, row * (step + LINE) + step + 2), words, fill="black", font=font)
    sheet.save(arguments.out, optimize=True)


if __name__ == "__main__":
    main()
