"""Fits the quantisation tables of `jpeg:tuned`: the fewest bytes at equal visibility, by two judges together.

    python tools/jpeg_tables.py DATA            reads DATA/train; writes codecs/jpeg/tables.json
    python tools/jpeg_tables.py DATA --own      only what pictures' own steps follow from, of tables that exist

At the tables of least bytes, bytes saved per visibility spent are the same whichever steps are made coarser. So each
group of frequencies is made a little coarser on its own, and what that does to bits and to both readings is taken over
training pictures, each quantised so coarsely that it reads 0.47 JND; then every group moves towards the common ratio.
Nothing is rounded to whole steps while it moves. At last both sets are given qualities at which photographs read what
they read with the tables of Annex K at that quality.

Each picture's own steps start from three readings, which tell of groups together what moving them one by one would tell
of each. How far they are to be believed is measured on other training pictures, where both are made, by the first
judge; what the second sees there follows from the tables.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jndkit.codecs import codec
from jndkit.codecs.annex_k import CHROMINANCE, LUMINANCE
from jndkit.codecs.chroma import double
from jndkit.codecs.dct import inverse
from jndkit.codecs.jpeg.entropy import ideal_bits
from jndkit.codecs.jpeg.rounding import rounded
from jndkit.codecs.jpeg.spectra import SIDE, UNIT, Spectra, spectra
from jndkit.codecs.jpeg.steps import factors_of
from jndkit.codecs.jpeg.symbols import ZIGZAG
from jndkit.codecs.jpeg.tables import GROUPS, tables
from jndkit.codecs.jpeg.tuned import PRICE
from jndkit.observers.contract import Watched
from jndkit.observers.cvvdp import Cvvdp
from jndkit.observers.ssimulacra2 import Ssimulacra2
from jndkit.picture import Picture, Pixels, load
from jndkit.picturewise.prediction import predictor
from jndkit.picturewise.responses import WatchedSample, sample
from jndkit.picturewise.shares import Quantised, excess_of
from jndkit.picturewise.tailoring import ln_jnd
from jndkit.viewing import DISPLAYS

Floats = npt.NDArray[np.float64]

TABLES = Path(__file__).parents[1] / "src" / "jndkit" / "codecs" / "jpeg" / "tables.json"
TARGET = 0.4721  # JND at 75 % of viewers
QUALITY = 86.0  # where photographs read about that with the tables of Annex K
SHARE = 0.6  # of the first judge's word
STEP, NUDGE, LARGEST = 0.45, 0.25, 0.45  # of ln(step): share of the way gone at once, what is tried, what is gone
OWN_SHARE = 0.8  # of the first judge's word on each picture's own steps
NUDGE_OWN = 0.3
LITTLE = 0.004  # a share: less is as good as none
RIDGE = 0.1  # what slopes are drawn to zero by, in variances of what was found
SMALLEST = 0.6  # step: coefficients of smaller ones would be larger than the format holds
ROUNDS = 7
TO_RGB = np.array([[1.0, 0.0, 1.402], [1.0, -0.344136286, -0.714136286], [1.0, 1.772, 0.0]])
HEADERS = 8 * 600.0  # bits that no table changes


@dataclass
class Subject:
    """A training picture. away: ln of what the steps are to be multiplied by so that it reads the target."""

    picture: Picture
    judges: tuple[Watched, Watched]
    away: float = 0.0

    def seen(self, spectrum: Spectra, steps: list[Floats]) -> Floats:
        """ln of bits and of both readings, float64 (3,)."""
        bits, rgb = synthesised(spectrum, steps)
        readings = [judge(Picture(rgb)).jnd for judge in self.judges]
        return np.log([bits, *(max(reading, 1e-3) for reading in readings)])


def subjects(data: Path) -> list[Subject]:
    train, desktop = data / "train", DISPLAYS["desktop"]
    paths = [
        *sorted((train / "cid22").iterdir())[5::30],
        *sorted((train / "clic25val_crops").iterdir())[3::14],
        *sorted((train / "wallpapers").iterdir())[4::40],
    ]
    pictures = [Picture(np.ascontiguousarray(load(path).rgb[64:448, 64:448])) for path in paths]
    return [Subject(p, (Cvvdp().watch(p, desktop), Ssimulacra2().watch(p, desktop))) for p in pictures]


def many(data: Path) -> list[Path]:
    """Pictures that the tables were not fitted to."""
    train = data / "train"
    return [*sorted((train / "cid22").iterdir())[3::20], *sorted((train / "clic25val_crops").iterdir())[2::4]]


def synthesised(spectrum: Spectra, steps: list[Floats]) -> tuple[float, Pixels]:
    """Bits, and what a decoder shows, of steps that need not be whole numbers, float64 (8, 8) each."""
    bits, planes = HEADERS, []
    for number, (plane, table) in enumerate(zip(spectrum.planes, steps, strict=True)):
        scale = np.maximum(table, SMALLEST).reshape(-1)[ZIGZAG].astype(np.float32)
        rows, _, columns, _ = plane.shape
        levels = rounded(plane.transpose(0, 2, 1, 3).reshape(-1, SIDE * SIDE)[:, ZIGZAG] / (UNIT * scale), PRICE)
        bits += ideal_bits(levels)
        restored = np.empty(levels.shape, np.float32)
        restored[:, ZIGZAG] = levels * scale
        blocks = restored.reshape(rows, columns, SIDE, SIDE).transpose(0, 2, 1, 3)
        half = spectrum.halved and number > 0
        shape = [-(-side // 2) if half else side for side in (spectrum.height, spectrum.width)]
        samples = np.clip(np.rint(inverse(np.ascontiguousarray(blocks), tuple(shape))), -128, 127)
        planes.append(double(samples, spectrum.width, spectrum.height) if half else samples)
    ycc = np.stack(planes, axis=-1) + np.array([128.0, 0.0, 0.0])
    return bits, np.clip(np.rint(ycc @ TO_RGB.T), 0, 255).astype(np.uint8)


def settled(subject: Subject, spectrum: Spectra, steps: list[Floats]) -> Floats | None:
    """What is seen where the picture reads the target, whose `away` is set; None where it cannot be made to."""
    tried: list[tuple[float, float]] = []
    for _ in range(6):
        seen = subject.seen(spectrum, [table * math.exp(subject.away) for table in steps])
        miss = seen[1] - math.log(TARGET)
        if abs(miss) < 0.02:
            return seen
        tried.append((subject.away, miss))
        slope = 1.4
        if len(tried) > 1 and abs(tried[-1][0] - tried[-2][0]) > 1e-3:
            slope = max(0.5, (tried[-1][1] - tried[-2][1]) / (tried[-1][0] - tried[-2][0]))
        subject.away = float(np.clip(subject.away - miss / slope, -1.6, 1.6))
    return seen if abs(miss) < 0.1 else None


def nudged(subject: Subject, chroma: str, steps: list[Floats]) -> tuple[Floats, Floats] | None:
    """What a coarser step of each group does, float64 (groups, 3), and what is seen without; None as in `settled`."""
    spectrum = spectra(subject.picture.rgb, halved=chroma == "420")
    seen = settled(subject, spectrum, steps)
    if seen is None:
        return None
    own = [table * math.exp(subject.away) for table in steps]
    slopes = []
    for number, group in GROUPS:
        tables = list(own)
        tables[number] = np.where(group, own[number] * math.exp(NUDGE), own[number])
        slopes.append((subject.seen(spectrum, tables) - seen) / NUDGE)
    return np.array(slopes), seen


def ratios(slopes: Floats) -> Floats:
    """ln of each group's share of the bits over its share of what both judges see, float64 (groups,)."""
    share = slopes / slopes.sum(axis=0)
    seen_share = SHARE * share[:, 1] + (1.0 - SHARE) * share[:, 2]
    # A group that nobody sees and that takes nothing stays where it is.
    ratio: Floats = np.log(np.maximum(share[:, 0], 2e-3) / np.maximum(seen_share, 2e-3))
    return ratio


