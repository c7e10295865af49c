"""Bits against what they bring, as a drawing, from rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jndkit.errors import UsageError
from jndkit.evaluation.codecs.bjontegaard import Floats
from jndkit.evaluation.codecs.rows import MEASURES, CodecRow, order
from jndkit.evaluation.codecs.summary import LEAST, check, codecs, good
from jndkit.evaluation.plots import BLUE, BROWN, INK, bare, check_plot, figure, png
from jndkit.picture import write_atomic

_TITLES = {"jnd": "JND read, left and down is better", "ssimulacra2": "SSIMULACRA2", "psnr": "PSNR, dB"}
_COLOURS = (BLUE, BROWN, "#7a9a01", "#c0392b", "#6c4f9c", "#d98200", "#4d4d4d")


class Line(NamedTuple):
    """One codec: means over pictures at each setting. rate: bits per pixel."""

    codec: str
    rate: list[float]
    means: dict[str, list[float]]


def write_plot(rows: Sequence[CodecRow], path: str | Path, *, force: bool = False) -> None:
    """Draw JND, SSIMULACRA2 and PSNR over bits per pixel, a line for each codec.

    path: a .png file; force: replace an existing one.
    Raises UsageError, see `summary.check`, and for rows without a result, MissingError, OutputError.
    """
    check_plot(path)
    check(rows)
    if not good(rows):
        raise UsageError("there is no row with a result")
    write_atomic(path, png(_drawn(rows), dpi=120), force=force)


def lines(rows: Sequence[CodecRow]) -> tuple[list[Line], int, list[str]]:
    """Lines over one and the same pictures, how many these are, and codecs left out for want of pictures.

    Codecs that did less than half as many pictures as the most diligent are left out; the others are drawn over the
    pictures that all of them did.
    """
    done = {spec: {row.input for row in good(rows) if row.codec == spec} for spec in codecs(good(rows))}
    most = max(len(names) for names in done.values())
    kept = [spec for spec, names in done.items() if 2 * len(names) >= most]
    shared = set.intersection(*(done[spec] for spec in kept))
    drawn = []
    for spec in kept if shared else ():
        own = [row for row in good(rows) if row.codec == spec and row.input in shared]
        # Bits, and pixels of megapixels.
        rates = np.array([[8e-6 * size / row.megapixels for size in row.levels["bytes"]] for row in own])
        means = {name: np.array([row.levels[name] for row in own]).mean(axis=0).tolist() for name in MEASURES}
        means["jnd"] = _geometric(np.maximum(np.array([row.levels["jnd"] for row in own]), LEAST))
        drawn.append(Line(spec, _geometric(rates), means))
    return drawn, len(shared), [spec for spec in done if spec not in kept]


def _geometric(values: Floats) -> list[float]:
    """Means over pictures at each setting."""
    means: list[float] = np.exp(np.log(values).mean(axis=0)).tolist()
    return means


def _drawn(rows: Sequence[CodecRow]) -> Any:
    drawn_lines, pictures, left = lines(rows)
    drawn = figure(12.0, 4.6)
    panels = drawn.subplots(1, len(_TITLES))
    for axes, name in zip(panels, _TITLES, strict=True):
        _panel(axes, name, drawn_lines, list(rows[0].targets.items()))
    if drawn_lines:
        panels[0].legend(fontsize=8, frameon=False, loc="lower left")
    without = f" Without {', '.join(left)}, which did too few pictures." if left else ""
    drawn.supxlabel(
        f"Each point: one setting of a codec, mean over {pictures} pictures, of bits and JND the geometric one."
        f"{without}\nRead by {good(rows)[0].source}, {rows[0].ppd:.1f} pixels per degree; no people were asked.",
        fontsize=8,
        color=INK,
    )
    return drawn


def _panel(axes: Any, name: str, of_codecs: Sequence[Line], targets: Sequence[tuple[str, float]]) -> None:
    for place, line in enumerate(of_codecs):
        axes.plot(line.rate, line.means[name], ".-", color=_colour(place, line.codec), label=line.codec, linewidth=1.3)
    axes.set_xscale("log")
    axes.set_xlabel("bits per pixel")
    axes.set_title(_TITLES[name], fontsize=10)
    if name == "jnd":
        axes.set_yscale("log")
        for share, jnd in targets:
            axes.axhline(jnd, color=INK, linestyle="--", linewidth=0.6, zorder=1.6)
            at = {"xy": (1.0, jnd), "xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
            axes.annotate(f"{share} % of viewers", xytext=(0, 2), ha="right", fontsize=7, **at)
    for axis, ticks in ((axes.xaxis, (0.25, 0.5, 1, 2, 4)), (axes.yaxis, (0.1, 0.2, 0.5, 1, 2, 5))):
        if axis is axes.xaxis or name == "jnd":
            axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
            axis.set_ticks([], minor=True)
    axes.grid(color="#e8e8e8", zorder=0)
    bare(axes)


def _colour(place: int, codec: str) -> str:
    """The codec's own, so that it is the same in every drawing; of one with options the next but those."""
    names = order()
    return _COLOURS[(names.index(codec) if codec in names else place + len(names) // 2) % len(_COLOURS)]
