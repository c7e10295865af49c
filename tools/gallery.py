"""The gallery: every model on one photograph, as docs/gallery/MODEL.webp, and the numbers its captions quote.

python tools/gallery.py [MODEL ...]    writes docs/gallery/ and prints one line a model, all of them by default
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image

from jndkit.picture import load
from jndkit.pixelwise import MODELS, jnd_map
from jndkit.pixelwise.render import render

ROOT = Path(__file__).parents[1]
PLACES = {
    "sky": (40, 20, 160, 60),
    "snow": (150, 110, 60, 50),
    "forest": (20, 430, 160, 40),
    "water": (330, 470, 160, 30),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    models = parser.parse_args().models or sorted(MODELS)
    picture = load(ROOT / "examples" / "lake.png")
    folder = ROOT / "docs" / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    print("model       mean   " + "".join(f"{place:>8s}" for place in PLACES))
    for model in models:
        jnd = jnd_map(picture, model)
        plane = jnd if jnd.ndim == 2 else jnd.mean(axis=2)
        means = [float(plane[y : y + h, x : x + w].mean()) for x, y, w, h in PLACES.values()]
        print(f"{model:11s} {plane.mean():6.2f} " + "".join(f"{mean:8.2f}" for mean in means), flush=True)
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(render(jnd))).save(buffer, "WEBP", quality=80, method=6)
        (folder / f"{model}.webp").write_bytes(buffer.getvalue())


if __name__ == "__main__":
    main()
