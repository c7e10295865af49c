"""The published test on one picture: a PNG with noise, which is written, and its PSNR."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jndkit.evaluation.hvssd.rows import CHANNELS, HvssdRow
from jndkit.evaluation.hvssd.settings import Settings
from jndkit.evaluation.jobs import Input, PictureJob, remaining
from jndkit.injection import Noise
from jndkit.opening import load
from jndkit.picture import Picture, Pixels, digest, png_bytes, write_atomic
from jndkit.picture.difference import psnr
from jndkit.pixelwise.hvssd import hvssd_colour


@dataclass(frozen=True)
class Job(PictureJob[HvssdRow, str, Settings]):
    """One picture. left: the file that its noisy version is written to."""

    def open(self) -> Picture:
        return load(self.path, max_pixels=self.settings.max_pixels)  # what the file says of itself is written again

    def prepare(self, picture: Picture) -> Callable[[HvssdRow, str], None]:
        return lambda row, output: self._distort(row, picture, Path(output))

    def called(self, part: str) -> str:
        return self.name

    def _distort(self, row: HvssdRow, picture: Picture, output: Path) -> None:
        """Write the picture with noise; fill the row."""
        jnd = hvssd_colour(picture, variant=row.variant, border=row.border)
        noisy = Noise(picture, jnd, row.seed).at(row.strength).picture
        row.psnr = _psnr(picture.rgb, noisy.rgb)
        data = png_bytes(noisy, mark=False)
        sha256 = hashlib.sha256(data).hexdigest()
        # A run may have been cut off between the file and its row.
        if not (self.settings.resume and digest(output) == sha256):
            output.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(output, data, force=self.settings.force)
        row.bytes, row.output_sha256 = len(data), sha256


def jobs_left(pictures: Sequence[tuple[Path, str, Path]], settings: Settings, known: Iterable[HvssdRow]) -> list[Job]:
    """What is left to do: pictures without a row, or whose noisy version is not there as it was written.

    pictures: (file, name in the rows, file of the noisy version).  known: rows of an earlier run.
    """
    whole = [row for row in known if row.output_sha256 is not None and digest(row.output) == row.output_sha256]
    inputs = [Input(path, name, (str(output),)) for path, name, output in pictures]
    return remaining(Job, inputs, settings, whole)


def _psnr(before: Pixels, after: Pixels) -> dict[str, float | None]:
    """By channel, dB; None where nothing changed."""
    pairs = [(before[..., channel].copy(), after[..., channel].copy()) for channel in range(3)] + [(before, after)]
    values = (psnr(*pair) for pair in pairs)
    return {
        name: round(value, 6) if math.isfinite(value) else None for name, value in zip(CHANNELS, values, strict=True)
    }
