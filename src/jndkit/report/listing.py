"""The list of rows and the worst places, as a report's page carries them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jndkit.report.entries import Entry
from jndkit.report.images import Image64
from jndkit.report.page import data_block, escaped, named, picture_block
from jndkit.report.pictures import Worst, located
from jndkit.report.tally import Tally

ROWS_BYTES = 7_000_000
"""Of the list as JSON, without its small pictures."""
THUMBNAILS_BYTES = 6_500_000
_COLUMNS = (
    *("input", "inputLink", "output", "outputLink", "thumbnail", "status", "codec", "knobName", "knob", "before"),
    *("after", "saved", "jnd", "viewers", "low", "high", "said"),
)
_HEADS = (
    *(("input", "picture", ""), ("status", "outcome", ""), ("codec", "codec", ""), ("knob", "setting", "")),
    *(("before", "before", "number"), ("after", "after", "number"), ("saved", "saved", "number")),
    *(("jnd", "JND", "number"), ("viewers", "see no difference", "number")),
)


def worst_section(entries: Sequence[Entry], shown: Mapping[int, Worst], folder: Path) -> str:
    """The worst places, the worst first. folder: the page's own."""
    if not entries:
        return ""
    places, blocks = [], []
    for number, entry in enumerate(entries):
        worst = shown.get(number, Worst(number, reason="no picture was opened"))
        places.append(_place(number, entry, worst, folder))
        if worst.seen is not None:
            blocks.append(picture_block(f"seen-{number}", worst.seen.image))
    all_at_once = (
        '<p><label hidden><input type="checkbox" id="flip-all"> Flip all of them in place, automatically, 2 Hz</label>'
        "</p>\n"
    )
    closer = (
        '<dialog class="closer" id="closer" aria-labelledby="closer-title"><div class="closer-head">'
        '<h2 id="closer-title">Look closer</h2><button type="button" id="closer-close">Close</button></div>'
        '<div id="closer-look"></div></dialog>\n'
    )
    words = "The files that read the most JND, where the observer sees the most of it, in whole pixels of the display."
    head = f"<h2>The worst places</h2>\n<p>{words}</p>\n{all_at_once}"
    return f'{head}<ol class="worst">{"".join(places)}</ol>\n{closer}{"".join(blocks)}'


def rows_section(tally: Tally, pictures: Mapping[int, Image64], folder: Path) -> str:
    """All rows, or those that were drawn by lot, in a table that the page's script fills."""
    sample = tally.sample
    listed, left_out = _rows(sample, pictures, folder)
    of_all = f"{len(listed['rows']):,} of {tally.rows:,} rows are listed" if tally.rows > len(listed["rows"]) else ""
    lot = ", drawn by lot" if of_all and tally.rows > len(sample) else ""
    cut = " The others would make the page too large." if left_out else ""
    limited = f"<p>{of_all}{lot}.{cut}</p>\n" if of_all else ""
    statuses = "".join(
        f'<option value="{escaped(status)}">{escaped(status)}</option>' for status in sorted(tally.statuses)
    )
    heads = "".join(
        f'<th scope="col" class="{kind}"><button type="button" data-by="{by}">{words}</button></th>'
        for by, words, kind in _HEADS
    )
    return (
        f"<h2>All rows</h2>\n{limited}<noscript><p>The list needs a browser that runs scripts.</p></noscript>\n"
        '<div class="rows-controls" id="rows-controls" hidden>'
        '<label>Search <input type="search" id="rows-search" autocomplete="off"></label>'
        f'<label>Outcome <select id="rows-status"><option value="">all</option>{statuses}</select></label>'
        '<button type="button" id="rows-previous">Previous</button><button type="button" id="rows-next">Next</button>'
        '<span id="rows-said" role="status"></span></div>\n'
        '<div class="scrolls" tabindex="0" role="region" aria-label="All rows">'
        f'<table class="rows-table" id="rows-table" hidden><thead><tr>{heads}<th scope="col">said of it</th></tr>'
        f"</thead><tbody></tbody></table></div>\n{data_block('rows', listed)}"
    )


