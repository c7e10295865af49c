"""Our writer and reader of JPEG coefficients beside libjpeg-turbo, MozJPEG's lossless optimiser and libjpeg.

    python benchmarks/jpeg_coefficients.py DATA      Kodak at three qualities, larger pictures once; two minutes
    python benchmarks/jpeg_coefficients.py --table   the tables of docs/reference/jpeg.md, from rows that exist

DATA holds kodak/ and valid/. Needs the extra `parity`. Seconds are of one processor. Writes
benchmarks/rows/jpeg_coefficients.jsonl.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from jndkit.codecs.jpeg import Coefficients, read, write

ROWS = Path(__file__).parent / "rows" / "jpeg_coefficients.jsonl"
LARGE = "valid/clic25_final/2397c73f8feeb8f6.png"
SIZES = ((1920, 1080), (4000, 3000))  # that it is scaled to
QUALITIES = (50, 75, 90)
CHROMAS = ("4:2:0", "4:4:4")
FORMS = ("sequential", "progressive")
LIBRARIES = ("pillow", "mozjpeg-lossless-optimization", "jpeglib", "numpy")


def pictures(data: Path) -> Iterator[tuple[str, Image.Image, tuple[int, ...]]]:
    """Name, picture and the qualities it is coded at."""
    for path in sorted((data / "kodak").glob("*.png")):
        yield path.stem, Image.open(path).convert("RGB"), QUALITIES
    large = Image.open(data / LARGE).convert("RGB")
    for size in SIZES:
        yield f"{size[0]}x{size[1]}", large.resize(size, Image.Resampling.LANCZOS), (85,)


def saved(picture: Image.Image, quality: int, chroma: str, progressive: bool) -> bytes:
    file = BytesIO()
    picture.save(file, "JPEG", quality=quality, subsampling=chroma, progressive=progressive, optimize=True)
    return file.getvalue()


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Its result, and the lesser processor time of two runs."""
    seconds = []
    for _ in range(2):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return result, round(min(seconds), 4)


def as_libjpeg_reads(data: bytes) -> list[np.ndarray]:
    """The coefficients of each component."""
    import jpeglib

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jpg"
        path.write_bytes(data)
        image = jpeglib.read_dct(str(path))
        image.load()
        return [image.Y, image.Cb, image.Cr]


def agree(found: Coefficients, expected: list[np.ndarray]) -> bool:
    pairs = zip(found.components, expected, strict=True)
    return all(np.array_equal(component.coefficients, blocks) for component, blocks in pairs)


def measured(data: Path) -> Iterator[dict[str, Any]]:
    """A row for every picture, quality and chroma.

    bytes: of each way to code the coefficients of Pillow's file.  exact: whether libjpeg reads in our files what it
    reads in Pillow's, and ours reads the same.  Of larger pictures also seconds to write, and read, seconds to read.
    """
    for name, picture, qualities in pictures(data):
        for quality in qualities:
            for chroma in CHROMAS:
                files = {form: saved(picture, quality, chroma, form == "progressive") for form in FORMS}
                yield {
                    "picture": name,
                    "quality": quality,
                    "chroma": chroma,
                    **(sizes(files) if name.startswith("kodim") else seconds(files)),
                    "versions": {library: version(library) for library in LIBRARIES},
                }


def sizes(files: dict[str, bytes]) -> dict[str, Any]:
    import mozjpeg_lossless_optimization

    expected = as_libjpeg_reads(files["progressive"])
    coefficients = read(files["progressive"])
    written = {form: write(coefficients, progressive=form == "progressive") for form in FORMS}
    return {
        "bytes": {
            "pillow": len(files["progressive"]),
            "mozjpeg": len(mozjpeg_lossless_optimization.optimize(files["progressive"])),
            "ours": len(write(coefficients)),
            "ours sequential": len(written["sequential"]),
        },
        "exact": agree(coefficients, expected)
        and agree(read(files["sequential"]), expected)
        and all(agree(coefficients, as_libjpeg_reads(file)) for file in written.values()),
    }


def seconds(files: dict[str, bytes]) -> dict[str, Any]:
    import mozjpeg_lossless_optimization

    reading = {}
    for form, file in files.items():
        coefficients, ours = timed(partial(read, file))
        expected, theirs = timed(partial(as_libjpeg_reads, file))
        reading[form] = {"libjpeg": theirs, "ours": ours}
    progressive = files["progressive"]
    written, writing = timed(lambda: write(coefficients))
    _, in_one_scan = timed(lambda: write(coefficients, progressive=False))
    moz, optimising = timed(lambda: mozjpeg_lossless_optimization.optimize(progressive))
    return {
        "bytes": {"pillow": len(progressive), "mozjpeg": len(moz), "ours": len(written)},
        "seconds": {"mozjpeg": optimising, "ours": writing, "ours sequential": in_one_scan},
        "read": reading,
        "exact": agree(coefficients, expected) and agree(coefficients, as_libjpeg_reads(written)),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Bytes of Kodak against MozJPEG's, and seconds of the larger pictures, in Markdown."""
    lines = ["| JPEG | files | libjpeg-turbo | ours | ours, worst | ours in one scan |", "|---|---|---|---|---|---|"]
    kodak = [row for row in rows if row["picture"].startswith("kodim")]
    for chroma in CHROMAS:
        for quality in QUALITIES:
            kind = [row["bytes"] for row in kodak if (row["quality"], row["chroma"]) == (quality, chroma)]
            against = {
                coder: [100 * (sizes[coder] / sizes["mozjpeg"] - 1) for sizes in kind]
                for coder in ("pillow", "ours", "ours sequential")
            }
            means = {coder: f"{np.mean(values):+.2f}" for coder, values in against.items()}
            worst = f"{max(against['ours']):+.2f}"
            shown = " | ".join([means["pillow"], means["ours"], worst, means["ours sequential"]])
            lines.append(f"| {chroma}, quality {quality} | {len(kind)} | {shown} |")
    lines += ["", "| picture | write: MozJPEG | ours | ours in one scan | read sequential: libjpeg | ours |"]
    lines[-1] += " read progressive: libjpeg | ours |"
    lines.append("|---|---|---|---|---|---|---|---|")
    for row in rows:
        if row in kodak:
            continue
        seconds = [row["seconds"][coder] for coder in ("mozjpeg", "ours", "ours sequential")]
        seconds += [row["read"][form][by] for form in FORMS for by in ("libjpeg", "ours")]
        cells = " | ".join(f"{value:.2f}" for value in seconds)
        lines.append(f"| {row['picture']}, {row['chroma']}, quality {row['quality']} | {cells} |")
    lines += ["", f"{sum(row['exact'] for row in rows)} of {len(rows)} files are exact."]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.data is not None:
        with ROWS.open("w", encoding="utf-8") as file:
            for row in measured(arguments.data):
                print(json.dumps(row), file=file, flush=True)
    elif not arguments.table:
        parser.error("name DATA, or ask for --table")
    print(table([json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]))


if __name__ == "__main__":
    main()
