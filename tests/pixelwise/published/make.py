"""Cut the reference arrays that ship with the tests from the whole ones.

    python tests/pixelwise/published/make.py REFERENCES

REFERENCES holds one file of arrays a model (`wu2017.npz`, ...), as README.md beside this script describes them. Only
the picture that is CC0 (`camera`) is taken, and of its float32 maps the rows of `ROWS`: nothing is rounded.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
PICTURE = "camera"
MODELS = ("chou1995", "inputs", "klt2022", "liu2010", "wu2013", "wu2017", "yang2005", "zhang2005")
TABLES = ("weingan2009_base_R3_H768", "zhang2005_base_tij")
HEIGHT = 512
# Both borders and the middle; whole blocks of 8, for the maps in the DCT domain.
ROWS = np.r_[0:80, 216:296, 432:512]


def cut(references: Path, folder: Path) -> None:
    """Write every file of `MODELS` and `TABLES` into `folder`."""
    for model in MODELS:
        with np.load(references / f"{model}.npz") as arrays:
            own = {key: arrays[key] for key in arrays.files if key.startswith(f"{PICTURE}_")}
        kept = {key: a[ROWS] if a.dtype == np.float32 and len(a) == HEIGHT else a for key, a in own.items()}
        np.savez_compressed(folder / f"{model}.npz", **kept)
    np.save(folder / "rows.npy", ROWS)
    for table in TABLES:
        np.save(folder / f"{table}.npy", np.load(references / f"{table}.npy"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("references", type=Path)
    cut(parser.parse_args().references, HERE)