def link(name: str | None, home: Path, folder: Path) -> str | None:
    """The address of a file as the page's folder sees it; None where it is not there."""
    path = located(name, home)
    if path is None:
        return None
    try:
        relative = os.path.relpath(os.path.abspath(path), folder)
    except ValueError:  # on another drive
        return Path(os.path.abspath(path)).as_uri()
    # A name may look like an address with a scheme, which it cannot be with its colon written as %3A.
    return quote(os.fsencode(relative.replace(os.sep, "/")), safe="/")


def _place(number: int, entry: Entry, worst: Worst, folder: Path) -> str:
    facts = [f"{entry.jnd:.2f} JND"] if entry.jnd is not None else []
    facts += [f"{entry.codec} {entry.knob} {entry.value:g}"] if entry.codec and entry.value is not None else []
    facts += [f"{entry.viewers:.0f}\u00a0% see no difference"] if entry.viewers is not None else []
    addresses = ((entry.original[0], "original"), (entry.output, "coded"))
    links = [
        f'<a href="{escaped(address)}">{words}</a>'
        for name, words in addresses
        if (address := link(name, entry.home, folder)) is not None
    ]
    head = f"<h3>{named(entry.input)}</h3><p>{escaped(', '.join(facts))}</p>"
    if worst.original is None or worst.coded is None or worst.box is None or worst.where is None:
        return f'<li>{head}<p class="bad">Not shown: {escaped(worst.reason)}.</p><p>{" ".join(links)}</p></li>\n'
    box = worst.box
    size = f'width="{box.width}" height="{box.height}"'
    pair = (
        f'<img src="{worst.original.url}" alt="the original" {size}>'
        f'<img src="{worst.coded.url}" alt="the coded version" {size}>'
    )
    overlay = None if worst.seen is None else worst.seen.about(f"seen-{number}")
    data = f'data-overlay="{escaped(json.dumps(overlay))}" data-where="{escaped(json.dumps(worst.where))}"'
    return (
        f'<li class="worst-place">{head}<div class="worst-pair">{pair}</div><p class="worst-shown"></p>'
        f"<p>{box.width} × {box.height} pixels at x {box.x}, y {box.y}; {' '.join(links)}</p>"
        '<div class="worst-buttons"><button type="button" class="worst-flip" aria-pressed="false" hidden>Show coded'
        f'</button><button type="button" class="worst-look" {data} hidden>Look closer</button></div></li>\n'
    )


def _rows(entries: Sequence[Entry], pictures: Mapping[int, Image64], folder: Path) -> tuple[dict[str, Any], bool]:
    """What the script makes the table of, and whether rows were left out for their size."""
    words: dict[str, int] = {}
    rows: list[list[Any]] = []
    spent = drawn = 0
    for place, entry in enumerate(entries):
        told = _said(entry)
        before = len(words)
        said = [words.setdefault(sentence, len(words)) for sentence in told]
        row = _row(entry, said, folder)
        fresh = [sentence for sentence in told if words[sentence] >= before]
        spent += len(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace"))
        spent += sum(len(json.dumps(sentence, ensure_ascii=False).encode("utf-8", "replace")) for sentence in fresh)
        if spent > ROWS_BYTES:
            return {"columns": _COLUMNS, "rows": rows, "words": list(words)}, True
        image = pictures.get(place)
        if image is not None and drawn + len(image.url) <= THUMBNAILS_BYTES:
            drawn += len(image.url)
            row[_COLUMNS.index("thumbnail")] = image.url
        rows.append(row)
    return {"columns": _COLUMNS, "rows": rows, "words": list(words)}, False


def _row(entry: Entry, said: Iterable[int], folder: Path) -> list[Any]:
    before, after = entry.input_bytes, entry.bytes
    saved = 100.0 * (1.0 - after / before) if before and after is not None and entry.status != "kept" else None
    low, high = entry.interval or (None, None)
    numbers = (saved, entry.jnd, entry.viewers, low, high)
    return [
        *(entry.input, link(entry.input, entry.home, folder), entry.output, link(entry.output, entry.home, folder)),
        *(None, entry.status, entry.codec, entry.knob, entry.value, before, after),
        *(None if value is None else round(value, 3) for value in numbers),
        list(said),
    ]


def _said(entry: Entry) -> list[str]:
    """What a row says in words: its error, notes, and what this version does not know."""
    error = [f"{entry.error[0]}: {entry.error[1]}"] if entry.error is not None else []
    return [*error, *entry.notes, *(f"{name}: {value}" for name, value in entry.also)]
