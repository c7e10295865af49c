"""What each of two judges sees that the other does not: distortions of the example pictures, read by both.

    python tools/witnesses.py            read, write the rows, draw, and print the table
    python tools/witnesses.py --table    only print the table, from the rows

Each distortion is made as strong as reads 75 % of viewers (0.47 JND) to the psychophysical observer, and again so that
it reads 2.5 JND, which is what is drawn. JPEG stands beside them, as what both were made for.
Writes benchmarks/rows/witnesses.jsonl and docs/witnesses/. About two minutes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from jndkit.codecs import codec
from jndkit.evaluation.metrics.psnr import finite_psnr
from jndkit.observers import Watched, observer
from jndkit.observers.objection import factor, insisted
from jndkit.picture import Picture, Pixels, load
from jndkit.protocols import AIC
from jndkit.viewing import DISPLAYS
from jndkit.visibility import jnd_for

ROOT = Path(__file__).parents[1]
ROWS = ROOT / "benchmarks" / "rows" / "witnesses.jsonl"
DRAWN = ROOT / "docs" / "witnesses"
PICTURES = {"lake": "lake.png", "waves": "waves.webp", "chamomile": "chamomile.webp"}
TARGET, STRONG = jnd_for(75.0, AIC), 2.5  # JND
STEPS = 10  # of the bisection
DARKER = 0.25  # of the code values: what is left of a picture in the dark
PERIOD = 192  # pixels of a wave of chroma: 0.2 cycles per degree
BLOCK = 8
PLACE, SIDE, TIMES, LINE = (20, 200), (192, 144), 2, 30  # what is drawn of the lake; pixels

Row = dict[str, Any]
Plane = npt.NDArray[np.floating[Any]]


def codes(rgb: Plane) -> Pixels:
    pixels: Pixels = np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
    return pixels


def same(rgb: Pixels) -> Pixels:
    return rgb


def darkened(rgb: Pixels) -> Pixels:
    return codes(DARKER * rgb)


def brightened(rgb: Pixels, strength: float) -> Pixels:
    """Every pixel brighter by so many code values."""
    return codes(rgb + strength)


def tinted(rgb: Pixels, strength: float) -> Pixels:
    """Waves of red against blue of so many code values of chroma, luma untouched."""
    y, x = np.mgrid[0 : rgb.shape[0], 0 : rgb.shape[1]] * (2.0 * np.pi / PERIOD)
    wave = strength * np.sin(x) * np.sin(y)
    # Cr up and Cb down, by BT.601.
    return codes(rgb + np.stack([1.402 * wave, (0.344136 - 0.714136) * wave, -1.772 * wave], axis=-1))


def blocked(rgb: Pixels, strength: float) -> Pixels:
    """Every pixel towards the mean of its 8 x 8 block, by this share of the way."""
    height, width = rgb.shape[:2]
    small = cv2.resize(rgb.astype(np.float64), (width // BLOCK, height // BLOCK), interpolation=cv2.INTER_AREA)
    mean = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    return codes(rgb + strength * (mean - rgb))


def blurred(rgb: Pixels, strength: float) -> Pixels:
    """A Gaussian of so many pixels, one standard deviation."""
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), strength), np.uint8)


def jpeg(rgb: Pixels, strength: float) -> Pixels:
    """JPEG in 4:4:4, of quality 100 less so many."""
    coder = codec("jpeg:444")
    return coder.decode(coder.encode(Picture(rgb), 100.0 - strength)).rgb


class Distortion(NamedTuple):
    """before: what the picture is to begin with.  most: strength.  digits: of strength.  unit: of it, in words."""

    before: Callable[[Pixels], Pixels]
    change: Callable[[Pixels, float], Pixels]
    most: float
    digits: int
    unit: str


DISTORTIONS = {
    "brightness": Distortion(same, brightened, 60.0, 0, "code values brighter"),
    "chroma in the dark": Distortion(darkened, tinted, 30.0, 2, "code values of chroma"),
    "blocking": Distortion(same, blocked, 1.0, 3, "of the way to the mean"),
    "blur": Distortion(same, blurred, 5.0, 2, "pixels of the Gaussian"),
    "JPEG": Distortion(same, jpeg, 95.0, 0, "below quality 100"),
}


def strength_at(jnd: float, read: Callable[[float], float], most: float, digits: int) -> float:
    """The greatest strength at which no more than that is read, by bisection."""
    low, high = 0.0, most
    for _ in range(STEPS):
        middle = round(0.5 * (low + high), digits)
        if middle in (low, high):
            break
        low, high = (middle, high) if read(middle) <= jnd else (low, middle)
    return low


def row_of(name: str, picture: str, jnd: float, reference: Pixels, test: Pixels, strength: float) -> Row:
    original, version = Picture(reference), Picture(test)
    row: Row = {"distortion": name, "picture": picture, "wanted": round(jnd, 4), "strength": round(strength, 4)}
    for judge in ("cvvdp", "ssimulacra2"):
        asked = observer(judge)
        reading = asked.watch(original, DISPLAYS["desktop"])(version)
        row[judge] = round(reading.jnd, 4)
        row[f"{judge} version"] = asked.version
        row[f"{judge} objects"] = insisted(reading, factor(judge)) > TARGET
    row["psnr"] = round(finite_psnr(reference, test), 2)
    return row


def rows_of(picture: str, rgb: Pixels) -> list[Row]:
    """Every distortion of one picture at both strengths; the strong ones are drawn."""
    rows = []
    for name, (before, change, most, digits, _) in DISTORTIONS.items():
        reference = before(rgb)
        watched: Watched = observer("cvvdp").watch(Picture(reference), DISPLAYS["desktop"])

        def read(strength: float, change: Any = change, reference: Pixels = reference, by: Watched = watched) -> float:
            return by(Picture(change(reference, strength))).jnd

        for jnd in (TARGET, STRONG):
            strength = strength_at(jnd, read, most, digits)
            rows.append(row_of(name, picture, jnd, reference, change(reference, strength), strength))
    return rows


def even_row() -> Row:
    """A picture of nothing but grey, brighter by 12 code values."""
    grey = np.full((512, 768, 3), 120, np.uint8)
    return row_of("brightness", "even grey", 0.0, grey, brightened(grey, 12.0), 12.0)


def draw(rows: list[Row]) -> None:
    """One picture for each distortion: a place of the lake before and after, at the strong end."""
    DRAWN.mkdir(parents=True, exist_ok=True)
    rgb, font = load(ROOT / "examples" / PICTURES["lake"]).rgb, ImageFont.load_default(15)
    for row in rows:
        if row["picture"] != "lake" or row["wanted"] != STRONG:
            continue
        distortion = DISTORTIONS[row["distortion"]]
        reference = distortion.before(rgb)
        (width, height), (x, y) = SIDE, PLACE
        sheet = Image.new("RGB", (2 * TIMES * width + 8, TIMES * height + LINE), "white")
        for column, pixels in enumerate((reference, distortion.change(reference, row["strength"]))):
            part = Image.fromarray(np.ascontiguousarray(pixels[y : y + height, x : x + width]))
            part = part.resize((TIMES * width, TIMES * height), Image.Resampling.NEAREST)
            sheet.paste(part, (column * (TIMES * width + 8), 0))
        told = f"cvvdp {row['cvvdp']:.1f} JND, ssimulacra2 {row['ssimulacra2']:.1f} JND"
        pen = ImageDraw.Draw(sheet)
        pen.text((2, TIMES * height + 6), "original", fill="#202020", font=font)
        pen.text((TIMES * width + 10, TIMES * height + 6), f"{row['distortion']}: {told}", fill="#202020", font=font)
        sheet.save(DRAWN / f"{row['distortion'].replace(' ', '-').lower()}.png", optimize=True)


def markdown(rows: list[Row]) -> str:
    """A line for each distortion of each picture: both readings where cvvdp reads 0.47 JND, and where it reads 2.5."""
    lines = [
        "| distortion | picture | strength | PSNR, dB | cvvdp | ssimulacra2 | strength | cvvdp | ssimulacra2 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    strong = {(row["distortion"], row["picture"]): row for row in rows if row["wanted"] == STRONG}
    for row in rows:
        if row["wanted"] == STRONG:
            continue
        more = strong.get((row["distortion"], row["picture"]))
        told = [row["distortion"], row["picture"], _strength(row), f"{row['psnr']:.1f}", *_readings(row)]
        told += [_strength(more), *_readings(more)] if more else ["", "", ""]
        lines.append(f"| {' | '.join(told)} |")
    return "\n".join(lines)


def _strength(row: Row) -> str:
    distortion = DISTORTIONS[row["distortion"]]
    return f"{row['strength']:.{distortion.digits}f} {distortion.unit}"


def _readings(row: Row) -> list[str]:
    """An objection stands in bold."""
    first, second = f"{row['cvvdp']:.2f}", f"{row['ssimulacra2']:.2f}"
    return [first, f"**{second}**" if row["ssimulacra2 objects"] and row["cvvdp"] <= TARGET else second]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="store_true", help="read nothing")
    if parser.parse_args().table:
        print(markdown([json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]))
        return
    cv2.setNumThreads(1)
    rows = [row for name, file in PICTURES.items() for row in rows_of(name, load(ROOT / "examples" / file).rgb)]
    order = list(DISTORTIONS)
    rows = sorted([*rows, even_row()], key=lambda row: order.index(row["distortion"]))
    ROWS.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    draw(rows)
    print(markdown(rows))


if __name__ == "__main__":
    main()