def moved(known: list[Subject], chroma: str, steps: list[Floats]) -> list[Floats]:
    """The tables after one round."""
    slopes, bits, second = [], [], []
    for subject in known:
        found = nudged(subject, chroma, steps)
        if found is None:  # 4:2:0 alone is more than the target
            subject.away = 0.0
            continue
        slopes.append(found[0])
        bits.append(found[1][0])
        second.append(found[1][2])
    print(f"{chroma}: {len(bits)} pictures, ln bits {np.mean(bits):.4f}, ln JND of the second {np.mean(second):.4f}")
    way = STEP * ratios(np.mean(slopes, axis=0))
    steps = list(steps)
    for (number, group), far in zip(GROUPS, np.clip(way, -LARGEST, LARGEST), strict=True):
        steps[number] = np.where(group, steps[number] * math.exp(far), steps[number])
    return steps


def levelled(known: list[Subject], chroma: str, steps: list[Floats]) -> list[Floats]:
    """Tables for quality 50, such that pictures read on average what they read by Annex K around the target."""
    plain, factor = codec(f"jpeg:plain,{chroma}"), (200.0 - 2.0 * QUALITY) / 100.0
    steps = [table / (steps[0].min() / 16.0) for table in steps]
    away = []
    for subject in known:
        spectrum = spectra(subject.picture.rgb, halved=chroma == "420")
        wanted = math.log(subject.judges[0](plain.decode(plain.encode(subject.picture, QUALITY))).jnd)
        low, high = -2.0, 1.0
        for _ in range(9):
            middle = (low + high) / 2
            seen = subject.seen(spectrum, [table * factor * math.exp(middle) for table in steps])
            low, high = (middle, high) if seen[1] < wanted else (low, middle)
        if low > -1.9 and high < 0.9:
            away.append((low + high) / 2)
    print(f"{chroma}: as quality {QUALITY:g} with ln(step) moved by {np.mean(away):.3f}, deviation {np.std(away):.3f}")
    return [table * math.exp(float(np.mean(away))) for table in steps]


