"""Pictures, coded versions of each, and what the psychophysical observer sees in every part of every version.

Layout: `pristine/NAME.png`; `coded/NAME_NN.SUFFIX`, the files as their codecs wrote them; `labels/NAME.npz`, the
visible differences; `manifest.jsonl`, one row a picture. `build` makes such a set from any pictures; `pictures` reads a
folder of them.

Source: Y. Zhang et al., "VP-JND: Visual Perception Assisted Deep Picture-Wise Just Noticeable Difference Prediction
Model for Image Compression", IEEE TCSVT 2025: pairs of a picture and a coded version, labelled lossy or lossless.
Differs: an observer, not a group of viewers, says how visible each version is, in JND, over blocks of 32 x 32 pixels
and at two displays; the binary label follows from the JND for every share of viewers.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.batch import Engine, ledger
from jndkit.codecs import available, codec as named_codec
from jndkit.codecs.contract import Codec
from jndkit.datasets.pairs import MANIFEST, SPLITS, Announce, Making, build_rows, check_rows
from jndkit.errors import DamagedError, InputError, UsageError, check_choice
from jndkit.observers.cvvdp import Cvvdp
from jndkit.observers.cvvdp.quality import pooled_jod
from jndkit.observers.pooling.cells import CELL
from jndkit.picture import Picture, png_bytes, write_atomic
from jndkit.picturewise.curves import typical_curve
from jndkit.viewing import DISPLAYS, Viewing, viewing as named_viewing
from jndkit.visibility import JND_PER_JOD

Roots = npt.NDArray[np.float16]

BLOCK = 32  # pixels a side: the grain of the labels
COUNTS = {"jpeg:420": 7, "webp:m4": 5, "avif:s6": 3, "heic:420": 1}
"""Codec -> versions of each picture: the more the sooner it codes."""

RANGE = (0.15, 4.0)  # JND an ordinary photograph reads at the desktop
_SECOND = {"4k": 0.5, "laptop": 0.15, "phone": 0.15}  # share of pictures with each as their second display
_PPD = (20.0, 130.0)  # pixels per degree of the desktop's photometry, for the rest of them


@dataclass(frozen=True)
class Version:
    """One coded file. codec: its spec.  jnd: what the whole picture reads at each display."""

    file: Path
    codec: str
    knob: float
    bytes: int
    jnd: tuple[float, ...]


@dataclass(frozen=True)
class Labelled:
    """One picture of a set. viewings: the displays of its labels."""

    pristine: Path
    labels: Path
    viewings: tuple[Viewing, ...]
    versions: tuple[Version, ...]

    def roots(self) -> tuple[Roots, ...]:
        """For each display float16 (versions, bands, 3, rows, columns): roots of the mean squared visible differences
        in every block of 32 x 32 pixels.

        Raises DamagedError where the file is missing or not what `build` wrote.
        """
        try:
            # Unpickling could run whatever a strange file says.
            with np.load(self.labels, allow_pickle=False) as stored:
                roots = tuple(stored[f"roots_{index}"] for index in range(len(self.viewings)))
        except (OSError, ValueError, KeyError) as error:
            raise DamagedError(self.labels, f"the labels cannot be read ({error})") from None
        if any(array.ndim != 5 or len(array) != len(self.versions) for array in roots):
            raise DamagedError(self.labels, "the labels are not those of its versions")
        return roots


def blocks_jnd(energy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """JND of a part of a picture by itself. energy: (bands, 3, ...), the mean of squared roots over it."""
    jnd: npt.NDArray[np.float64] = np.maximum(JND_PER_JOD * (10.0 - pooled_jod(energy)), 0.0)
    return jnd


def build(
    source: str | Path,
    target: str | Path,
    *,
    jobs: int | None = None,
    announce: Announce = None,
    engine: Engine | None = None,
    seed: int = 0,
) -> Generator[dict[str, Any], None, None]:
    """Code and read every picture below a folder; yields the manifest's rows as they are made, and resumes.

    source: a folder of pictures.  target: the folder of the set.  seed: of the knobs and displays that are drawn.
    jobs: processes at work at once; the processors by default.  engine: who works in place of them.
    announce: told once how many pictures are left to do, as many as rows will follow, before the first is worked on.
    HEIC versions are made where HEIC is installed.
    A picture that fails, or that is no photograph, is a row with `error` or `skipped`, and the run goes on.
    Raises UsageError for the request, InputError for a folder without pictures.
    """
    yield from build_rows(source, target, making(seed=seed), jobs=jobs, announce=announce, engine=engine)


def making(seed: int = 0) -> Making:
    """How such a set is made. seed: as of `build`."""
    return Making(("pristine", "coded", "labels"), _store, {"seed": seed})


def pictures(folder: str | Path, split: str | None = None) -> list[Labelled]:
    """The pictures of a set, by name.

    split: "train", "valid" or "test" where the folder has them.
    Raises UsageError for an unknown split, InputError where there is no set, DamagedError for a row that is none.
    """
    if split is not None:
        check_choice("split", split, SPLITS)
    home = Path(folder) / split if split else Path(folder)
    if not (home / MANIFEST).is_file():
        raise InputError(home, f"it has no {MANIFEST}; make the set with: jnd datasets build vpjnd PICTURES -o {home}")
    rows = [row for row in ledger.read(home / MANIFEST) if "pair" in row]
    if not rows:
        raise InputError(home, "it holds no coded picture")
    try:
        check_rows(home, rows)
        return sorted((_labelled(home, row) for row in rows), key=lambda picture: picture.pristine.name)
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise DamagedError(home / MANIFEST, f"a row is not what the builder writes ({error!r})") from None


def pairs(folder: str | Path, split: str | None = None) -> list[tuple[Path, Path]]:
    """(pristine, coded) files of a set. Arguments and errors as for `pictures`; InputError for a file not there."""
    files = [(picture.pristine, version.file) for picture in pictures(folder, split) for version in picture.versions]
    for path in {path for pair in files for path in pair}:
        if not path.is_file():
            raise InputError(path, "the manifest names it, and it is not there")
    return files


def _labelled(home: Path, row: dict[str, Any]) -> Labelled:
    stem = Path(row["pair"]).stem
    viewings = tuple(named_viewing(display) for display in row["viewings"])
    versions = tuple(
        Version(home / "coded" / entry["file"], entry["codec"], entry["knob"], entry["bytes"], tuple(entry["jnd"]))
        for entry in row["versions"]
    )
    if any(len(version.jnd) != len(viewings) for version in versions):
        raise ValueError(f"readings of {stem}")
    return Labelled(home / "pristine" / row["pair"], home / "labels" / f"{stem}.npz", viewings, versions)


def _store(picture: Picture, out: Path, stem: str, seed: int) -> dict[str, Any]:
    """Code a picture, read every version, write files and labels."""
    plain = Picture(rgb=picture.rgb, grey=picture.grey)  # neither another colour space nor metadata to count
    key = picture.source.sha256[:12] if picture.source else "0"
    # By what the file holds: the draws hang neither on the order of the pictures nor on who works on them.
    generator = np.random.default_rng([seed, int(key, 16)])
    displays = _displays(generator)
    watches = [Cvvdp().watch(plain, named_viewing(display)) for display in displays]
    roots: list[list[Roots]] = [[] for _ in displays]
    versions: list[dict[str, Any]] = []
    for spec, count in COUNTS.items():
        if available()[spec.partition(":")[0]]:
            continue
        coder = named_codec(spec)
        for value in knobs(coder, count, generator):
            data = coder.encode(plain, value)
            decoded = coder.decode(data)
            file = f"{stem}_{len(versions):02}{coder.suffix}"
            write_atomic(out / "coded" / file, data, force=True)
            read = []
            for index, watched in enumerate(watches):
                reading, cells = watched.with_cells(decoded.rgb)
                roots[index].append(_roots(cells.grid))
                read.append(round(reading.jnd, 5))
            versions.append({"file": file, "codec": spec, "knob": value, "bytes": len(data), "jnd": read})
    arrays: dict[str, Any] = {f"roots_{index}": np.stack(grids) for index, grids in enumerate(roots)}
    labels = BytesIO()
    np.savez(labels, **arrays)
    write_atomic(out / "labels" / f"{stem}.npz", labels.getvalue(), force=True)
    write_atomic(out / "pristine" / f"{stem}.png", png_bytes(plain.rgb), force=True)
    return {"pair": f"{stem}.png", "viewings": displays, "versions": versions, "observer": Cvvdp().version}


def knobs(coder: Codec, count: int, generator: np.random.Generator) -> list[float]:
    """So many settings of a codec, at which an ordinary photograph reads 0.15 to 4 JND: one of each equal part of that
    range in ln(JND); parts that one setting serves share it.
    """
    curve = np.array(typical_curve(coder, DISPLAYS["desktop"]))
    low, high = np.log(RANGE)
    levels = low + (high - low) * (np.arange(count) + generator.random(count)) / count
    steps = {int(np.argmin(np.abs(curve - level))) for level in levels}
    return [coder.knob.grid[step] for step in sorted(steps)]


def _displays(generator: np.random.Generator) -> list[str | float]:
    """The desktop, and one other display or density."""
    drawn, ppd = generator.random(), float(np.exp(generator.uniform(*np.log(_PPD))))
    for name, share in _SECOND.items():
        if drawn < share:
            return ["desktop", name]
        drawn -= share
    return ["desktop", round(ppd, 2)]


def _roots(grid: npt.NDArray[np.float32]) -> Roots:
    """Roots of the means over blocks, of whole blocks only. grid: float32 (bands, 3, rows, columns) of cells."""
    share = BLOCK // CELL
    rows, columns = (side // share for side in grid.shape[2:])
    whole = grid[:, :, : rows * share, : columns * share].reshape(*grid.shape[:2], rows, share, columns, share)
    roots: Roots = np.sqrt(np.maximum(whole.mean(axis=(3, 5)), 0.0)).astype(np.float16)
    return roots
