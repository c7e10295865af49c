"""The page of one pair: the look, and what was read."""

from __future__ import annotations

from jndkit.comparison import Comparison
from jndkit.errors import JndError
from jndkit.evidence import Row
from jndkit.observers import Box, Map
from jndkit.picture import Picture
from jndkit.report.images import exact, overlay
from jndkit.report.page import LOOK, data_block, escaped, named, page, picture_block
from jndkit.report.pictures import SPOT, around, cropped, overlap, spot
from jndkit.version import VERSION
from jndkit.wording import size

SIDE = 5_000
"""Pixels a side that a page holds; of what is larger it shows the part around the worst place."""


_MOST = 0.25  # of the picture, that a frame goes around


def pair_page(comparison: Comparison) -> bytes:
    """One HTML file, with both pictures inside, sample for sample as they were compared."""
    row, original, coded = comparison.row, comparison.reference, comparison.test
    whole = Box(0, 0, original.width, original.height)
    seen = _seen(comparison)
    where = whole if row.where is None else Box(*row.where)
    worst = where
    if seen is not None and where.width * where.height > _MOST * whole.width * whole.height:
        # A frame around most of the picture would show nothing.
        worst = around(*spot(seen, where), 2 * SPOT, whole)
    box = around(worst.x + worst.width // 2, worst.y + worst.height // 2, SIDE, whole)
    note = ""
    if box != whole:
        original, coded = cropped(original, box), cropped(coded, box)
        note = (
            f"The pictures have {whole.width} × {whole.height} pixels, too many for a page: this is the part of "
            f"{box.width} × {box.height} at x {box.x}, y {box.y} around the worst place."
        )
    coloured = None if seen is None else overlay(seen[box.y : box.y + box.height, box.x : box.x + box.width])
    inside = overlap(box, worst)
    facts = {
        "labels": ["Original", "Coded"],
        "where": [inside.x - box.x, inside.y - box.y, inside.width, inside.height],
        "transparent": original.alpha is not None or coded.alpha is not None,
        "overlays": [] if coloured is None else [coloured.about("seen")],
    }
    blocks = [picture_block("picture-original", exact(original)), picture_block("picture-coded", exact(coded))]
    if coloured is not None:
        blocks.append(picture_block("seen", coloured.image))
    body = [
        f"<main>\n<h1>{named(row.output)} against {named(row.input)}</h1>\n{_verdict(comparison)}",
        f"<p>{note}</p>\n" if note else "",
        "<noscript><p>To look at the two, use a browser that runs scripts; the figures stand below.</p></noscript>\n",
        '<section id="look" aria-label="The two pictures"><p>The pictures are being unpacked.</p></section>\n',
        _facts(row, comparison.reference, comparison.test, worst),
        "</main>\n",
        data_block("facts", facts),
        *blocks,
    ]
    title = f"{row.output} against {row.input}"
    return page(title, body, scripts=(*LOOK, "embedded.js", "compare.js"), styles=("page.css", "look.css"))


def _seen(comparison: Comparison) -> Map | None:
    """The observer's map, float32 (H, W), in JND; None where it draws none."""
    try:
        return comparison.map()
    except JndError:
        return None


def _verdict(comparison: Comparison) -> str:
    row = comparison.row
    said = "" if row.jnd is None else f"<p>The observer reads <strong>{row.jnd:.2f} JND</strong>"
    if row.viewers is not None and row.interval is not None:
        low, high = row.interval
        said += f": {row.viewers:.0f} % of viewers see no difference ({low:.0f} to {high:.0f} %)"
    answer = '<span class="good">yes</span>' if comparison.identical else '<span class="bad">no</span>'
    share = "" if row.target is None else f"<p>Identical to {row.target['viewers']:g} % of viewers: {answer}.</p>\n"
    return f"{said}.</p>\n{share}"


def _facts(row: Row, original: Picture, coded: Picture, worst: Box) -> str:
    """What the row says, as a table. worst: what is framed."""
    where = "" if row.where is None else "{2} × {3} pixels at x {0}, y {1}".format(*row.where)
    ppd = "" if row.ppd is None else f"{row.viewing} ({row.ppd:.1f} pixels per degree)"
    sizes = ["" if count is None else size(count) for count in (row.input_bytes, row.bytes)]
    formats = [picture.source.format if picture.source else "" for picture in (original, coded)]
    lines = [
        ("original", ", ".join(filter(None, (row.input, formats[0], sizes[0])))),
        ("coded", ", ".join(filter(None, (row.output or "", formats[1], sizes[1])))),
        ("pixels", f"{row.width} × {row.height}"),
        ("window that decides", where),
        ("framed", "{2} × {3} pixels at x {0}, y {1}".format(*worst)),
        ("observer", row.observer),
        ("protocol", row.protocol),
        ("display", ppd),
        ("domain", row.domain),
        *(("note", note) for note in row.notes),
        ("SHA-256 of the original", row.input_sha256),
        ("SHA-256 of the coded", row.output_sha256),
        ("made by", ", ".join(f"{name} {version}" for name, version in row.versions.items())),
    ]
    cells = "".join(
        f'<tr><th scope="row">{escaped(name)}</th><td><bdi>{escaped(value)}</bdi></td></tr>'
        for name, value in lines
        if value
    )
    made = f"<p class=quiet>This page was made by jndkit {VERSION}.</p>"
    return f'<h2>What was read</h2>\n<table class="facts"><tbody>{cells}</tbody></table>\n{made}\n'