def own(data: Path, chroma: str) -> dict[str, list[float]]:
    """What moves of one group after another tell, as a straight line over what three readings tell, group by group."""
    answers = [answer for path in many(data) if (answer := told_and_found(path, chroma)) is not None]
    print(f"{chroma}: {len(answers)} pictures")
    told, saved, shown = (np.array(part) for part in zip(*answers, strict=True))
    found = np.log((saved + LITTLE) / (OWN_SHARE * shown + (1.0 - OWN_SHARE) * second(saved, shown) + LITTLE))
    spread = ((told - told.mean(axis=0)) * (found - found.mean(axis=0))).mean(axis=0)
    slope = np.clip(spread / (told.var(axis=0) + RIDGE * found.var(axis=0).mean()), 0.0, 1.0)
    start = found.mean(axis=0) - slope * told.mean(axis=0)
    return {"slope": [round(float(at), 3) for at in slope], "start": [round(float(at), 3) for at in start]}


def second(saved: Floats, shown: Floats) -> Floats:
    """Shares of what the second judge sees, float64 (pictures, groups), of shares of the bits and for the first.

    The tables are those at which both together see as much as is taken, in the mean. So the mean for the second
    follows from the other two; and of a picture it is taken to see as much more of a group as there are more bits.
    """
    means = np.maximum(saved.mean(axis=0) - SHARE * shown.mean(axis=0), 0.0) / (1.0 - SHARE)
    seen = saved * means / (saved.mean(axis=0) + 1e-3)
    shares: Floats = seen / seen.sum(axis=1, keepdims=True)
    return shares


def told_and_found(path: Path, chroma: str) -> tuple[Floats, Floats, Floats] | None:
    """`excess` of a whole picture at the quality that it is expected to take, and its two shares by moving groups."""
    desktop, coder = DISPLAYS["desktop"], codec(f"jpeg:tuned,{chroma}")
    picture = load(path)
    value = predictor(picture, desktop)(coder).knob(TARGET).value
    if value is None or picture.grey:
        return None
    watched = WatchedSample(sample(picture.rgb), desktop)
    spectrum = spectra(watched.sample.rgb, halved=chroma == "420")

    def seen(move: Floats) -> Floats:
        version = Quantised(spectrum, tables(value, chroma, factors_of(move)), PRICE)
        return np.array([math.log(version.size()), ln_jnd(watched, version)])

    before = seen(np.zeros(len(GROUPS)))
    slopes = np.array([seen(NUDGE_OWN * one) - before for one in np.eye(len(GROUPS))])
    saved, shown = np.maximum(slopes * (-1.0, 1.0), 0.0).T
    told = excess_of(watched, Quantised(spectrum, tables(value, chroma)))
    return told, saved / saved.sum(), shown / shown.sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--own", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    known = [] if asked.own else subjects(asked.data)
    stored: dict[str, Any] = json.loads(TABLES.read_text()) if TABLES.exists() else {}
    for chroma in () if asked.own else ("444", "420"):
        steps = [np.array(table) * 0.3 for table in (LUMINANCE, CHROMINANCE, CHROMINANCE)]
        for subject in known:
            subject.away = 0.0
        for _ in range(asked.rounds):
            steps = moved(known, chroma, steps)
        stored[chroma] = [np.round(table, 2).tolist() for table in levelled(known, chroma, steps)]
    stored["source"] = "tools/jpeg_tables.py"
    TABLES.write_text(json.dumps(stored) + "\n")
    stored["own"] = {chroma: own(asked.data, chroma) for chroma in ("444", "420")}
    TABLES.write_text(json.dumps(stored) + "\n")


if __name__ == "__main__":
    main()
