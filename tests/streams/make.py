"""The `.jlic` files that every later release must decode as this one does, and what they hold.

    python tests/streams/make.py FOLDER     writes NAME.jlic, NAME.png and streams.toml

It is run once for each version of the weights that ships, with those installed, into a folder of its own beside this
file; a change of the files is a breaking release.
"""

from __future__ import annotations

import argparse
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from jndkit import weights
from jndkit.codecs.jndlic import JndLic, container, model as networks, read
from jndkit.codecs.jndlic.coder import Decoder
from jndkit.codecs.jndlic.passes import read_tile
from jndkit.codecs.jndlic.windows import TILE, padded, windows
from jndkit.errors import MissingError
from jndkit.picture import MAX_PIXELS, Picture, load, png_bytes

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "lake.png"
# What is coded, and the setting of the knob.
KNOBS = {"flat": 30, "dot": 40, "alpha": 28, "grey": 34, "lake-low": 10, "lake-high": 48}


def picture(name: str) -> Picture:
    """One of KNOBS, from CC0 pixels."""
    lake = load(EXAMPLE).rgb
    if name == "flat":
        return Picture(np.full((16, 16, 3), (201, 84, 37), np.uint8))
    if name == "dot":
        return Picture(np.full((1, 1, 3), (12, 130, 240), np.uint8))
    if name == "alpha":
        y, x = np.mgrid[-24:24, -32:32]
        alpha = np.clip(255 * (1.6 - np.hypot(x / 24, y / 18)), 0, 255).astype(np.uint8)
        return Picture(np.ascontiguousarray(lake[300:348, 200:264]), alpha=alpha)
    if name == "grey":
        return Picture(np.repeat(lake[120:185, 400:433, 1:2], 3, axis=2), grey=True)
    return Picture(np.ascontiguousarray(lake[200:392, 300:556]))


def symbols_of(data: bytes) -> str:
    """The SHA-256 of what a file says: symbols and field of steps of every tile, as signed 16-bit numbers."""
    contents = container.unpack(data, None, MAX_PIXELS)
    model, decoder, said = networks.find(contents.weights), Decoder(contents.streams[container.SYMBOLS]), sha256()
    for each in windows(padded(contents.height), padded(contents.width), 0, TILE):
        height, width = each.rows.stop - each.rows.start, each.columns.stop - each.columns.start
        tile = read_tile(decoder, model, height, width, contents.knob, 0)
        said.update(tile.symbols.astype("<i2").tobytes() + tile.step.astype("<i2").tobytes())
    decoder.finish()
    return said.hexdigest()


def missing() -> str:
    """Why nothing can be decoded here, or nothing; weights that the package promises may not be missing."""
    if "jndlic" in weights.CURRENT:
        return ""
    try:
        weights.find(f"{networks.current()}-tables")
    except MissingError:
        return "no networks of JND-LIC are installed"
    return ""


def folders() -> list[Path]:
    """Those of every version of the weights that wrote files here."""
    return sorted(path.parent for path in HERE.glob("*/streams.toml"))


def promised(folder: Path) -> dict[str, dict[str, Any]]:
    """What streams.toml says of every file, by name."""
    return tomllib.loads((folder / "streams.toml").read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    told = ["# sha256: of the file.  symbols: of what it says, see `symbols_of` in make.py.\n"]
    for name, knob in KNOBS.items():
        data = JndLic().encode(picture(name), knob)
        (folder / f"{name}.jlic").write_bytes(data)
        (folder / f"{name}.png").write_bytes(png_bytes(read(data)))
        digests = f'sha256 = "{sha256(data).hexdigest()}"\nsymbols = "{symbols_of(data)}"\n'
        told.append(f"\n[{name}]\nknob = {knob}\nbytes = {len(data)}\n{digests}")
        print(f"{name}: {len(data)} bytes")
    (folder / "streams.toml").write_text("".join(told), encoding="utf-8")


if __name__ == "__main__":
    main()
