"""How often the domain of a picture is mistaken: misses among made pictures, false alarms among photographs.

    JNDKIT_SHARED=FOLDER python benchmarks/domain.py       writes rows/domain.jsonl, one row per class, form and folder

Made pictures: 120 a class up to 1920 x 1080, seeds from 50000 on, which no test and no tuning has seen. Photographs:
all of train/, valid/ and kodak/ (the thresholds were tuned on the first two only), as they are and saved as JPEG.
Drawings among those files, listed in made_pictures.py, are counted apart: to recognise them is right.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
from PIL import Image

import made_pictures
from jndkit.picture import Picture
from jndkit.picturewise.domain import domain

HERE = Path(__file__).parent
ROWS = HERE / "rows" / "domain.jsonl"
FIRST_SEED = 50000
QUALITIES = (75, 90)
VERSIONS = {"numpy": np.__version__, "opencv": cv2.__version__, "pillow": PIL.__version__}


def judge(pixels: np.ndarray) -> tuple[str, float, float]:
    """The kind, the CPU seconds it took and the megapixels."""
    picture = Picture(np.ascontiguousarray(pixels))
    start = time.process_time()
    kind = domain(picture).kind
    return kind, time.process_time() - start, pixels.shape[0] * pixels.shape[1] / 1e6


def summary(what: dict[str, Any], wanted: bool, seen: dict[str, tuple[str, float, float]]) -> dict[str, Any]:
    """One row: how many, how many wrong, and which. `wanted`: whether the pictures should be inside."""
    wrong = sorted(name for name, (kind, _, _) in seen.items() if (kind == "photo") != wanted)
    seconds, megapixels = sum(s for _, s, _ in seen.values()), sum(m for *_, m in seen.values())
    return {
        **what,
        "should_be": "inside" if wanted else "outside",
        "pictures": len(seen),
        "wrong": len(wrong),
        "wrong_share": round(len(wrong) / max(1, len(seen)), 4),
        "kinds": dict(Counter(kind for kind, _, _ in seen.values())),
        "which": wrong,
        "ms_per_megapixel": round(1e3 * seconds / max(1e-9, megapixels), 1),
        "versions": VERSIONS,
    }


def made_rows(count: int, largest: int) -> list[dict[str, Any]]:
    rows = []
    for kind in made_pictures.KINDS:
        seeds = range(FIRST_SEED, FIRST_SEED + count)
        seen = {str(seed): judge(made_pictures.made(kind, seed, largest)) for seed in seeds}
        what = {"set": "made", "class": kind, "seeds": [FIRST_SEED, count], "largest": largest}
        rows.append(summary({**what, "form": None}, kind == "photo", seen))
        forms = {"screenshot": made_pictures.SCREENS, "text": made_pictures.TEXTS}.get(kind, ())
        for place, form in enumerate(forms):
            part = {seed: one for seed, one in seen.items() if int(seed) % len(forms) == place}
            rows.append(summary({**what, "form": form}, False, part))
    return rows


def photograph_rows(data: Path) -> list[dict[str, Any]]:
    rows = []
    for folder in ("train", "valid", "kodak"):
        pixels = {}
        for file in sorted((data / folder).rglob("*.*")):
            with Image.open(file) as opened:
                pixels[file.relative_to(data).as_posix()] = np.array(opened.convert("RGB"))
        for quality in (None, *QUALITIES):
            seen = {
                name: judge(one if quality is None else made_pictures.resaved(one, quality))
                for name, one in pixels.items()
            }
            for drawings in (False, True):
                part = {name: one for name, one in seen.items() if (name in made_pictures.DRAWINGS) == drawings}
                if part:
                    what = {"set": folder, "class": "drawing" if drawings else "photo", "jpeg_quality": quality}
                    rows.append(summary(what, not drawings, part))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=120, help="made pictures a class")
    parser.add_argument("--largest", type=int, default=1920, help="longest side of made pictures")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    rows = made_rows(chosen.count, chosen.largest)
    if "JNDKIT_SHARED" in os.environ:
        rows += photograph_rows(Path(os.environ["JNDKIT_SHARED"]) / "data")
    ROWS.parent.mkdir(exist_ok=True)
    ROWS.write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(f"{'set':7} {'class':11} {'form':12} {'jpeg':5} {'pictures':>8} {'wrong':>6} {'share':>7} {'ms/MP':>6}")
    for row in rows:
        form, quality = row.get("form") or "", row.get("jpeg_quality") or ""
        print(
            f"{row['set']:7} {row['class']:11} {form:12} {quality!s:5} {row['pictures']:8} {row['wrong']:6} "
            f"{row['wrong_share']:7.1%} {row['ms_per_megapixel']:6.1f}"
        )


if __name__ == "__main__":
    main()
