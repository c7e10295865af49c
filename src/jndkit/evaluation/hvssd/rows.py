"""What the published test of HVS-SD JND does: noise in the shape of the map, and the PSNR of every colour.

Source: `test.py` of the published code: y = clip(x + strength r J), r = +-1, one pattern for R, G and B.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from jndkit import injection
from jndkit.batch import explained
from jndkit.errors import MissingError, UsageError, check_choice
from jndkit.injection import Noise, signs
from jndkit.opening import load
from jndkit.picture import MAX_PIXELS, Pixels, png_bytes, write_atomic
from jndkit.picture.difference import psnr
from jndkit.pixelwise.hvssd import VARIANTS, hvssd_colour, stages
from jndkit.pixelwise.terms.borders import border_type

CHANNELS = ("red", "green", "blue", "total")


@dataclass(frozen=True)
class Settings:
    """strength: factor on the map, above 0.  seed: of the pattern.  Raises UsageError for what makes no sense."""

    strength: float = 1.0
    seed: int = 0
    variant: str = "code"
    border: str = "reflect"
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        if not 0.0 < self.strength < math.inf:
            raise UsageError(f"--strength must be a finite number above 0, not {self.strength:g}")
        check_choice("variant", self.variant, VARIANTS)
        border_type(self.border)
        signs(1, 1, self.seed)


@dataclass
class HvssdRow:
    """One picture. psnr: dB of red, green, blue and all together; None where nothing changed.

    weights: of the two networks.  input_sha256, output_sha256: of the files.
    """

    input: str
    output: str
    strength: float
    seed: int
    variant: str
    border: str
    width: int | None = None
    height: int | None = None
    input_sha256: str | None = None
    output_sha256: str | None = None
    bytes: int | None = None
    psnr: dict[str, float | None] | None = None
    weights: list[str] = field(default_factory=list)
    seconds: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    error: dict[str, str] | None = None

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def distort(path: Path, name: str, output: Path, settings: Settings, *, force: bool = False) -> HvssdRow:
    """Write a picture with noise as a PNG; its row, which tells of a failure.

    name: what the row calls it.  force: replace an existing file.
    Raises MissingError where the weights are missing, which no other picture would cure.
    """
    row = HvssdRow(name, str(output), settings.strength, settings.seed, settings.variant, settings.border)
    row.versions = injection.libraries()
    row.weights = [found.card.name for found in stages()]
    started = time.perf_counter()
    try:
        picture = load(path, max_pixels=settings.max_pixels)
        row.width, row.height = picture.width, picture.height
        row.input_sha256 = picture.source.sha256 if picture.source else None
        jnd = hvssd_colour(picture, variant=settings.variant, border=settings.border)
        noisy = Noise(picture, jnd, settings.seed).at(settings.strength).picture
        row.psnr = _psnr(picture.rgb, noisy.rgb)
        data = png_bytes(noisy, mark=False)
        output.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(output, data, force=force)
        row.bytes, row.output_sha256 = len(data), hashlib.sha256(data).hexdigest()
    except MissingError:
        raise
    except Exception as error:
        row.error = explained(error, name)
    row.seconds = round(time.perf_counter() - started, 3)
    return row


def means(rows: list[HvssdRow]) -> dict[str, float | None]:
    """The mean of each PSNR over the pictures that changed; None where none did."""
    found: dict[str, float | None] = {}
    for channel in CHANNELS:
        values = [row.psnr[channel] for row in rows if row.error is None and row.psnr]
        known = [value for value in values if value is not None]
        found[channel] = math.fsum(known) / len(known) if known else None
    return found


def markdown(rows: list[HvssdRow]) -> str:
    """A table, a line for each picture and one for the means, dB."""
    lines = ["| picture | R, dB | G, dB | B, dB | total, dB |", "|---|---|---|---|---|"]
    good = [(row.input, row.psnr) for row in rows if row.error is None and row.psnr is not None]
    for name, values in [*good, (f"*mean of {len(good)}*", means(rows))]:
        shown = (values[channel] for channel in CHANNELS)
        lines.append(f"| {name} | " + " | ".join("no change" if dB is None else f"{dB:.2f}" for dB in shown) + " |")
    return "\n".join(lines)


def _psnr(before: Pixels, after: Pixels) -> dict[str, float | None]:
    pairs = [(before[..., channel].copy(), after[..., channel].copy()) for channel in range(3)] + [(before, after)]
    values = (psnr(*pair) for pair in pairs)
    return {
        name: round(value, 6) if math.isfinite(value) else None for name, value in zip(CHANNELS, values, strict=True)
    }
